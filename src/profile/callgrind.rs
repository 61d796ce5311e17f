//! Reads callgrind's files: what each function cost itself, and in calls.
//!
//! The format holds a call graph, not stacks: who called whom and what those
//! calls cost. Where a function has several callers, what its own callees cost
//! is shared out between them in proportion; sums are exact, such splits are not.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::process::Command;
use std::time::Duration;

use super::{ProfileError, Tool, Watched, tool, wait};
use crate::lens::flame::{FlameGraph, Stacks, Unit, readable};

/// What a command executed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Callgrind {
    /// The program.
    pub name: String,
    /// The whole command.
    pub line: String,
    /// Instructions, by stack.
    pub stacks: Stacks,
}

/// Runs `program` under callgrind until it ends, `limit` is over or Ctrl-C comes.
///
/// # Errors
///
/// See [`ProfileError`].
pub fn callgrind(
    program: &str,
    arguments: &[String],
    limit: Option<Duration>,
    watched: Watched<'_>,
) -> Result<Callgrind, ProfileError> {
    let (path, directory) = tool::prepared(program)?;
    let out = directory.path().join("counted");
    let mut file = OsString::from("--callgrind-out-file=");
    file.push(&out);
    let mut command = Command::new(Tool::Valgrind.find()?);
    command
        .args(["--tool=callgrind", "-q"])
        .arg(file)
        .arg(&path)
        .args(arguments);
    let mut child = wait::start(&mut command)?;
    let ended = wait::until(&mut child, limit, libc::SIGINT, watched);
    let (status, _) = ended.map_err(|source| ProfileError::Spawn {
        command: wait::shown(&command),
        source,
    })?;
    let Ok(text) = fs::read(&out) else {
        return Err(ProfileError::Failed {
            command: wait::shown(&command),
            status: status.to_string(),
            text: String::new(),
        });
    };
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    Ok(Callgrind {
        name: name.unwrap_or_default(),
        line: [&[program.to_owned()], arguments].concat().join(" "),
        stacks: callgrind_stacks(&String::from_utf8_lossy(&text))?,
    })
}

impl Callgrind {
    /// The flame graph.
    pub fn graph(&self) -> FlameGraph {
        let counted = Unit::Instructions.amount(self.stacks.total());
        FlameGraph::new(format!("{}: {counted}", self.name))
            .fact("command", self.line.clone())
            .fact("counted by", "callgrind")
            .note("Instructions are not time: a wait, a cache miss and the kernel cost none.")
            .note(
                "Each function's sum is exact. Where it has several callers, what it cost is \
                 shared out between them in proportion.",
            )
            .view("instructions", Unit::Instructions, self.stacks.clone())
    }
}

/// What stands in a file of callgrind and was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallgrindError {
    /// Which line, counted from 1.
    pub line: usize,
    /// What stands there.
    pub text: String,
}

impl fmt::Display for CallgrindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: `{}`", self.line, self.text)
    }
}

impl std::error::Error for CallgrindError {}

#[derive(Default)]
struct Function {
    own: u64,
    /// Callee and what the calls cost.
    calls: HashMap<usize, u64>,
    called: bool,
}

#[derive(Default)]
struct Graph {
    names: Vec<String>,
    by_name: HashMap<String, usize>,
    /// Names that the file shortens to numbers.
    short: HashMap<String, String>,
    functions: Vec<Function>,
}

impl Graph {
    fn function(&mut self, text: &str) -> usize {
        let name = match text.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            Some((id, "")) => self
                .short
                .get(id)
                .cloned()
                .unwrap_or_else(|| text.to_owned()),
            Some((id, name)) => {
                let name = name.trim().to_owned();
                self.short.insert(id.to_owned(), name.clone());
                name
            }
            None => text.to_owned(),
        };
        let next = self.names.len();
        let index = *self.by_name.entry(name.clone()).or_insert(next);
        if index == next {
            self.names.push(readable(&name));
            self.functions.push(Function::default());
        }
        index
    }

    fn inclusive(&self, function: usize) -> u64 {
        let of = &self.functions[function];
        of.own + of.calls.values().sum::<u64>()
    }
}

/// The stacks of a file of callgrind, weighted with its first event,
/// instructions.
///
/// # Errors
///
/// A line that belongs to a function and holds no cost.
pub fn callgrind_stacks(text: &str) -> Result<Stacks, CallgrindError> {
    let graph = parse(text)?;
    let total: u64 = graph.functions.iter().map(|of| of.own).sum();
    let mut stacks = Stacks::new();
    let mut roots: Vec<usize> = (0..graph.functions.len())
        .filter(|index| !graph.functions[*index].called)
        .collect();
    roots.sort_by_key(|root| std::cmp::Reverse(graph.inclusive(*root)));
    for root in roots {
        let weight = graph.inclusive(root);
        unfold(&graph, root, weight, total, &mut Vec::new(), &mut stacks);
    }
    Ok(stacks)
}

/// Parts smaller than this of the whole are not followed further.
const SMALLEST: u64 = 4_000;
const DEEPEST: usize = 200;

fn unfold(
    graph: &Graph,
    function: usize,
    weight: u64,
    total: u64,
    path: &mut Vec<usize>,
    stacks: &mut Stacks,
) {
    path.push(function);
    let inclusive = graph.inclusive(function).max(1);
    let part = |cost: u64| {
        let share = u128::from(cost) * u128::from(weight) / u128::from(inclusive);
        u64::try_from(share).unwrap_or(u64::MAX)
    };
    let mut own = weight;
    for (callee, cost) in &graph.functions[function].calls {
        let cost = part(*cost);
        // A recursion stays with the function: it is there already.
        if cost > total / SMALLEST && path.len() < DEEPEST && !path.contains(callee) {
            own = own.saturating_sub(cost);
            unfold(graph, *callee, cost, total, path, stacks);
        }
    }
    stacks.add(path.iter().map(|at| graph.names[*at].as_str()), own);
    path.pop();
}

fn parse(text: &str) -> Result<Graph, CallgrindError> {
    let mut graph = Graph::default();
    let mut current = None;
    let mut callee = None;
    let mut called = false;
    for (index, line) in text.lines().enumerate() {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        match key {
            "fn" => current = Some(graph.function(value)),
            "cfn" => callee = Some(graph.function(value)),
            "calls" => called = true,
            "fl" | "fi" | "fe" | "ob" | "cob" | "cfi" | "cfl" => {}
            _ => {
                let costs = line.starts_with(|c: char| c.is_ascii_digit() || "+-*".contains(c));
                let (Some(of), true) = (current, costs) else {
                    continue; // the heading, or the sums at the end
                };
                let cost = line.split(' ').nth(1).unwrap_or("0").parse();
                let cost: u64 = cost.map_err(|_| CallgrindError {
                    line: index + 1,
                    text: line.to_owned(),
                })?;
                match callee.take().filter(|_| called) {
                    Some(callee) => {
                        *graph.functions[of].calls.entry(callee).or_default() += cost;
                        graph.functions[callee].called |= callee != of;
                    }
                    None => graph.functions[of].own += cost,
                }
                called = false;
            }
        }
    }
    Ok(graph)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# callgrind format
version: 1
positions: line
events: Ir
summary: 100

ob=(1) /srv/demo
fl=(1) demo.rs
fn=(1) main
1 10
cfn=(2) _ZN4demo4work17h0123456789abcdefE
calls=3 20
+1 60
cfn=(3) demo::other
calls=1 30
* 30

fn=(2)
20 40
cfi=(2) lib.rs
cfn=(4) memcpy
calls=9 1
+2 20

fn=(3)
30 20
cfn=(4)
calls=1 1
31 10

fn=(4)
1 30

totals: 100
";

    #[test]
    fn costs_are_shared_out_between_callers() {
        let stacks = callgrind_stacks(FILE).unwrap();
        assert_eq!(
            stacks.to_string(),
            "main 10\nmain;demo::other 20\nmain;demo::other;memcpy 10\n\
             main;demo::work 40\nmain;demo::work;memcpy 20\n"
        );
    }

    #[test]
    fn a_recursion_ends() {
        let file = "fn=(1) a\n1 5\ncfn=(2) b\ncalls=1 1\n1 10\nfn=(2)\n1 5\ncfn=(1)\ncalls=1 1\n1 5\n\
                    fn=(3) main\n1 1\ncfn=(1)\ncalls=1 1\n1 15\n";
        let stacks = callgrind_stacks(file).unwrap();
        assert_eq!(stacks.total(), 16, "{stacks}");
    }

    #[test]
    fn a_cost_that_is_no_number_is_named() {
        let error = callgrind_stacks("fn=(1) a\n1 many\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2: `1 many`");
    }
}
