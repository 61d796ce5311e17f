//! The tables of `development/Tracing-and-Profiling.md`, between two markers.

use super::figures::{count, microseconds, percent, short, whole};
use super::limits::findings;
use super::report::{Case, Load, Report, Round};

/// The page, seen from the root of the repository.
pub(crate) const PAGE: &str = "development/Tracing-and-Profiling.md";
const BEGIN: &str = "<!-- lens-costs -->\n";
const END: &str = "<!-- /lens-costs -->";

/// What stands between the markers of `page`.
pub(crate) fn block_of(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once(BEGIN)?;
    Some(rest.split_once(END)?.0)
}

/// `page` with `block` between its markers; none if it has none.
pub(crate) fn put(page: &str, block: &str) -> Option<String> {
    let old = block_of(page)?;
    Some(page.replacen(
        &format!("{BEGIN}{old}{END}"),
        &format!("{BEGIN}{block}{END}"),
        1,
    ))
}

/// What `report`, archived at `path`, says; that nothing was measured without one.
pub(crate) fn block(measured: Option<(&str, &Report)>) -> String {
    let Some((path, report)) = measured else {
        return "Not measured yet with `make lens-costs`.\n".to_owned();
    };
    let mut text = heading(path, report);
    for load in &report.loads {
        text.push_str(&table(load));
    }
    text.push_str(&instructions(report));
    text.push_str("| limit | measured | |\n|---|---|---|\n");
    for finding in findings(report) {
        let (limit, found, verdict) = (finding.limit, finding.found, finding.verdict.words());
        text.push_str(&format!("| {limit} | {found} | {verdict} |\n"));
    }
    for (id, reason) in &report.left_out {
        text.push_str(&format!("\nNot measured, `{id}`: {reason}\n"));
    }
    for trouble in &report.troubles {
        text.push_str(&format!("\nA run failed: {}\n", first_line(trouble)));
    }
    text
}

/// What a trouble says itself; the logs below are the archive's.
fn first_line(trouble: &str) -> &str {
    let line = trouble.lines().next().unwrap_or_default();
    line.trim_end_matches(':')
}

fn heading(path: &str, report: &Report) -> String {
    let Report {
        revision,
        machine,
        sizes,
        rounds,
        ..
    } = report;
    let changed = match revision.dirty {
        true => " with changes that were not committed",
        false => "",
    };
    let times = if *rounds == 1 { "round" } else { "rounds" };
    let day = report.started.get(..10).unwrap_or_default();
    let mut runs = format!(
        "{} users, {} s a run after the ramp",
        whole_usize(sizes.users),
        sizes.duration_s
    );
    if let Some(workers) = sizes.workers {
        runs.push_str(&format!(", {workers} workers"));
    }
    for (who, cores) in [
        ("server", &sizes.server_cores),
        ("generator", &sizes.generator_cores),
    ] {
        if let Some(cores) = cores {
            runs.push_str(&format!(", {who} on cores {cores}"));
        }
    }
    let shared = match (&sizes.server_cores, &sizes.generator_cores) {
        (Some(_), Some(_)) => "",
        _ => " server and generator are two processes that share the cores;",
    };
    #[expect(clippy::cast_precision_loss, reason = "memory in GiB")]
    let memory = machine.memory_bytes as f64 / f64::from(1 << 30);
    format!(
        "Measured on {day} from `{path}`: commit {}{changed}; {runs}; {rounds} {times}, each set-up \
         once in each;{shared} {}, {} cores, {memory:.0} GiB, Linux {}.\n\n",
        revision.commit, machine.cpu_model, machine.cores, machine.kernel
    )
}

fn whole_usize(value: usize) -> String {
    count(value as u64)
}

fn table(load: &Load) -> String {
    let title = match load.rate {
        Some(rate) => format!("At {} arrivals a second (open loop)", whole(rate)),
        None => "At saturation (closed loop)".to_owned(),
    };
    let mut text = format!(
        "{title}{}:\n\n\
         | set-up | RPS | against its baseline | CPU of the server, µs a request | more than its \
         baseline | p50 ms | against its baseline | p95 ms | failed | spans made, exported, dropped |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        busy(load)
    );
    for case in &load.cases {
        text.push_str(&row(case, load));
    }
    text.push('\n');
    text
}

/// How busy the machine's processors were, from the calmest run to the busiest.
fn busy(load: &Load) -> String {
    let range = |of: fn(&Round) -> f64| {
        let rounds = || load.cases.iter().flat_map(|case| &case.rounds);
        let least = rounds().map(of).reduce(f64::min)?;
        let most = rounds().map(of).reduce(f64::max)?;
        Some(format!("{:.0} to {:.0} %", 100.0 * least, 100.0 * most))
    };
    let shares = range(|round| round.busy_share).zip(range(|round| round.steal_share));
    shares.map_or_else(String::new, |(busy, steal)| {
        format!(", the machine {busy} busy, {steal} given to other machines")
    })
}

fn row(case: &Case, load: &Load) -> String {
    let median = |text: fn(f64) -> String, of: fn(&Round) -> f64| {
        case.median(of).map_or_else(|| "-".to_owned(), text)
    };
    let against = case.against.as_ref();
    let change = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let spans = [
        case.sum(|round| round.made),
        case.sum(|round| round.exported),
        case.sum(|round| round.dropped),
    ];
    let spans = match spans {
        [0, 0, 0] => "-".to_owned(),
        spans => spans.map(count).join(", "),
    };
    // `off` is what most are compared with, and need not be named.
    let baseline = case.baseline.as_ref().filter(|id| *id != "off");
    let baseline = baseline.and_then(|id| load.case(id));
    let baseline = baseline.map_or_else(String::new, |of| format!(" (baseline: {})", of.title));
    format!(
        "| {}{baseline} | {} | {} | {} | {} | {} | {} | {} | {} | {spans} |\n",
        case.title,
        median(whole, |round| round.rps),
        change(against.map(|of| percent(of.rps))),
        median(short, |round| round.cpu_us),
        change(against.map(|of| microseconds(of.cpu_us_more))),
        median(short, |round| round.p50_ms),
        change(against.map(|of| percent(of.p50))),
        median(short, |round| round.p95_ms),
        count(case.sum(|round| round.failures)),
    )
}

fn instructions(report: &Report) -> String {
    let counted = &report.instructions;
    if let Some(reason) = &counted.skipped {
        return format!("Instructions were not counted: {reason}.\n\n");
    }
    let each: Vec<String> = counted
        .counted
        .iter()
        .map(|of| {
            let values: Vec<String> = of.per_request.iter().map(|value| whole(*value)).collect();
            format!("`{}` {}", of.case, values.join(", "))
        })
        .collect();
    format!(
        "Instructions a request, counted by callgrind over {} requests of one client, a run each: {}.\n\n",
        count(counted.requests),
        each.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_is_replaced() {
        let page = format!("before\n{BEGIN}old\n{END}\nafter\n");
        let put = put(&page, "new\n").unwrap();
        assert_eq!(put, format!("before\n{BEGIN}new\n{END}\nafter\n"));
        assert_eq!(block_of(&put), Some("new\n"));
        assert_eq!(super::put("no markers", "new"), None);
    }
}
