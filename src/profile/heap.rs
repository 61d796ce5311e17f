//! Memory of a command: what it allocated, what it held at its peak, what it
//! still held when it ended.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::binary::whole_names;
use super::{Binary, Dhat, ProfileError, Tool, Watched, heaptrack, tool, wait};
use crate::lens::flame::{FlameGraph, Stacks, Unit};

/// What records allocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeapTool {
    /// heaptrack: nearly the program's own speed.
    Heaptrack,
    /// DHAT of valgrind: exact, and some fifty times slower.
    Dhat,
}

impl HeapTool {
    /// The better one of those that are here.
    ///
    /// # Errors
    ///
    /// [`ProfileError::NoTools`] when neither is.
    pub fn best() -> Result<Self, ProfileError> {
        [Self::Heaptrack, Self::Dhat]
            .into_iter()
            .find(|which| which.program().find().is_ok())
            .ok_or(ProfileError::NoTools {
                first: Tool::Heaptrack,
                second: Tool::Valgrind,
            })
    }

    fn program(self) -> Tool {
        match self {
            Self::Heaptrack => Tool::Heaptrack,
            Self::Dhat => Tool::Valgrind,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Heaptrack => "heaptrack",
            Self::Dhat => "dhat",
        }
    }
}

/// Of that many allocations one by Rust code is few: with an allocator of its own a
/// Rust program has none, and the C code that it links the others.
const FEW: u64 = 20;

/// What was recorded.
#[derive(Debug)]
#[non_exhaustive]
pub struct HeapProfile {
    /// The program.
    pub name: String,
    /// Bytes still in use at the end.
    pub leaked: Stacks,
    /// Bytes in use when most were.
    pub peak: Stacks,
    /// Bytes allocated, all in all; heaptrack does not say.
    pub bytes: Option<Stacks>,
    /// Allocations, all in all.
    pub blocks: Stacks,
    /// An allocator that the program brings along, which the tool cannot see.
    pub allocator: Option<&'static str>,
    /// Of the allocations, those that Rust code asked for, rather than C's.
    by_rust: u64,
    facts: Vec<(String, String)>,
}

/// What one function allocated, its callees in the standard library included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allocator {
    /// The function.
    pub function: String,
    /// Bytes still in use at the end.
    pub leaked: u64,
    /// Bytes in use at the peak.
    pub peak: u64,
    /// Allocations, all in all.
    pub blocks: u64,
}

impl HeapProfile {
    /// Runs `program` with `arguments` under `with` until it ends, `limit` is
    /// over or Ctrl-C comes, which it gets as SIGINT.
    ///
    /// # Errors
    ///
    /// See [`ProfileError`].
    pub fn record(
        with: HeapTool,
        program: &str,
        arguments: &[String],
        limit: Option<Duration>,
        watched: Watched<'_>,
    ) -> Result<Self, ProfileError> {
        let (path, directory) = tool::prepared(program)?;
        let out = directory.path().join("recorded");
        let mut command = command(with, &out)?;
        command.arg(&path).args(arguments);
        let started = Instant::now();
        let mut child = wait::start(&mut command)?;
        let ended = match with {
            HeapTool::Heaptrack => {
                let stop = &heaptrack::interrupt_program;
                let ended = wait::until_stopped(&mut child, limit, stop, watched);
                heaptrack::remove_pipe(child.id());
                ended
            }
            HeapTool::Dhat => wait::until(&mut child, limit, libc::SIGINT, watched),
        };
        let (status, _) = ended.map_err(|source| {
            let command = wait::shown(&command);
            ProfileError::Spawn { command, source }
        })?;
        let lasted = started.elapsed();
        let mut profile = match with {
            HeapTool::Heaptrack => Self::of_heaptrack(&out, &whole_names(&path))?,
            HeapTool::Dhat => Self::of_dhat(&out, &command, &status.to_string())?,
        };
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        profile.name = name.unwrap_or_default();
        profile.allocator = Binary::read(&path).ok().and_then(|binary| binary.allocator);
        let line = [&[program.to_owned()], arguments].concat().join(" ");
        profile.facts = vec![
            ("command".to_owned(), line),
            ("recorded by".to_owned(), with.name().to_owned()),
            (
                "lasted".to_owned(),
                format!("{:.1} s", lasted.as_secs_f64()),
            ),
            ("it ended with".to_owned(), status.to_string()),
        ];
        Ok(profile)
    }

    fn of_heaptrack(out: &Path, names: &HashMap<String, String>) -> Result<Self, ProfileError> {
        let recording = heaptrack::recording(out)?;
        let (blocks, by_rust) = heaptrack::stacks(&recording, "allocations", names)?;
        Ok(Self {
            name: String::new(),
            leaked: heaptrack::stacks(&recording, "leaked", names)?.0,
            peak: heaptrack::stacks(&recording, "peak", names)?.0,
            bytes: None,
            blocks,
            allocator: None,
            by_rust,
            facts: Vec::new(),
        })
    }

    fn of_dhat(out: &PathBuf, command: &Command, status: &str) -> Result<Self, ProfileError> {
        let Ok(json) = fs::read(out) else {
            return Err(ProfileError::Failed {
                command: wait::shown(command),
                status: status.to_owned(),
                text: String::new(),
            });
        };
        let found = Dhat::parse(&json)?;
        Ok(Self {
            name: String::new(),
            leaked: found.leaked,
            peak: found.peak,
            bytes: Some(found.bytes),
            blocks: found.blocks,
            allocator: None,
            by_rust: found.by_rust,
            facts: Vec::new(),
        })
    }

    /// Who allocated, the biggest leak first, then the biggest peak.
    #[must_use]
    pub fn allocators(&self) -> Vec<Allocator> {
        let mut found: HashMap<&str, Allocator> = HashMap::new();
        for (frames, weight) in self.leaked.iter() {
            found.entry(site(frames)).or_default().leaked += weight;
        }
        for (frames, weight) in self.peak.iter() {
            found.entry(site(frames)).or_default().peak += weight;
        }
        for (frames, weight) in self.blocks.iter() {
            found.entry(site(frames)).or_default().blocks += weight;
        }
        let mut all: Vec<Allocator> = found
            .into_iter()
            .map(|(function, counts)| Allocator {
                function: function.to_owned(),
                ..counts
            })
            .collect();
        let weight = |of: &Allocator| (of.leaked, of.peak, of.blocks);
        all.sort_by(|a, b| weight(b).cmp(&weight(a)).then(a.function.cmp(&b.function)));
        all
    }

    /// What is wrong with this recording as a whole, and what to do about it. That a
    /// program carries an allocator does not say that it uses it: the few allocations
    /// of Rust code that were seen do.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let allocator = self.allocator?;
        if self.by_rust.saturating_mul(FEW) > self.blocks.total() {
            return None;
        }
        Some(format!(
            "`{}` brings its own allocator, {allocator}: what goes through that is not seen here \
             ({} were). If the program has a switch, run it with the system's allocator; \
             otherwise build it without `#[global_allocator]`.",
            self.name,
            Unit::Blocks.amount(self.blocks.total())
        ))
    }

    /// The flame graphs.
    pub fn graph(&self) -> FlameGraph {
        let title = format!(
            "{}: {} at the peak, {} still in use at exit",
            self.name,
            Unit::Bytes.amount(self.peak.total()),
            Unit::Bytes.amount(self.leaked.total())
        );
        let mut graph = FlameGraph::new(title);
        for (name, value) in &self.facts {
            graph = graph.fact(name, value);
        }
        let blocks = Unit::Blocks.amount(self.blocks.total());
        graph = graph.fact("allocations", blocks);
        if let Some(bytes) = &self.bytes {
            graph = graph.fact("bytes allocated", Unit::Bytes.amount(bytes.total()));
        }
        if let Some(warning) = self.warning() {
            graph = graph.note(warning);
        }
        graph = graph
            .note(
                "What is still in use at exit is not always a leak: what lives as long as the \
                 program (caches, thread names, a runtime) is in it.",
            )
            .note(
                "Only `malloc` and its like are seen, not memory mapped from files or the kernel.",
            )
            .view("in use at exit", Unit::Bytes, self.leaked.clone())
            .view("at the peak", Unit::Bytes, self.peak.clone());
        if let Some(bytes) = &self.bytes {
            graph = graph.view("all bytes", Unit::Bytes, bytes.clone());
        }
        graph.view("all allocations", Unit::Blocks, self.blocks.clone())
    }
}

/// The innermost function that is neither an allocator nor the standard
/// library's: who asked for the memory.
fn site(frames: &[String]) -> &str {
    let own = frames.iter().rev().find(|frame| {
        let start = frame.trim_start_matches(['<', '&', '*']);
        let of_std = ["alloc::", "core::", "std::", "__rust", "hashbrown::"];
        // An inlined function may have no path but that of its types.
        let has_path = frame.starts_with('<')
            || frame
                .split('<')
                .next()
                .is_some_and(|path| path.contains("::"));
        has_path && !of_std.iter().any(|of| start.starts_with(of))
    });
    own.or(frames.last()).map_or("[unknown]", String::as_str)
}

/// The command line of `with`, up to the program.
fn command(with: HeapTool, out: &Path) -> Result<Command, ProfileError> {
    let mut command = Command::new(with.program().find()?);
    match with {
        HeapTool::Heaptrack => {
            if heaptrack::opens_its_window() {
                command.arg("--record-only");
            }
            command.arg("-o").arg(out)
        }
        HeapTool::Dhat => {
            let mut file = std::ffi::OsString::from("--dhat-out-file=");
            file.push(out);
            command
                .args(["--tool=dhat", "-q", "--num-callers=60"])
                .arg(file)
        }
    };
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(allocator: Option<&'static str>) -> HeapProfile {
        let leaked = Stacks::parse("main;demo::leak;alloc::vec::Vec::push;malloc 4096\n").unwrap();
        let blocks = Stacks::parse(
            "main;demo::leak;alloc::vec::Vec::push;malloc 1\nmain;demo::busy;grow<alloc::alloc::Global>;malloc 90\n\
             main;<alloc::string::String as core::clone::Clone>::clone;malloc 2\n",
        );
        HeapProfile {
            name: "demo".to_owned(),
            peak: leaked.clone(),
            leaked,
            bytes: None,
            blocks: blocks.unwrap(),
            allocator,
            by_rust: 93,
            facts: Vec::new(),
        }
    }

    #[test]
    fn memory_is_charged_to_who_asked_and_not_to_the_library() {
        let all = profile(None).allocators();
        let shown: Vec<_> = all
            .iter()
            .map(|of| (of.function.as_str(), of.leaked, of.blocks))
            .collect();
        assert_eq!(
            shown,
            [
                ("demo::leak", 4_096, 1),
                ("demo::busy", 0, 90),
                ("malloc", 0, 2)
            ]
        );
    }

    #[test]
    fn an_allocator_of_its_own_is_said_on_the_page() {
        let mut hidden = profile(Some("mimalloc"));
        hidden.by_rust = 0;
        let page = hidden.graph().html();
        assert!(
            page.contains("brings its own allocator, mimalloc"),
            "{page}"
        );
        assert!(profile(None).warning().is_none());
    }

    #[test]
    fn an_allocator_that_is_carried_and_not_used_is_none() {
        let mut carried = profile(Some("mimalloc"));
        assert_eq!(carried.blocks.total(), 93);
        carried.by_rust = 5;
        assert_eq!(carried.warning(), None);
        carried.by_rust = 4;
        assert!(carried.warning().is_some(), "4 of 93 are few");
    }
}
