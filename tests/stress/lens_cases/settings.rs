//! What is measured, as the environment says, and what cannot be measured here.

use std::path::PathBuf;

use shakedown::profile::Tool;
use shakedown::stress::Knobs;
use shakedown::{Failure, Result};

use super::case::{Case, Observer};

/// What is measured.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) rounds: usize,
    pub(crate) cases: Vec<Case>,
    /// Set-ups that were asked for and are not measured, each with its reason.
    pub(crate) left_out: Vec<(String, String)>,
    /// decnet built without features.
    pub(crate) plain: Option<PathBuf>,
    /// Whether it is a measurement of all set-ups, which is archived.
    pub(crate) whole: bool,
    /// Whether the page is to show it.
    pub(crate) page: bool,
}

impl Settings {
    /// Reads the variables through `lookup`.
    pub(crate) fn read(knobs: &Knobs, lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        if let Some(host) = &knobs.host {
            return Err(Failure::new(format!(
                "`STRESS_HOST` is `{host}`: what lenses cost is measured on servers that this \
                 test starts, each set up in its own way\nhelp: unset STRESS_HOST"
            )));
        }
        let plain = set("STRESS_DECNET_PLAIN").map(PathBuf::from);
        if let Some(missing) = plain.as_ref().filter(|path| !path.is_file()) {
            return Err(Failure::new(format!(
                "`STRESS_DECNET_PLAIN` is `{}`, and there is no such file\nhelp: make plain",
                missing.display()
            )));
        }
        let only = set("STRESS_LENS_CASES");
        let mut left_out = Vec::new();
        let mut cases = chosen(only.as_deref())?;
        cases.retain(|case| match reason_against(case, plain.is_some()) {
            None => true,
            Some(reason) => {
                left_out.push((case.id.to_owned(), reason));
                false
            }
        });
        Ok(Self {
            rounds: rounds(set("STRESS_LENS_ROUNDS").as_deref())?,
            // A part of the cases is no new measurement of all.
            whole: only.is_none(),
            page: set("STRESS_LENS_PAGE").as_deref() == Some("1") && only.is_none(),
            cases,
            left_out,
            plain,
        })
    }

    /// The cases, by their place, in the order of round `round`, from 0.
    pub(crate) fn order(&self, round: usize) -> Vec<usize> {
        let cases = self.cases.len();
        let mut order: Vec<usize> = (0..cases).map(|turn| (turn + round) % cases).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        order
    }
}

/// The cases that `only` names, in their own order; all without it.
fn chosen(only: Option<&str>) -> Result<Vec<Case>> {
    let all = Case::all();
    let Some(only) = only else { return Ok(all) };
    let names: Vec<&str> = only.split(',').map(str::trim).collect();
    if let Some(unknown) = names
        .iter()
        .find(|name| all.iter().all(|of| of.id != **name))
    {
        let known: Vec<&str> = all.iter().map(|case| case.id).collect();
        return Err(Failure::new(format!(
            "`STRESS_LENS_CASES` names `{unknown}`; it takes some of {}",
            known.join(",")
        )));
    }
    let named = all.into_iter().filter(|case| names.contains(&case.id));
    Ok(named.collect())
}

fn rounds(text: Option<&str>) -> Result<usize> {
    let Some(text) = text else { return Ok(3) };
    let rounds = text.parse().ok();
    let rounds = rounds.filter(|rounds| (1..=100).contains(rounds));
    rounds.ok_or_else(|| {
        Failure::new(format!(
            "`STRESS_LENS_ROUNDS` is `{text}`; it takes a number from 1 to 100"
        ))
    })
}

/// Why `case` cannot be measured here.
fn reason_against(case: &Case, has_plain: bool) -> Option<String> {
    if case.plain && !has_plain {
        return Some("`STRESS_DECNET_PLAIN` names no build without features (make plain)".into());
    }
    let tool = match case.observer {
        Observer::Nobody => return None,
        Observer::Heap => Tool::Heaptrack,
        Observer::Perf => Tool::Perf,
    };
    tool.find().err().map(|missing| missing.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings> {
        let lookup = |name: &str| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Settings::read(&Knobs::default(), lookup)
    }

    #[test]
    fn without_a_plain_build_its_case_is_left_out_with_the_reason() {
        let settings = read(&[]).unwrap();
        assert_eq!((settings.rounds, settings.page), (3, false));
        assert_eq!(settings.left_out[0].0, "not-built");
        assert!(settings.left_out[0].1.contains("make plain"));
        assert!(settings.cases.iter().all(|case| !case.plain));
    }

    #[test]
    fn a_plain_build_that_is_not_there_a_host_and_an_unknown_case_are_errors() {
        let said = |pairs: &[(&str, &str)]| read(pairs).unwrap_err().to_string();
        let missing = said(&[("STRESS_DECNET_PLAIN", "/nowhere/decnet")]);
        assert!(missing.contains("`/nowhere/decnet`") && missing.contains("make plain"));
        let unknown = said(&[("STRESS_LENS_CASES", "off,some")]);
        assert!(
            unknown.contains("`some`") && unknown.contains("off-again"),
            "{unknown}"
        );
        assert!(said(&[("STRESS_LENS_ROUNDS", "0")]).contains("1 to 100"));
        let mut knobs = Knobs::default();
        knobs.host = Some("http://127.0.0.1:8000".to_owned());
        let host = Settings::read(&knobs, |_| None).unwrap_err().to_string();
        assert!(host.contains("STRESS_HOST"), "{host}");
    }

    #[test]
    fn a_part_of_the_cases_is_not_archived_and_does_not_replace_the_page() {
        let page = ("STRESS_LENS_PAGE", "1");
        let all = read(&[page]).unwrap();
        assert!(all.page && all.whole);
        let part = read(&[page, ("STRESS_LENS_CASES", "all, off")]).unwrap();
        let ids: Vec<&str> = part.cases.iter().map(|case| case.id).collect();
        assert_eq!((part.page, part.whole), (false, false));
        assert_eq!(ids, ["off", "all"]);
    }

    #[test]
    fn each_round_has_every_case_once_and_begins_with_another() {
        let mut settings = read(&[]).unwrap();
        settings.cases = Case::all();
        let cases = settings.cases.len();
        let mut places = vec![0; cases];
        for round in 0..cases {
            let order = settings.order(round);
            for (turn, at) in order.iter().enumerate() {
                places[*at] += turn;
            }
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..cases).collect::<Vec<_>>());
        }
        // Over as many rounds as there are cases nobody is always early or late.
        let mean = cases * (cases - 1) / 2;
        let even = places.iter().all(|sum| sum.abs_diff(mean) <= cases / 2);
        assert!(even, "{places:?}");
    }
}
