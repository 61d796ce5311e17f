//! Reads what `perf script -F comm,pid,tid,time,ip,sym,dso` prints.
//!
//! A sample is a line that begins with the thread's name, and its frames, from
//! the innermost one, on indented lines: address, symbol, file in parentheses.
//! An empty line ends it. Names may hold anything, so lines are read from both
//! ends.

use std::io::BufRead;

use super::ProfileError;
use crate::lens::flame::readable;

/// A sample.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PerfSample {
    /// The thread's name.
    pub thread: String,
    /// The process.
    pub pid: u32,
    /// The thread.
    pub tid: u32,
    /// When, in seconds of the machine's clock.
    pub seconds: f64,
    /// The stack, innermost frame first.
    pub frames: Vec<PerfFrame>,
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PerfFrame {
    /// The function, demangled; `[file]` where it has no name, ending in `_[k]`
    /// in the kernel.
    pub function: String,
}

/// Reads all samples.
///
/// # Errors
///
/// [`ProfileError::Output`] names the line that is neither a sample nor a frame.
pub fn perf_script(input: impl BufRead) -> Result<Vec<PerfSample>, ProfileError> {
    let mut samples = Vec::new();
    let mut current: Option<PerfSample> = None;
    for (index, line) in input.split(b'\n').enumerate() {
        let line = line.map_err(|error| misread(error.to_string()))?;
        let line = String::from_utf8_lossy(&line);
        let bad = || misread(format!("line {}: `{line}`", index + 1));
        if line.trim().is_empty() {
            samples.extend(current.take());
        } else if line.starts_with(['\t', ' ']) && current.is_some() {
            let frame = frame(line.trim()).ok_or_else(bad)?;
            if let Some(sample) = &mut current {
                sample.frames.push(frame);
            }
        } else {
            samples.extend(current.take());
            current = Some(heading(line.trim()).ok_or_else(bad)?);
        }
    }
    samples.extend(current);
    Ok(samples)
}

fn misread(cause: String) -> ProfileError {
    ProfileError::Output {
        tool: "perf",
        cause,
    }
}

/// `name pid/tid seconds:`, and nothing but blanks behind.
fn heading(line: &str) -> Option<PerfSample> {
    let (rest, seconds) = line.trim_end().strip_suffix(':')?.rsplit_once(' ')?;
    let (thread, ids) = rest.trim_end().rsplit_once(' ')?;
    let (pid, tid) = ids.split_once('/')?;
    Some(PerfSample {
        thread: thread.trim_end().to_owned(),
        pid: pid.parse().unwrap_or(0), // -1 for a thread that was gone
        tid: tid.parse().unwrap_or(0),
        seconds: seconds.parse().ok()?,
        frames: Vec::new(),
    })
}

/// `address symbol (file)`.
fn frame(line: &str) -> Option<PerfFrame> {
    let (address, rest) = line.split_once(' ')?;
    u64::from_str_radix(address, 16).ok()?;
    let (symbol, file) = rest.rsplit_once(" (")?;
    let file = file.strip_suffix(')')?;
    let kernel = file.starts_with("[kernel") || file.ends_with(".ko") || file.contains("/kernel/");
    let file = file.rsplit('/').next().unwrap_or(file);
    let mut function = match symbol {
        "[unknown]" => format!("[{}]", file.trim_start_matches('[').trim_end_matches(']')),
        symbol => readable(symbol),
    };
    if kernel {
        function.push_str("_[k]");
    }
    Some(PerfFrame { function })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
tokio-runtime-w 18787/18790   935.437809: 
\t    55d0 _ZN4demo4work17h0123456789abcdefE (/srv/a dir/demo)
\t    5000 <a::B<(u8, u16)> as c::D>::e (/srv/a dir/demo)
\t    4000 [unknown] (/usr/lib/libc.so.6)
\tffff [unknown] ([unknown])

my (odd) name 7/7  1.5:
\tffffffff813a2293 schedule ([kernel.kallsyms])
";

    #[test]
    fn samples_have_threads_times_and_frames() {
        let samples = perf_script(PRINTED.as_bytes()).unwrap();
        assert_eq!(samples.len(), 2);
        let names = |sample: &PerfSample| -> Vec<String> {
            sample.frames.iter().map(|f| f.function.clone()).collect()
        };
        assert_eq!(
            names(&samples[0]),
            [
                "demo::work",
                "<a::B<(u8, u16)> as c::D>::e",
                "[libc.so.6]",
                "[unknown]"
            ]
        );
        assert_eq!((samples[0].pid, samples[0].tid), (18787, 18790));
        assert!((samples[0].seconds - 935.437_809).abs() < 1e-9);
        assert_eq!(samples[1].thread, "my (odd) name");
        assert_eq!(names(&samples[1]), ["schedule_[k]"]);
    }

    #[test]
    fn a_sample_without_frames_is_one() {
        let samples = perf_script(&b"a 1/2  3.0:\n\nb 1/3  4.0:\n"[..]).unwrap();
        assert_eq!(samples.len(), 2);
    }

    #[test]
    fn a_line_that_is_none_of_these_is_named() {
        let error = perf_script(&b"a 1/2  3.0:\n\tnonsense\n"[..]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read what perf wrote: line 2: `\tnonsense`"
        );
    }
}
