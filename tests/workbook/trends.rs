//! Trends over synthetic archives, where what changed is known.

use shakedown::workbook::{Artifact, Calibration, Revision, trend, trend_plot};

use crate::archive::artifact;

/// The day so many days after the first of March.
fn date(mut day: u32) -> String {
    let mut month = 3;
    for length in [31, 30, 31, 30, 31, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    format!("2026-{month:02}-{:02}", day + 1)
}

/// One artifact a day from a fixed day on; `level` gives the P95 of a day.
fn archive(days: u32, level: impl Fn(u32) -> f64) -> Vec<Artifact> {
    let base = artifact("2026-03-01T02:00:00Z");
    (0..days)
        .map(|day| {
            let mut artifact = base.clone();
            artifact.started = format!("{}T02:00:00Z", date(day));
            artifact.revision = Revision::of(format!("c{day:06}"), false);
            // A few percent up and down, the same every time.
            let wobble = 1.0 + 0.02 * f64::sin(f64::from(day * day) * 1.7);
            artifact.phases[0].summary.p95_ms = level(day) * wobble;
            artifact
        })
        .collect()
}

#[test]
fn a_change_is_named_with_its_commits() {
    let artifacts = archive(40, |day| if day < 25 { 10.0 } else { 13.0 });
    let trends = trend(&artifacts, 12);
    assert_eq!(trends.len(), 1);
    let changes = &trends[0].changes;
    assert_eq!(changes.len(), 1, "{changes:?}");
    let change = &changes[0];
    assert_eq!(
        (
            change.index,
            change.from_commit.as_str(),
            change.to_commit.as_str()
        ),
        (25, "c000024", "c000025")
    );
    assert_eq!(change.date, "2026-03-26");
    assert!(
        (change.after_ms / change.before_ms - 1.3).abs() < 0.02,
        "{change:?}"
    );
    assert!(
        change
            .sentence()
            .contains("between commits c000024 and c000025")
    );
}

#[test]
fn a_calm_archive_has_no_change() {
    let trends = trend(&archive(40, |_| 10.0), 12);
    assert!(trends[0].changes.is_empty(), "{:?}", trends[0].changes);
}

#[test]
fn another_machine_is_marked_and_is_no_change_of_the_code() {
    let mut artifacts = archive(30, |day| if day < 15 { 10.0 } else { 20.0 });
    for artifact in &mut artifacts[15..] {
        artifact.rig.machine.cores += 6;
    }
    let trends = trend(&artifacts, 12);
    assert_eq!(trends[0].machine_changes, [15]);
    assert!(trends[0].changes.is_empty(), "{:?}", trends[0].changes);
    let drawing = trend_plot(&trends[0]);
    assert!(drawing.wide.contains("other machine"));
}

#[test]
fn an_artifact_that_does_not_say_its_build_is_on_no_other_machine() {
    let mut artifacts = archive(40, |day| if day < 25 { 10.0 } else { 13.0 });
    for artifact in &mut artifacts[20..] {
        artifact.phases[0].build = "release".to_owned();
    }
    let trends = trend(&artifacts, 12);
    assert!(trends[0].machine_changes.is_empty());
    assert_eq!(trends[0].changes.len(), 1, "{:?}", trends[0].changes);
    assert_eq!(trends[0].changes[0].index, 25);
}

#[test]
fn another_build_is_marked_as_one() {
    let mut artifacts = archive(30, |day| if day < 15 { 10.0 } else { 20.0 });
    for (number, artifact) in artifacts.iter_mut().enumerate() {
        let build = if number < 15 { "release" } else { "dev" };
        artifact.phases[0].build = build.to_owned();
    }
    let trends = trend(&artifacts, 12);
    assert_eq!(trends[0].machine_changes, [15]);
    assert!(trends[0].changes.is_empty(), "{:?}", trends[0].changes);
    let drawing = trend_plot(&trends[0]);
    assert!(drawing.wide.contains("other build") && !drawing.wide.contains("other machine"));
}

#[test]
fn what_an_unsteady_machine_measured_is_drawn_and_is_no_level() {
    let mut artifacts = archive(30, |day| if day < 15 { 10.0 } else { 14.0 });
    assert_eq!(trend(&artifacts, 12)[0].changes.len(), 1);
    for artifact in &mut artifacts[15..] {
        artifact.calibration = Some(Calibration::of(1_000.0, 1_400.0));
    }
    let trends = trend(&artifacts, 12);
    assert!(trends[0].changes.is_empty(), "{:?}", trends[0].changes);
    let unsteady = trends[0].points.iter().filter(|of| of.unsteady).count();
    assert_eq!((trends[0].points.len(), unsteady), (30, 15));
    let drawing = trend_plot(&trends[0]);
    assert_eq!(drawing.wide.matches("class=\"dot ring s0\"").count(), 15);
    assert_eq!(drawing.wide.matches("class=\"dot f0\"").count(), 15);
}

#[test]
fn a_phase_of_any_name_is_drawn_in_a_file_of_a_plain_one() {
    let mut artifacts = archive(3, |_| 10.0);
    for artifact in &mut artifacts {
        artifact.phases[0].phase = "../../x".to_owned();
    }
    let drawing = trend_plot(&trend(&artifacts, 12)[0]);
    assert_eq!(drawing.slug, "trend-------x");
}

#[test]
fn a_change_is_found_though_two_machines_take_turns() {
    let mut artifacts = archive(40, |day| {
        let level = if day < 20 { 10.0 } else { 14.0 };
        if day % 2 == 0 { level } else { 3.0 * level }
    });
    for artifact in artifacts.iter_mut().skip(1).step_by(2) {
        artifact.rig.machine.cores += 6;
    }
    let trends = trend(&artifacts, 12);
    let found: Vec<usize> = trends[0]
        .changes
        .iter()
        .map(|change| change.index)
        .collect();
    assert_eq!(found, [20, 21], "one on each machine");
}

#[test]
fn another_patch_level_of_the_kernel_is_the_same_machine() {
    let mut artifacts = archive(10, |_| 10.0);
    for (number, artifact) in artifacts.iter_mut().enumerate() {
        artifact.rig.machine.kernel = format!("6.18.{number}-cloud");
    }
    assert!(trend(&artifacts, 12)[0].machine_changes.is_empty());
    artifacts[9].rig.machine.kernel = "6.19.0-cloud".to_owned();
    assert_eq!(trend(&artifacts, 12)[0].machine_changes, [9]);
}

#[test]
fn only_the_last_weeks_count() {
    let trends = trend(&archive(120, |day| if day < 20 { 5.0 } else { 10.0 }), 12);
    assert_eq!(trends[0].points.len(), 12 * 7 + 1);
    assert_eq!(trends[0].points[0].date, "2026-04-05");
    assert!(trends[0].changes.is_empty());
    assert!(trend(&[], 12).is_empty());
}

#[test]
fn a_drawing_is_valid_and_the_same_every_time() {
    let artifacts = archive(60, |day| match day {
        0..20 => 10.0,
        20..40 => 15.0,
        _ => 8.0,
    });
    let trends = trend(&artifacts, 12);
    assert_eq!(trends[0].changes.len(), 2);
    let drawing = trend_plot(&trends[0]);
    for text in [&drawing.wide, &drawing.narrow] {
        roxmltree::Document::parse(text).unwrap();
    }
    assert!(drawing.wide.contains("▲ c000020") && drawing.wide.contains("▼ c000040"));
    assert_eq!(drawing, trend_plot(&trend(&artifacts, 12)[0]));
}
