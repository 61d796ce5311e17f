//! The page is held against the measurement that it names: a figure that was typed,
//! or is of an older measurement than the newest, fails.

use std::path::Path;

use shakedown::Result;

use super::archive::{ROOT, newest_tracked, read, write_new};
use super::change::Against;
use super::limits::{Verdict, findings};
use super::page::{PAGE, block, block_of};
use super::report::{Case, Counted, Instructions, Load, Report, Round, SCHEMA, Sizes};

#[test]
fn the_page_says_what_the_newest_measurement_says() -> Result {
    let root = Path::new(ROOT);
    let page = std::fs::read_to_string(root.join(PAGE))?;
    let written = block_of(&page).expect("the page has the markers of `lens-costs`");
    let named = written.split('`').find(|word| word.ends_with(".json"));
    let report = named.map(|path| read(root, path)).transpose()?;
    assert_eq!(written, block(named.zip(report.as_ref())));
    if let Some(newest) = newest_tracked(root) {
        assert_eq!(
            named,
            Some(newest.as_str()),
            "the page tells of another measurement than the newest"
        );
    }
    Ok(())
}

fn case(id: &str, baseline: Option<&str>, rps: f64) -> Case {
    let rounds = (1..=6_u32).map(|round| Round {
        round: round as usize,
        rps: rps + f64::from(round),
        cpu_us: 1_000_000.0 / rps,
        p50_ms: 1.0,
        p95_ms: 2.0,
        busy_share: 0.9 + f64::from(round) / 100.0,
        ..Round::default()
    });
    Case {
        id: id.to_owned(),
        title: format!("the set-up `{id}`"),
        baseline: baseline.map(str::to_owned),
        rounds: rounds.collect(),
        against: None,
    }
}

/// `not-built` is 5 % faster than `off`, one request in 100 costs 20 %.
fn report() -> Report {
    let mut load = Load {
        name: "saturation".to_owned(),
        rate: None,
        cases: vec![
            case("off", None, 10_000.0),
            case("not-built", Some("off"), 10_500.0),
            case("one-in-100", Some("off"), 8_000.0),
            case("all", Some("off"), 9_900.0),
        ],
    };
    load.compare();
    let counted = |case: &str, per_request: [f64; 2]| Counted {
        case: case.to_owned(),
        per_request: per_request.to_vec(),
    };
    Report {
        schema: SCHEMA,
        started: "2026-11-28T10:00:00Z".to_owned(),
        revision: shakedown::stress::Revision::of("abcdef0", true),
        machine: shakedown::stress::Machine::default(),
        sizes: Sizes {
            users: 1_500,
            spawn_rate: 1_500.0,
            duration_s: 8.0,
            workers: None,
            server_cores: Some("0".to_owned()),
            generator_cores: None,
            seed: 0,
        },
        rounds: 6,
        loads: vec![load],
        instructions: Instructions {
            requests: 2_000,
            counted: vec![
                counted("off", [100_200.0, 100_300.0]),
                counted("not-built", [100_000.0, 100_100.0]),
            ],
            skipped: None,
        },
        left_out: vec![("heap".to_owned(), "heaptrack is missing".to_owned())],
        troubles: Vec::new(),
    }
}

#[test]
fn each_limit_has_a_verdict() {
    let verdicts: Vec<Verdict> = findings(&report()).iter().map(|of| of.verdict).collect();
    assert_eq!(
        verdicts,
        [
            Verdict::Broken,      // off against not built
            Verdict::Held,        // the same, counted
            Verdict::NotMeasured, // p50 at the published load
            Verdict::Held,        // microseconds of every request
            Verdict::Broken,      // one in 100
            Verdict::Held,        // failures
            Verdict::NotMeasured, // spans
        ]
    );
}

#[test]
fn a_measurement_is_shown_with_its_place_its_figures_and_its_verdicts() {
    let text = block(Some(("development/x/lens-costs.json", &report())));
    for part in [
        "from `development/x/lens-costs.json`: commit abcdef0 with changes",
        "1,500 users, 8 s a run after the ramp, server on cores 0; 6 rounds",
        "once in each; server and generator are two processes that share the cores; ",
        "(closed loop), the machine 91 to 96 % busy, 0 to 0 % given to other machines:",
        "| the set-up `off` | 10,004 | - | 100.0 | - | 1.00 | - | 2.00 | 0 | - |",
        "| the set-up `not-built` | 10,504 | +5.0 % (+5.0 to +5.0) | 95.2 | -4.8 µs",
        "at saturation | +5.0 % (+5.0 to +5.0) | **broken** |",
        "`off` 100,200, 100,300; `not-built` 100,000, 100,100",
        "Not measured, `heap`: heaptrack is missing",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn cores_that_are_not_shared_are_not_said_to_be() {
    let mut report = report();
    report.sizes.generator_cores = Some("1".to_owned());
    let text = block(Some(("lens-costs.json", &report)));
    assert!(!text.contains("share the cores"), "{text}");
}

#[test]
fn a_trouble_is_one_line_on_the_page() {
    let mut report = report();
    report.troubles = vec!["`off`: decnet ended with 1:\nat /scratch/decnet.db".to_owned()];
    let text = block(Some(("lens-costs.json", &report)));
    let expected = "\nA run failed: `off`: decnet ended with 1\n";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn a_span_that_is_received_and_not_acknowledged_is_dropped_and_not_lost() {
    let verdict = |[made, exported, dropped, received]: [u64; 4]| {
        let mut report = report();
        let round = &mut report.loads[0].cases[3].rounds[0];
        (round.made, round.exported) = (made, exported);
        (round.dropped, round.received) = (dropped, received);
        findings(&report).last().map(|of| of.verdict)
    };
    assert_eq!(verdict([10, 8, 2, 8]), Some(Verdict::Held));
    assert_eq!(verdict([10, 8, 2, 10]), Some(Verdict::Held));
    assert_eq!(verdict([10, 8, 2, 7]), Some(Verdict::Broken));
    assert_eq!(verdict([10, 8, 1, 8]), Some(Verdict::Broken));
}

#[test]
fn a_measurement_never_replaces_another_and_is_read_as_it_was_written() -> Result {
    let root = tempfile::tempdir()?;
    let mut report = report();
    let one = write_new(root.path(), &report)?;
    report.rounds = 7;
    let two = write_new(root.path(), &report)?;
    assert_eq!(
        one,
        "development/bench-artifacts/2026-11-28/lens-costs.json"
    );
    assert_eq!(
        two,
        "development/bench-artifacts/2026-11-28/lens-costs-2.json"
    );
    assert_eq!(read(root.path(), &one)?.rounds, 6);
    assert_eq!(read(root.path(), &two)?, report);
    report.schema = 2;
    let three = write_new(root.path(), &report)?;
    let refused = read(root.path(), &three).expect_err("of another schema");
    assert!(refused.to_string().contains("schema 2"), "{refused}");
    Ok(())
}

#[test]
fn what_is_compared_can_be_computed_again_from_the_rounds() {
    let report = report();
    let load = &report.loads[0];
    let (off, all) = (load.case("off").unwrap(), load.case("all").unwrap());
    assert_eq!(all.against, Against::of(&off.rounds, &all.rounds));
}
