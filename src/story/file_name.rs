//! Factors out of file names such as `profile_1500_notracing_12_workers_fb69a06`.
//!
//! A name is words joined by `_`, `-` or `.`, in any order:
//!
//! | words | factor |
//! |---|---|
//! | a number that stands alone, once | `users` |
//! | `12_workers`, `workers_12`, `12workers`, `workers=12`; the same with `users`, `cores`, `rps` | that factor |
//! | `1500_workers_12`, `12_workers_1500` | the smaller of the two is `workers`, the other `users` |
//! | `single_core`, `single_worker` | 1 |
//! | `tracing`, `notracing`, `no_tracing`, `without_tracing`, `tracing_off`; the same with the other switches | `on` or `off` |
//! | `tracing_sampled`; the same with the other switches | `sampled`: on for a part of the requests |
//! | `sqlite`, `mysql`, `mariadb`, `postgres` | `database` |
//! | `debug`, `release` | `build` |
//! | `synchronous_full`, `sync_full` | `synchronous` |
//! | 7 to 40 hexadecimal digits | `commit`, shortened to 7; of decimal digits alone only where they are no date or time and nothing else is a commit |
//! | `30s`, `5m` | `duration` |
//! | `key=value` | whatever it says |
//! | `run3`, `rep_3`, a number behind the commit, a time such as `20261121T190501Z` | none: one run of several |
//! | `profile`, `locust`, `stats` | none |
//! | anything else | `variant` |

use super::Factors;

const UNITS: [(&str, &str); 13] = [
    ("workers", "workers"),
    ("worker", "workers"),
    ("w", "workers"),
    ("users", "users"),
    ("user", "users"),
    ("u", "users"),
    ("cores", "cores"),
    ("core", "cores"),
    ("cpus", "cores"),
    ("rps", "rate"),
    ("rate", "rate"),
    ("spawn", "spawn_rate"),
    ("threads", "threads"),
];
const SWITCHES: [&str; 8] = [
    "tracing",
    "profiling",
    "cache",
    "caching",
    "batching",
    "tls",
    "gzip",
    "logging",
];
const DATABASES: [&str; 6] = [
    "sqlite",
    "mysql",
    "mariadb",
    "postgres",
    "postgresql",
    "memory",
];
const FILLERS: [&str; 9] = [
    "profile", "locust", "stats", "history", "run", "csv", "requests", "table", "dirty",
];

/// The factors that the words of `stem` name. `stem` is a file name without
/// directory and extension.
#[must_use]
pub fn factors_of_name(stem: &str) -> Factors {
    let words: Vec<String> = stem
        .split(['_', '-', '.', ' '])
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let mut reading = Reading {
        words: &words,
        at: 0,
        factors: Factors::new(),
        digits: None,
        rest: Vec::new(),
    };
    while reading.at < words.len() {
        reading.at += reading.step();
    }
    if let Some(digits) = reading.digits {
        reading.factors.set_default("commit", digits);
    }
    if !reading.rest.is_empty() {
        let variant = reading.rest.join("_");
        reading.factors.set("variant", variant);
    }
    reading.factors
}

struct Reading<'a> {
    words: &'a [String],
    at: usize,
    factors: Factors,
    /// What may be a commit without a letter in it.
    digits: Option<&'a str>,
    rest: Vec<&'a str>,
}

impl<'a> Reading<'a> {
    fn word(&self, ahead: usize) -> Option<&'a str> {
        self.words.get(self.at + ahead).map(String::as_str)
    }

    /// Understands the words at the front; returns how many they were.
    fn step(&mut self) -> usize {
        let Some(word) = self.word(0) else { return 1 };
        if let Some((name, value)) = word.split_once('=') {
            self.factors.set(name, value);
            return 1;
        }
        if let Some(length) = self.counted(word).or_else(|| self.switched(word)) {
            return length;
        }
        if let Some(length) = self.chosen(word) {
            return length;
        }
        if is_commit(word) {
            self.factors.set_default("commit", &word[..7]);
        } else if is_decimal_commit(word) {
            self.digits = Some(&word[..7]);
        } else if is_number(word) {
            self.lone_number(word);
        } else if is_duration(word) {
            self.factors.set_default("duration", word);
        } else if !is_repeat(word) && !is_time(word) && !FILLERS.contains(&word) {
            self.rest.push(word);
        }
        1
    }

    /// `12 workers`, `12workers`, `workers 12`, `single core`.
    fn counted(&mut self, word: &str) -> Option<usize> {
        let next = self.word(1);
        if is_number(word) || word == "single" {
            let name = next.filter(|next| next.len() > 1).and_then(unit)?;
            if self.belongs_behind(word) {
                return None;
            }
            let value = if word == "single" { "1" } else { word };
            self.factors.set_default(name, value);
            return Some(2);
        }
        let letters = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = &word[..word.len() - letters.len()];
        if !digits.is_empty()
            && let Some(name) = unit(letters)
        {
            self.factors.set_default(name, digits);
            return Some(1);
        }
        if let Some(name) = ["core", "worker"]
            .iter()
            .find(|unit| word.strip_prefix("single") == Some(**unit))
        {
            self.factors.set_default(unit(name)?, "1");
            return Some(1);
        }
        let name = (word.len() > 1).then(|| unit(word))??;
        let value = next.filter(|next| is_number(next))?;
        self.factors.set_default(name, value);
        Some(2)
    }

    /// Whether the unit behind the number `word` has its own number behind it:
    /// in `1500 workers 12`, of which the smaller is taken for the workers.
    fn belongs_behind(&self, word: &str) -> bool {
        let number = |word: &str| word.parse::<u32>().ok();
        let behind = self.word(2).filter(|word| is_number(word)).and_then(number);
        let has_own_unit = self.word(3).is_some_and(|after| unit(after).is_some());
        match (number(word), behind) {
            (Some(before), Some(behind)) => {
                behind < before && !has_own_unit && self.factors.get("users").is_none()
            }
            _ => false,
        }
    }

    /// `notracing`, `no tracing`, `tracing`, `tracing off`.
    fn switched(&mut self, word: &str) -> Option<usize> {
        if let Some(name) = word
            .strip_prefix("no")
            .filter(|name| SWITCHES.contains(name))
        {
            self.factors.set_default(name, "off");
            return Some(1);
        }
        let next = self.word(1);
        if matches!(word, "no" | "without") {
            let name = next.filter(|next| SWITCHES.contains(next))?;
            self.factors.set_default(name, "off");
            return Some(2);
        }
        SWITCHES.contains(&word).then_some(())?;
        let (value, length) = match next {
            Some("off" | "false") => ("off", 2),
            Some("on" | "true") => ("on", 2),
            Some("sampled") => ("sampled", 2),
            _ => ("on", 1),
        };
        self.factors.set_default(word, value);
        Some(length)
    }

    /// `mysql`, `release`, `synchronous full`, `run 3`.
    fn chosen(&mut self, word: &'a str) -> Option<usize> {
        let next = self.word(1);
        match word {
            _ if DATABASES.contains(&word) => self.factors.set_default("database", word),
            "debug" | "release" => self.factors.set_default("build", word),
            "sync" | "synchronous" => {
                let value =
                    next.filter(|next| ["off", "normal", "full", "extra"].contains(next))?;
                self.factors.set_default("synchronous", value);
                return Some(2);
            }
            "run" | "rep" | "repeat" if next.is_some_and(is_number) => return Some(2),
            _ => return None,
        }
        Some(1)
    }

    fn lone_number(&mut self, word: &'a str) {
        let repeat = self.factors.get("commit").is_some() && word.len() <= 3;
        if is_time(word) || repeat {
            return;
        }
        if self.factors.get("users").is_none() {
            self.factors.set("users", word);
        } else {
            self.rest.push(word);
        }
    }
}

fn unit(word: &str) -> Option<&'static str> {
    let (_, name) = UNITS.iter().find(|(unit, _)| *unit == word)?;
    Some(name)
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.len() <= 6 && word.bytes().all(|b| b.is_ascii_digit())
}

/// Hexadecimal, with a letter in it.
fn is_commit(word: &str) -> bool {
    (7..=40).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_hexdigit())
        && word.bytes().any(|b| b.is_ascii_digit())
        && word.bytes().any(|b| b.is_ascii_alphabetic())
}

/// One commit in twenty-seven has no letter in its first seven digits.
fn is_decimal_commit(word: &str) -> bool {
    (7..=40).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_digit())
        && !is_date(word)
        && !matches!(word.len(), 10 | 13 | 14) // seconds, milliseconds, a date with its time
}

/// `20261121`.
fn is_date(word: &str) -> bool {
    let part = |range: std::ops::Range<usize>| word.get(range)?.parse().ok();
    let (Some(year), Some(month), Some(day)) = (part(0..4), part(4..6), part(6..8)) else {
        return false;
    };
    word.len() == 8
        && (1_970..2_100).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
}

fn is_duration(word: &str) -> bool {
    word.strip_suffix(['s', 'm', 'h']).is_some_and(is_number)
}

fn is_repeat(word: &str) -> bool {
    ["run", "rep", "r"]
        .iter()
        .any(|prefix| word.strip_prefix(prefix).is_some_and(is_number))
}

/// `20261121`, `20261121t190501z`, `1795289342`.
fn is_time(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let others = word.trim_end_matches('z').replacen('t', "", 1);
    digits >= 7 && others.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stem: &str, expected: &str) {
        let factors = factors_of_name(stem);
        let shown: Vec<String> = factors
            .shown()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(shown.join(" "), expected, "{stem}");
    }

    #[test]
    fn a_switch_may_be_on_for_a_part_of_the_requests() {
        check(
            "profile_1500_ingest_tracing-sampled_2_workers_fb69a06",
            "users=1500 tracing=sampled workers=2 variant=ingest commit=fb69a06",
        );
    }

    #[test]
    fn the_names_of_the_published_story_are_understood() {
        check("profile_3106d0313507f016_locust", "commit=3106d03");
        check("profile_255c2e5", "commit=255c2e5");
        check("profile_fb69a06", "commit=fb69a06");
        check("profile_1500_fb69a06", "users=1500 commit=fb69a06");
        check(
            "profile_1500_notracing_fb69a06",
            "users=1500 tracing=off commit=fb69a06",
        );
        check(
            "profile_1500_notracing_12_workers_fb69a06",
            "users=1500 tracing=off workers=12 commit=fb69a06",
        );
        check(
            "profile_1500_notracing_single_core_fb69a06",
            "users=1500 tracing=off cores=1 commit=fb69a06",
        );
    }

    #[test]
    fn factors_come_in_any_order_and_spelling() {
        for stem in [
            "profile_fb69a06_12_workers_notracing_1500",
            "profile_12_workers_1500_notracing_fb69a06",
            "1500-no-tracing-workers-12-fb69a06",
            "profile_1500users_12workers_without_tracing_fb69a06ab12cd",
            "profile_users=1500_workers=12_tracing=off_commit=fb69a06",
            "profile_1500_workers_12_tracing_off_fb69a06_run3",
            "1500_users_12w_notracing_fb69a06_2",
        ] {
            check(stem, "users=1500 tracing=off workers=12 commit=fb69a06");
        }
    }

    #[test]
    fn a_commit_without_a_letter_is_one_where_it_can_be() {
        check(
            "profile_1500_ingest_2_workers_1234567",
            "users=1500 workers=2 variant=ingest commit=1234567",
        );
        check("profile_1500_98765432", "users=1500 commit=9876543");
        check("profile_1500_1234567_fb69a06", "users=1500 commit=fb69a06");
        check("profile_1500_fb69a06_20261121", "users=1500 commit=fb69a06");
        for time in [
            "20261121",
            "20261121T190501Z",
            "1795289342",
            "1795289342123",
        ] {
            check(&format!("profile_1500_{time}"), "users=1500");
        }
    }

    #[test]
    fn other_factors_are_found_and_the_rest_is_the_variant() {
        check(
            "profile_500_mysql_sync_full_release_30s_ingest_deadbee1_20261121T190501Z",
            "users=500 duration=30s database=mysql synchronous=full build=release variant=ingest commit=deadbee",
        );
        check("profile_node_normal_1500", "users=1500 variant=node_normal");
        check("profile_900_rps_naive_20261121", "rate=900 variant=naive");
        check("decade_facade_acceded", "variant=decade_facade_acceded");
        check("", "");
    }
}
