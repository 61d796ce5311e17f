//! How the reason of a skip reaches the user.
//!
//! nextest hides what a listing writes to stderr unless the listing fails, and
//! the text of `<skipped>` in JUnit is fixed. So the reason goes
//!
//! - to the stderr of nextest itself, where that is a terminal, a pipe or a
//!   file open for appending (Linux), else to the controlling terminal;
//! - into `<target>/nextest/shakedown/skipped/<binary>.<requirement>.txt`,
//!   which exists exactly as long as the last listing found the requirement
//!   unmet;
//! - into the file that `SHAKEDOWN_REQUIREMENTS` names, a line per requirement.
//!
//! None of them decides anything: a reason that cannot be written changes no
//! test's result.

use crate::{startup, whole_file};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Names the file that listings append `name<TAB>met|unmet<TAB>reason` to.
pub(super) const RECORD: &str = "SHAKEDOWN_REQUIREMENTS";

/// Appends the requirement's state to the file that [`RECORD`] names.
pub(super) fn record(name: &str, unmet: Option<&str>) {
    let Some(path) = std::env::var_os(RECORD) else {
        return;
    };
    let state = if unmet.is_some() { "unmet" } else { "met" };
    let line = format!("{name}\t{state}\t{}\n", unmet.unwrap_or_default());
    let written = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    if let Err(error) = written {
        let path = Path::new(&path).display();
        startup::refuse(
            &format!("error: cannot append to `{path}`, named by {RECORD}: {error}"),
            startup::USAGE,
        );
    }
}

/// Says that nextest will skip the tests of this binary.
pub(super) fn skipped(name: &str, binary: &str, reason: &str) {
    let text = format!(
        "shakedown: skips the tests of `{binary}`: requirement `{name}` is not met: {reason}\n\
         \x20          (SHAKEDOWN_REQUIRE={name} makes them fail instead)\n"
    );
    if let Some(mut terminal) = runner_stderr().or_else(terminal) {
        let _ = terminal.write_all(text.as_bytes());
    }
    let _ = io::stderr().write_all(text.as_bytes());
    if let Some(path) = note(name, binary) {
        let _ = whole_file::replace(&path, &text);
    }
}

/// Takes back what [`skipped`] left behind.
pub(super) fn not_skipped(name: &str, binary: &str) {
    if let Some(path) = note(name, binary) {
        let _ = std::fs::remove_file(path);
    }
}

/// Says that nothing of this binary runs, and ends the process.
pub(super) fn skip_all(name: &str, reason: &str) -> ! {
    let text = format!(
        "\nrequirement `{name}` is not met, 0 tests run: {reason}\n\
         (SHAKEDOWN_REQUIRE={name} makes this a failure)\n\n"
    );
    let _ = io::stdout().write_all(text.as_bytes());
    startup::leave(0)
}

/// Says that the tests of a module do not run.
pub(super) fn skip_module(name: &str, scope: &str, reason: &str) {
    let text = format!(
        "\nrequirement `{name}` is not met, the tests of `{scope}` are skipped: {reason}\n\
         (SHAKEDOWN_REQUIRE={name} makes this a failure)\n"
    );
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Adds lines to the answer to a listing.
pub(super) fn answer(lines: &str) {
    let mut out = io::stdout();
    if let Err(error) = out.write_all(lines.as_bytes()).and_then(|()| out.flush()) {
        startup::refuse(
            &format!("error: cannot list the tests: {error}"),
            startup::FAILED,
        );
    }
}

/// Says why a test fails before it began; `as_ignored` if it was listed so.
pub(super) fn failure(name: &str, reason: &str, named: Option<&str>, as_ignored: bool) -> String {
    let why = match (named, as_ignored) {
        (Some(named), _) => format!("asked for by `{named}`"),
        (None, true) => "the test was run although it was listed as ignored".into(),
        (None, false) => "the requirement was met when the tests were listed".into(),
    };
    format!(
        "error: requirement `{name}` is not met: {reason}\nhelp: {why}, so this is a failure, not a skip"
    )
}

/// The stderr of the process that lists the tests, if a line can be added to it
/// without damage.
#[cfg(target_os = "linux")]
fn runner_stderr() -> Option<File> {
    use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
    let runner = PathBuf::from(format!("/proc/{}", std::os::unix::process::parent_id()));
    let path = runner.join("fd/2");
    let kind = std::fs::metadata(&path).ok()?.file_type();
    // A file that is not open for appending is written at an offset of the
    // runner's own: what is added here would be overwritten.
    let appends = || {
        let about = std::fs::read_to_string(runner.join("fdinfo/2")).ok()?;
        let flags = about.lines().find_map(|line| line.strip_prefix("flags:"))?;
        let flags = i32::from_str_radix(flags.trim(), 8).ok()?;
        (flags & libc::O_APPEND != 0).then_some(())
    };
    if !(kind.is_fifo() || kind.is_char_device() || (kind.is_file() && appends().is_some())) {
        return None;
    }
    let flags = libc::O_NOCTTY | libc::O_NONBLOCK;
    let mut options = OpenOptions::new();
    options.append(true).custom_flags(flags).open(path).ok()
}

#[cfg(not(target_os = "linux"))]
fn runner_stderr() -> Option<File> {
    None
}

fn terminal() -> Option<File> {
    let path = if cfg!(windows) { "CONOUT$" } else { "/dev/tty" };
    OpenOptions::new().append(true).open(path).ok()
}

/// Where the reason of a skip is kept.
fn note(name: &str, binary: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let target = target_of(&program)?;
    let id = std::env::var("NEXTEST_BINARY_ID").unwrap_or_else(|_| binary.into());
    let id = id.replace("::", ".");
    Some(target.join(format!("nextest/shakedown/skipped/{id}.{name}.txt")))
}

/// What cargo leaves in a target directory: the tag only where it made the directory
/// itself, what it knows of the compiler always.
const MARKS: [&str; 2] = ["CACHEDIR.TAG", ".rustc_info.json"];

/// The target directory that `program` was built in, wherever it was put.
fn target_of(program: &Path) -> Option<&Path> {
    let marked = |directory: &&Path| MARKS.iter().any(|mark| directory.join(mark).is_file());
    program.ancestors().find(marked)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// nextest makes the directory itself where its profile writes JUnit, and cargo
    /// tags only what it made.
    #[test]
    fn the_target_directory_is_found_whether_cargo_or_nextest_made_it() {
        for mark in ["CACHEDIR.TAG", ".rustc_info.json"] {
            let target = tempfile::tempdir().expect("a directory");
            std::fs::write(target.path().join(mark), "").expect("a file");
            for built in ["debug/deps/a-1", "x86_64-unknown-linux-gnu/debug/deps/a-1"] {
                let program = target.path().join(built);
                assert_eq!(target_of(&program), Some(target.path()), "{mark} {built}");
            }
        }
        assert_eq!(target_of(Path::new("/nowhere/debug/deps/a-1")), None);
    }

    #[test]
    fn a_failure_says_why_it_is_no_skip() {
        let help = |named, as_ignored| {
            let text = failure("camera", "none at hand", named, as_ignored);
            let (error, help) = text.split_once("\nhelp: ").expect("two lines");
            assert_eq!(
                error,
                "error: requirement `camera` is not met: none at hand"
            );
            help.to_owned()
        };
        let asked = help(Some("--profile live"), true);
        assert!(
            asked.starts_with("asked for by `--profile live`,"),
            "{asked}"
        );
        let ignored = help(None, true);
        assert!(ignored.contains("listed as ignored"), "{ignored}");
        let changed = help(None, false);
        assert!(
            changed.starts_with("the requirement was met when"),
            "{changed}"
        );
    }
}
