//! Micro-benchmarks as a table for a terminal, and as a chapter of the page.

use super::page::{sentence, sheet};
use super::table::columns;
use super::{Artifact, Micro, short};
use crate::story::{Block, Cell};

/// A number in at most five letters and a unit: `812`, `45.3k`, `1.20M`.
fn count(number: f64) -> String {
    let (number, unit) = match number {
        number if number < 999.5 => return format!("{number:.0}"),
        number if number < 999.5e3 => (number / 1e3, "k"),
        number if number < 999.5e6 => (number / 1e6, "M"),
        number => (number / 1e9, "G"),
    };
    let digits = if number < 9.995 {
        2
    } else {
        usize::from(number < 99.95)
    };
    format!("{number:.digits$}{unit}")
}

/// Nanoseconds of a call: below a microsecond to the tenth.
fn call(nanoseconds: f64) -> String {
    if nanoseconds < 999.95 {
        format!("{nanoseconds:.1}ns")
    } else if nanoseconds < 99_950.0 {
        format!("{:.2}us", nanoseconds / 1e3)
    } else {
        short(nanoseconds / 1e6)
    }
}

/// The table of micro-benchmarks; empty without any. Times are of one call, what
/// is processed is a second's at the median.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "counts to be shown in three digits"
)]
pub fn micros(micros: &[Micro]) -> String {
    if micros.is_empty() {
        return String::new();
    }
    let rows: Vec<[String; 7]> = micros
        .iter()
        .map(|of| {
            let rate = of.work.as_ref().map_or_else(
                || "-".to_owned(),
                |work| {
                    let rate = work.count as f64 / of.median_ns * 1e9;
                    format!("{} {}/s", count(rate), work.unit)
                },
            );
            [
                of.name.clone(),
                call(of.median_ns),
                call(of.p95_ns),
                call(of.min_ns),
                of.instructions
                    .map_or_else(|| "-".to_owned(), |number| count(number as f64)),
                rate,
                format!("{} x {}", of.samples, count(of.calls as f64)),
            ]
        })
        .collect();
    let build = &micros[0].build;
    let title = format!("call ({build} build)");
    let mut text = columns(
        &[&title, "median", "P95", "min", "instr.", "work", "samples"],
        &rows,
    );
    for sentence in uncounted(micros) {
        text.push_str(&format!("{sentence}\n"));
    }
    text
}

/// Why instructions were not counted, each reason once.
fn uncounted(micros: &[Micro]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for of in micros.iter().filter(|of| !of.uncounted.is_empty()) {
        match reasons.iter_mut().find(|(why, _)| *why == of.uncounted) {
            Some((_, names)) => names.push(&of.name),
            None => reasons.push((&of.uncounted, vec![&of.name])),
        }
    }
    let sentence = |(why, names): &(&str, Vec<&str>)| {
        let whose = match names.len() {
            all if all == micros.len() && all > 1 => "all".to_owned(),
            _ => names.join(", "),
        };
        format!("instructions were not counted ({whose}): {why}")
    };
    reasons.iter().map(sentence).collect()
}

/// The chapter of the page; none without micro-benchmarks.
pub(super) fn chapter(latest: &Artifact, blocks: &mut Vec<Block>) {
    let Some(first) = latest.micro.first() else {
        return;
    };
    blocks.push(Block::Chapter("Micro-benchmarks".to_owned()));
    blocks.push(sentence(&format!(
        "Nanoseconds of one call, by batches of calls, {} build; instructions are those of all \
         threads, by callgrind.",
        first.build
    )));
    let nanoseconds = |ns: f64| Cell::number(Some(ns), format!("{ns:.1}"));
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of instructions, to sort by"
    )]
    let row = |of: &Micro| {
        vec![
            Cell::code(&of.name),
            nanoseconds(of.median_ns),
            nanoseconds(of.p95_ns),
            nanoseconds(of.min_ns),
            Cell::number(
                of.instructions.map(|number| number as f64),
                of.instructions
                    .map_or_else(|| "-".to_owned(), |number| number.to_string()),
            ),
            Cell::text(of.work.as_ref().map_or_else(
                || "-".to_owned(),
                |work| format!("{} {}", work.count, work.unit),
            )),
            Cell::text(format!("{} x {}", of.samples, of.calls)),
        ]
    };
    blocks.push(sheet(
        "Micro-benchmarks",
        &[
            ("call", false),
            ("median", true),
            ("P95", true),
            ("min", true),
            ("instructions", true),
            ("a call is", false),
            ("batches x calls", false),
        ],
        latest.micro.iter().map(row).collect(),
    ));
    blocks.extend(uncounted(&latest.micro).iter().map(|why| sentence(why)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_nothing_was_counted_is_said_once() {
        let micro = |name: &str, why: &str| -> Micro {
            serde_json::from_value(serde_json::json!({
                "name": name, "build": "release", "samples": 1, "calls": 1, "mean_ns": 5.0,
                "median_ns": 5.0, "p95_ns": 5.0, "min_ns": 5.0, "max_ns": 5.0, "uncounted": why,
            }))
            .unwrap()
        };
        let none = "valgrind is not here";
        let all = [micro("a", none), micro("b", none)];
        assert_eq!(
            uncounted(&all),
            [format!("instructions were not counted (all): {none}")]
        );
        let some = [
            micro("a", ""),
            micro("b", "valgrind: crashed"),
            micro("c", ""),
        ];
        assert!(micros(&some).ends_with("not counted (b): valgrind: crashed\n"));
        assert!(uncounted(&[micro("a", "")]).is_empty());
    }

    #[test]
    fn calls_and_counts_have_the_unit_that_fits() {
        for (ns, shown) in [
            (12.34, "12.3ns"),
            (999.97, "1.00us"),
            (45_678.0, "45.68us"),
            (1_234_567.0, "1.23ms"),
        ] {
            assert_eq!(call(ns), shown);
        }
        for (number, shown) in [
            (812.4, "812"),
            (45_321.0, "45.3k"),
            (1.2e6, "1.20M"),
            (3e9, "3.00G"),
        ] {
            assert_eq!(count(number), shown);
        }
    }
}
