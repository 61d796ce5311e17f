//! How many lines a second inspection reads, resolves and checks, and that this does not
//! depend on how many there are: 100, 1,000 and 10,000 files of one shape.
//!
//! Prints figures and asserts no speed. What is asserted is that nothing goes wrong and that
//! ten times the files take about ten times the work; work is processor time of this
//! process, so that what else runs on the machine does not count.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]
#![expect(
    clippy::print_stdout,
    reason = "its figures are what a measurement is for"
)]

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use shakedown::inspect::{Inspection, Settings, Source};

/// How much more a line may cost among ten times as many files. Quadratic work somewhere
/// would make it ten.
const GROSS: f64 = 3.0;

/// Time that all threads of this process ran on a core.
fn process_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is that of a live, exclusively borrowed `timespec`.
    let outcome = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(outcome, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A package of `files` files, in modules of a hundred; each has a type with methods, uses
/// its neighbours, and tests itself.
fn generate(root: &Path, files: usize) {
    let manifest =
        "[workspace]\n[package]\nname = \"sample\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(root.join("src")).unwrap();
    let mut crate_root = String::from("//! Generated.\n");
    for group in 0..files.div_ceil(100) {
        writeln!(crate_root, "pub mod group_{group};").unwrap();
        let directory = root.join(format!("src/group_{group}"));
        fs::create_dir(&directory).unwrap();
        let mut module = String::from("//! A group.\n");
        for file in 0..100.min(files - group * 100) {
            writeln!(module, "pub mod part_{file};").unwrap();
            let text = part(group, file, file.checked_sub(1).unwrap_or(file));
            fs::write(directory.join(format!("part_{file}.rs")), text).unwrap();
        }
        fs::write(root.join(format!("src/group_{group}.rs")), module).unwrap();
    }
    fs::write(root.join("src/lib.rs"), crate_root).unwrap();
}

fn part(group: usize, file: usize, neighbour: usize) -> String {
    format!(
        "//! Part {file} of group {group}.

use std::collections::BTreeMap;

use super::part_{neighbour}::Store as Neighbour;
use crate::group_{group}::part_{neighbour};

/// Values by name.
#[derive(Debug, Default)]
pub struct Store {{
    values: BTreeMap<String, u64>,
}}

impl Store {{
    /// Adds to a value.
    pub fn add(&mut self, name: &str, value: u64) -> u64 {{
        let entry = self.values.entry(name.to_owned()).or_default();
        *entry += value;
        *entry
    }}

    /// The sum of all values.
    pub fn total(&self) -> u64 {{
        self.values.values().sum()
    }}
}}

/// Adds here and next door.
pub fn both(own: &mut Store, other: &mut Neighbour, name: &str) -> Option<u64> {{
    let sum = own.add(name, 1).checked_add(other.add(name, 2))?;
    if sum > 10 {{
        return None;
    }}
    Some(sum + part_{neighbour}::spare(name))
}}

/// A number of its own.
pub fn spare(name: &str) -> u64 {{
    let length = u64::try_from(name.len()).unwrap_or_default();
    [1, 2, 3].iter().map(|it| it * length).filter(|it| it % 2 == 0).sum()
}}

#[cfg(test)]
mod tests {{
    use super::*;

    #[test]
    fn adds_up() {{
        let (mut own, mut other) = (Store::default(), Neighbour::default());
        assert_eq!(both(&mut own, &mut other, \"a\"), Some(5));
        assert_eq!(own.total(), 1);
    }}
}}
"
    )
}

/// Inspects as many files; the work for a line.
fn inspect(files: usize) -> Duration {
    let directory = tempfile::tempdir().unwrap();
    generate(directory.path(), files);
    let (started, before) = (Instant::now(), process_time());
    let source = Source::at(directory.path()).unwrap();
    let settings = Settings::of_workspace(source.root()).unwrap();
    let report = Inspection::new(&source, &settings).run().unwrap();
    let (took, worked) = (started.elapsed(), process_time() - before);
    assert!(!report.fails(), "{}", report.human(&source));
    assert!(report.files > files, "{} files", report.files);
    assert_eq!(source.tests().count(), files);
    println!(
        "{files:>6} files, {:>7} lines: {:>9.0} lines/s ({:.2} s, {:.2} s of processor time)",
        report.lines,
        report.lines as f64 / took.as_secs_f64(),
        took.as_secs_f64(),
        worked.as_secs_f64(),
    );
    worked / u32::try_from(report.lines).unwrap()
}

#[test]
fn a_line_costs_the_same_among_many_and_among_few() {
    let [_, some, many] = [100, 1_000, 10_000].map(inspect);
    let ratio = many.as_secs_f64() / some.as_secs_f64();
    println!("a line costs {ratio:.2} times as much among 10,000 files as among 1,000");
    assert!(ratio < GROSS, "{ratio:.2}");
}

#[test]
fn the_whole_repository() {
    let (started, before) = (Instant::now(), process_time());
    let source = Source::workspace().unwrap();
    let settings = Settings::of_workspace(source.root()).unwrap();
    let report = Inspection::new(&source, &settings).run().unwrap();
    println!(
        "this repository, {} files, {} lines: {:.2} s, {:.2} s of processor time (promised: 2 s)",
        report.files,
        report.lines,
        started.elapsed().as_secs_f64(),
        (process_time() - before).as_secs_f64(),
    );
    assert!(!report.fails(), "{}", report.human(&source));
}
