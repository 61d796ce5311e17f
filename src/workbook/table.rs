//! Results as text for a terminal of 80 columns.

use super::{Bin, Measurement, Missing, judge};

/// A length of time in at most six characters: `41.2ms`, `5.00s`, `830us`, `95ns`.
///
/// # Example
/// ```
/// use shakedown::workbook::short;
///
/// assert_eq!(short(41.0), "41.0ms");
/// assert_eq!(short(5_003.0), "5.00s");
/// assert_eq!(short(0.83), "830us");
/// assert_eq!(short(0.000_095), "95ns");
/// ```
#[must_use]
pub fn short(milliseconds: f64) -> String {
    let three = |value: f64, unit: &str| {
        if value < 9.995 {
            format!("{value:.2}{unit}")
        } else if value < 99.95 {
            format!("{value:.1}{unit}")
        } else {
            format!("{value:.0}{unit}")
        }
    };
    if milliseconds <= 0.0 {
        "0us".to_owned()
    } else if milliseconds < 0.000_999_5 {
        format!("{:.0}ns", milliseconds * 1e6)
    } else if milliseconds < 0.9995 {
        three(milliseconds * 1_000.0, "us")
    } else if milliseconds < 999.5 {
        three(milliseconds, "ms")
    } else {
        three(milliseconds / 1_000.0, "s")
    }
}

/// The results table.
#[must_use]
pub fn results(measurements: &[Measurement], missing: &[Missing]) -> String {
    let header = [
        "phase", "samples", "mean", "P50", "P95", "P99", "min", "max", "target", "",
    ];
    let rows: Vec<[String; 10]> = measurements
        .iter()
        .map(|of| {
            let maybe = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), short);
            let figures = &of.summary;
            [
                of.phase.clone(),
                figures.samples.to_string(),
                short(figures.mean_ms),
                maybe(figures.p50_ms),
                short(figures.p95_ms),
                maybe(figures.p99_ms),
                maybe(figures.min_ms),
                maybe(figures.max_ms),
                short(of.target_ms),
                judge(of).word().to_owned(),
            ]
        })
        .collect();
    let mut text = columns(&header, &rows);
    for missing in missing {
        text.push_str(&format!(
            "{}: not measured: {}\n",
            missing.phase, missing.reason
        ));
    }
    text
}

/// The steps of a measurement, and how much of the mean each is; empty without
/// steps.
#[must_use]
pub fn steps(of: &Measurement) -> String {
    if of.steps.is_empty() {
        return String::new();
    }
    let all: f64 = of.steps.iter().map(|step| step.summary.mean_ms).sum();
    let row = |name: &str, figures: &super::Summary, p95: Option<f64>| {
        [
            name.to_owned(),
            short(figures.mean_ms),
            p95.map_or_else(|| "-".to_owned(), short),
            figures.max_ms.map_or_else(|| "-".to_owned(), short),
            format!(
                "{:.0}%",
                100.0 * figures.mean_ms / all.max(f64::MIN_POSITIVE)
            ),
        ]
    };
    let mut rows: Vec<[String; 5]> = of
        .steps
        .iter()
        .map(|step| {
            // Of a step that others published nothing but the mean is known.
            let known = step.summary.p50_ms.is_some();
            row(
                &step.name,
                &step.summary,
                known.then_some(step.summary.p95_ms),
            )
        })
        .collect();
    let mut total = of.summary.clone();
    total.mean_ms = all;
    rows.push(row("total", &total, Some(total.p95_ms)));
    let title = format!("{} step", of.phase);
    columns(&[&title, "mean", "P95", "max", "share"], &rows)
}

/// Rows under a header, the first column to the left.
pub(super) fn columns<const N: usize>(header: &[&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([header[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let header: [String; N] = std::array::from_fn(|column| header[column].to_owned());
    let mut text = String::new();
    for row in std::iter::once(&header).chain(rows) {
        let mut line = String::new();
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            if column == 0 {
                line.push_str(&format!("{cell:<width$}"));
            } else if column + 1 == N && N == 10 {
                line.push_str(&format!(" {cell}"));
            } else {
                line.push_str(&format!(" {cell:>width$}"));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Rows of a distribution at most, without the one for what lies above.
const ROWS: usize = 9;
/// Letters of its longest bar.
const LONGEST: usize = 48;

/// A measurement's distribution: what was published, or equal steps from the
/// shortest time to the 99th percentile and one row for what lies above. A step
/// is a unit of the clock or more, and a hundredth of the shortest time or more, so
/// that its ends can be told apart.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "counts of samples, rows of a table"
)]
pub fn bins(of: &Measurement) -> Vec<Bin> {
    let Some((histogram, units)) = of.finest().filter(|(times, _)| times.total() > 0) else {
        return of.bins.clone();
    };
    let ms = |time: u64| time as f64 / units;
    let low = ms(histogram.min_us());
    let high = ms(histogram.percentile_us(0.99));
    let top = of.summary.max_ms.unwrap_or(high).max(high);
    let finest = (low / 100.0).max(1.0 / units);
    let rows = (((high - low) / finest) as usize).clamp(1, ROWS);
    let step = ((high - low) / rows as f64).max(finest);
    let mut counts = vec![0; rows + 1];
    for (time, count) in histogram.buckets() {
        let row = ((ms(time) - low) / step) as usize;
        counts[row.min(rows)] += count;
    }
    let edge = |row: usize| low + step * row as f64;
    let all = histogram.total() as f64;
    counts
        .iter()
        .enumerate()
        .filter(|(row, count)| *row < rows || **count > 0)
        .map(|(row, count)| Bin {
            from_ms: edge(row),
            to_ms: if row == rows {
                top.max(edge(row))
            } else {
                edge(row + 1)
            },
            share: *count as f64 / all,
        })
        .collect()
}

/// The distribution as bars; empty when nothing is known of it.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "letters of a bar"
)]
pub fn bars(of: &Measurement) -> String {
    let bins = bins(of);
    let most = bins.iter().map(|bin| bin.share).fold(0.0, f64::max);
    let mut text = String::new();
    for bin in &bins {
        let bar = (bin.share / most * LONGEST as f64).round() as usize;
        // What is there is seen, however little it is.
        let bar = if bin.share > 0.0 { bar.max(1) } else { 0 };
        text.push_str(&format!(
            "  {:>7} - {:>7} {:>6.1}% {}",
            short(bin.from_ms),
            short(bin.to_ms),
            100.0 * bin.share,
            "#".repeat(bar)
        ));
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::{Histogram, Sampler, Settings};

    fn measured(times: impl IntoIterator<Item = u64>) -> Measurement {
        let text = "[phase.A]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 1\n";
        let settings = Settings::parse(std::path::Path::new("x.toml"), text).unwrap();
        let mut sampler = Sampler::new(&settings.phases[0], 1, None);
        let mut histogram = Histogram::new();
        times.into_iter().for_each(|time| histogram.record(time));
        sampler.record_all(&histogram);
        sampler.finish().unwrap()
    }

    #[test]
    fn every_sample_is_in_one_row() {
        for times in [
            vec![0, 0, 1],
            vec![5_001_000, 5_002_000, 5_009_000],
            (1..5_000).collect(),
        ] {
            let of = measured(times);
            let bins = bins(&of);
            let all: f64 = bins.iter().map(|bin| bin.share).sum();
            assert!((all - 1.0).abs() < 1e-9, "{bins:?}");
            assert!(
                bins.windows(2)
                    .all(|pair| pair[0].to_ms <= pair[1].from_ms + 1e-9)
            );
        }
    }

    #[test]
    fn times_that_look_alike_are_one_row() {
        assert_eq!(bins(&measured([5_001_000, 5_002_000, 5_003_000])).len(), 1);
        assert_eq!(
            bins(&measured((1..5_000).collect::<Vec<_>>())).len(),
            ROWS + 1
        );
    }

    #[test]
    fn lengths_of_time_have_three_digits_and_the_unit_that_fits() {
        for (ms, shown) in [
            (0.0, "0us"),
            (0.000_042, "42ns"),
            (0.001_234, "1.23us"),
            (0.9994, "999us"),
            (0.9996, "1.00ms"),
            (9.994, "9.99ms"),
            (9.996, "10.0ms"),
            (99.96, "100ms"),
            (999.4, "999ms"),
            (999.6, "1.00s"),
            (61_234.0, "61.2s"),
        ] {
            assert_eq!(short(ms), shown);
        }
    }
}
