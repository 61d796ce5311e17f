//! Turns addresses into functions, files and lines, and writes them to stderr.
//!
//! Shown are the frames from the innermost to the outermost one of the user's
//! code; what comes before it (libtest, the thread's start) tells nothing.

use super::collection::{Collected, Thread, root};
use std::fmt::Write as _;
use std::path::Path;

/// Writes the stacks to stderr, thread by thread.
pub(super) fn print(collected: &Collected) {
    write(
        "\n=== ended by SIGTERM: a time limit, or the run was cancelled; stacks of all threads ===\n",
    );
    for thread in &collected.threads {
        print_thread(thread);
    }
    if collected.omitted > 0 {
        write(&format!("--- and {} more threads\n", collected.omitted));
    }
    write("=== end of stacks ===\n");
}

/// Writes the stack of one thread to stderr.
pub(super) fn print_thread(thread: &Thread) {
    write(&describe(thread, root()));
}

/// Writes to the file descriptor itself: the lock of `std::io::stderr` may be
/// held by the thread that hangs.
fn write(text: &str) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        // SAFETY: the pointer and the length are those of a live slice.
        let written = unsafe { libc::write(libc::STDERR_FILENO, rest.as_ptr().cast(), rest.len()) };
        match usize::try_from(written) {
            Ok(written) if written > 0 => rest = &rest[written..],
            _ => return,
        }
    }
}

/// One function on a stack; inlined ones have their own.
#[derive(Debug, Clone)]
struct Frame {
    function: String,
    /// `file:line`, for code of the user.
    place: Option<String>,
}

fn describe(thread: &Thread, root: &Path) -> String {
    let mut text = format!("--- thread `{}` ({})\n", thread.name, thread.id);
    let Some(addresses) = &thread.frames else {
        text += "    did not answer: it ended meanwhile or blocks all signals\n";
        return text;
    };
    for line in lines(&symbolise(addresses, root)) {
        let _ = writeln!(text, "    {line}");
    }
    text
}

fn symbolise(addresses: &[usize], root: &Path) -> Vec<Frame> {
    let mut frames = Vec::new();
    for (depth, address) in addresses.iter().enumerate() {
        // Return addresses point behind the call, the innermost one at the
        // interrupted instruction itself; `resolve` expects the former.
        let address = if depth == 0 { address + 1 } else { *address };
        let before = frames.len();
        backtrace::resolve(address as *mut _, |symbol| {
            let function = symbol
                .name()
                .map_or_else(|| format!("{address:#x}"), |name| format!("{name:#}"));
            let place = symbol.filename().zip(symbol.lineno());
            let place = place.and_then(|(file, line)| place_of(file, line, root));
            frames.push(Frame { function, place });
        });
        if frames.len() == before {
            frames.push(Frame {
                function: format!("{address:#x}"),
                place: None,
            });
        }
    }
    frames
}

/// `file:line` relative to the workspace; none for the standard library and for
/// dependencies.
fn place_of(file: &Path, line: u32, root: &Path) -> Option<String> {
    let text = file.to_string_lossy();
    // The C library names its sources relative to a directory nobody has.
    let foreign = ["/rustc/", "./", "../"]
        .iter()
        .any(|start| text.starts_with(start))
        || text.contains("/registry/src/");
    let file = file.strip_prefix(root).unwrap_or(file);
    (!foreign).then(|| format!("{}:{line}", file.display()))
}

/// The frames worth showing, a function and its place a line.
fn lines(frames: &[Frame]) -> Vec<String> {
    let harness = frames
        .iter()
        .position(|frame| frame.function.starts_with("test::"));
    let inner = &frames[..harness.unwrap_or(frames.len())];
    let shown = match inner.iter().rposition(|frame| frame.place.is_some()) {
        Some(outermost) => &inner[..=outermost],
        None if harness.is_some() => return vec!["waits in libtest for the tests".into()],
        None => inner,
    };
    let line = |frame: &Frame| match &frame.place {
        Some(place) => format!("{}\n        at {place}", frame.function),
        None => frame.function.clone(),
    };
    shown.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(list: &[(&str, Option<&str>)]) -> Vec<Frame> {
        let frame = |(function, place): &(&str, Option<&str>)| Frame {
            function: (*function).into(),
            place: place.map(Into::into),
        };
        list.iter().map(frame).collect()
    }

    #[test]
    fn shows_from_where_it_blocks_to_the_outermost_own_function() {
        let stack = frames(&[
            ("__futex_wait", None),
            ("std::thread::JoinHandle<T>::join", None),
            ("app::stop", Some("src/app.rs:4")),
            ("core::ops::function::FnOnce::call_once", None),
            ("test::run_test", None),
            ("app::main", Some("src/main.rs:1")),
        ]);
        assert_eq!(
            lines(&stack),
            [
                "__futex_wait",
                "std::thread::JoinHandle<T>::join",
                "app::stop\n        at src/app.rs:4",
            ]
        );
    }

    #[test]
    fn a_thread_that_only_waits_for_tests_is_one_line() {
        let stack = frames(&[
            ("__futex_wait", None),
            ("test::run_tests", None),
            ("app::main", Some("src/main.rs:1")),
        ]);
        assert_eq!(lines(&stack), ["waits in libtest for the tests"]);
    }

    #[test]
    fn places_are_relative_and_only_of_own_code() {
        let place = |file: &str| place_of(Path::new(file), 7, Path::new("/home/me/app"));
        assert_eq!(
            place("/home/me/app/src/a.rs").as_deref(),
            Some("src/a.rs:7")
        );
        assert_eq!(
            place("/elsewhere/b.rs").as_deref(),
            Some("/elsewhere/b.rs:7")
        );
        assert_eq!(place("/rustc/abc/library/std/src/c.rs"), None);
        assert_eq!(place("/home/me/.cargo/registry/src/x/d.rs"), None);
        assert_eq!(place("./nptl/pthread_join_common.c"), None);
    }
}
