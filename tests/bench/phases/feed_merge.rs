//! FEED_MERGE: three generated yearly feeds, parsed, merged and stored.

use std::fmt::Write as _;

use decnet::db::store_advisories;
use decnet::feeds::{merge, parse};
use shakedown::Result;
use shakedown::fixtures::scratch;
use shakedown::workbook::Sampler;

use super::ensure;

const ENTRIES: usize = 100_000;
/// One entry in so many of a feed is a later state of one of the year before.
const OVERLAP: usize = 10;

/// A year's feed; about 60 MB.
fn feed(year: usize) -> Vec<u8> {
    let mut text =
        String::from("{\"format\":\"NVD_CVE\",\"version\":\"2.0\",\"vulnerabilities\":[");
    for number in 0..ENTRIES {
        let comma = if number == 0 { "" } else { "," };
        // The entry after it is one of its own year in every feed.
        let (of, number) = match number % OVERLAP {
            0 => (year - 1, number + 1),
            _ => (year, number),
        };
        let _ = write!(
            text,
            "{comma}{{\"cve\":{{\"id\":\"CVE-{of}-{number:06}\",\"sourceIdentifier\":\"cna@example.org\",\
             \"published\":\"{of}-01-02T10:00:00.000\",\"lastModified\":\"{year}-{:02}-{:02}T12:30:00.000\",\
             \"vulnStatus\":\"Analyzed\",\"descriptions\":[{{\"lang\":\"en\",\"value\":\"A flaw in component \
             {number} of product {} allows a remote attacker to read memory beyond a buffer by sending a \
             crafted request, under conditions that depend on the configuration.\"}},{{\"lang\":\"es\",\
             \"value\":\"Un fallo en el componente {number}.\"}}],\"metrics\":{{\"cvssMetricV31\":[{{\
             \"source\":\"nvd@example.org\",\"type\":\"Primary\",\"cvssData\":{{\"version\":\"3.1\",\
             \"vectorString\":\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N\",\"baseScore\":{}.{}}}}}]}},\
             \"weaknesses\":[{{\"description\":[{{\"lang\":\"en\",\"value\":\"CWE-125\"}}]}}],\
             \"references\":[{{\"url\":\"https://example.org/advisory/{number}\"}}]}}}}",
            1 + number % 12,
            1 + number % 28,
            number % 731,
            number % 10,
            number % 7
        );
    }
    text.push_str("]}");
    text.into_bytes()
}

pub(super) fn feed_merge(phase: &mut Sampler) -> Result {
    let feeds: Vec<(String, Vec<u8>)> = [2023, 2024, 2025]
        .into_iter()
        .map(|year| (format!("{year}.json"), feed(year)))
        .collect();
    let directory = scratch();
    let expected = 3 * ENTRIES - 2 * ENTRIES / OVERLAP;
    let mut sample = 0;
    phase.each(|watch| {
        sample += 1;
        let path = directory.join(format!("advisories-{sample}.db"));
        let parsed = watch.step("parse", || {
            let parsed = feeds.iter().map(|(name, text)| parse(name, text));
            parsed.collect::<Result<Vec<_>, _>>()
        })?;
        let merged = watch.step("merge", || merge(parsed));
        let stored = watch.step("store", || store_advisories(&path, &merged))?;
        std::fs::remove_file(&path)?;
        ensure(
            merged.len() == expected && stored == expected as u64,
            || format!("{} merged, {stored} stored, not {expected}", merged.len()),
        )
    })
}
