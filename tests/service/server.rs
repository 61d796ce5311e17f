//! decnet as a child process: the release binary on a SQLite file of its own,
//! tracing off, a free port; alone, or under a tool that looks at it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use shakedown::fixtures::{Scratch, scratch};
use shakedown::process::{Cores, Process, Ready};
use shakedown::{Failure, Result};

/// 32 bytes or more, as decnet demands outside developer mode; one for all
/// starts, so that a token outlives a restart.
const JWT_SECRET: &str = "a secret for tests only, never for a deployment";
pub(crate) const ADMIN_PASSWORD: &str = "correct horse battery staple";

/// A running decnet. Killed, with all it started, when dropped.
#[derive(Debug)]
pub(crate) struct DecnetServer {
    process: Process,
    /// Of decnet itself.
    pid: u32,
    url: String,
    // Dropped last: the database outlives the process that writes it.
    _scratch: Scratch,
}

impl DecnetServer {
    /// Starts decnet with its defaults.
    ///
    /// # Errors
    ///
    /// If it cannot be built or does not listen in time; with its log's tail.
    pub(crate) fn start() -> Result<Self> {
        Self::builder().start()
    }

    /// A server to be configured.
    pub(crate) fn builder() -> DecnetBuilder {
        DecnetBuilder::default()
    }

    /// `http://127.0.0.1:<port>`, without a trailing slash.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The process id of decnet itself.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// The process, or that of the tool it runs under, to signal it or read its log.
    pub(crate) fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// A bearer token of the administrator.
    ///
    /// # Errors
    ///
    /// If the login is refused.
    pub(crate) async fn token(&self) -> Result<String> {
        let answer = reqwest::Client::new()
            .post(format!("{}/api/v1/auth/login", self.url))
            .json(&serde_json::json!({"username": "admin", "password": ADMIN_PASSWORD}))
            .send()
            .await?
            .error_for_status()?;
        let body: serde_json::Value = answer.json().await?;
        let token = body["access_token"].as_str();
        Ok(token
            .ok_or_else(|| Failure::new(format!("no access_token in {body}")))?
            .to_owned())
    }
}

/// How decnet is to be started.
#[derive(Debug, Default)]
pub(crate) struct DecnetBuilder {
    workers: Option<usize>,
    database: Option<PathBuf>,
    cores: Option<Cores>,
    environment: Vec<(String, String)>,
    binary: Option<PathBuf>,
    tool: Option<Tool>,
}

/// A tool that decnet runs under.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    /// Its command line, up to decnet's.
    line: Vec<String>,
    /// Whether decnet runs inside it, and has no process of its own.
    simulates: bool,
}

/// How long decnet may take until it listens under a tool.
const UNDER_A_TOOL: Duration = Duration::from_secs(60);

impl Tool {
    /// Starts decnet as a process below it.
    pub(crate) fn starts(line: &[&str]) -> Self {
        Self {
            line: line.iter().map(|word| (*word).to_owned()).collect(),
            simulates: false,
        }
    }

    /// Runs decnet on a processor that it simulates, as valgrind does.
    pub(crate) fn simulates(line: &[&str]) -> Self {
        Self {
            simulates: true,
            ..Self::starts(line)
        }
    }
}

impl DecnetBuilder {
    /// Tokio worker threads; decnet's own default otherwise.
    pub(crate) fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// A database that outlives this server; a fresh one otherwise.
    pub(crate) fn database(mut self, path: &Path) -> Self {
        self.database = Some(path.to_owned());
        self
    }

    /// The cores it may use; all otherwise.
    pub(crate) fn cores(mut self, cores: Cores) -> Self {
        self.cores = Some(cores);
        self
    }

    /// Another binary than the one that is built here.
    pub(crate) fn binary(mut self, binary: &Path) -> Self {
        self.binary = Some(binary.to_owned());
        self
    }

    /// Under a tool that looks at it.
    pub(crate) fn under(mut self, tool: Tool) -> Self {
        self.tool = Some(tool);
        self
    }

    /// A variable of decnet's environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Builds decnet if need be, starts it and waits until it listens.
    ///
    /// # Errors
    ///
    /// If it cannot be built or does not listen in time; with its log's tail.
    pub(crate) fn start(self) -> Result<DecnetServer> {
        let scratch = scratch();
        let database = self
            .database
            .unwrap_or_else(|| scratch.path().join("decnet.db"));
        let program = match self.binary {
            Some(program) => program,
            None => binary()?,
        };
        let line = self.tool.iter().flat_map(|tool| &tool.line).cloned();
        let line: Vec<String> = line.chain([program.display().to_string()]).collect();
        let mut builder = Process::builder(&line[0])
            .name("decnet")
            .args(&line[1..])
            .args(["api", "--host", "127.0.0.1", "--port", "0"])
            .env("DECNET_JWT_SECRET", JWT_SECRET)
            .env("DECNET_ADMIN_PASSWORD", ADMIN_PASSWORD);
        // The flag names a SQLite file and would overrule the variable.
        if !self
            .environment
            .iter()
            .any(|(name, _)| name == "DECNET_DB_URL")
        {
            builder = builder.arg("--db").arg(database);
        }
        if let Some(cores) = self.cores {
            builder = builder.cores(cores);
        }
        if let Some(workers) = self.workers {
            builder = builder.args(["--workers", &workers.to_string()]);
        }
        for (name, value) in self.environment {
            builder = builder.env(name, value);
        }
        if self.tool.is_some() {
            builder = builder.ready_timeout(UNDER_A_TOOL);
        }
        let process = builder.ready(Ready::line("listening on ")).start()?;
        let pid = match self.tool {
            Some(Tool {
                simulates: false, ..
            }) => below(process.pid(), &program)?,
            _ => process.pid(),
        };
        let url = process
            .ready_text()
            .ok_or_else(|| Failure::new("decnet said it listens, but not where"))?
            .trim()
            .to_owned();
        Ok(DecnetServer {
            process,
            pid,
            url,
            _scratch: scratch,
        })
    }
}

/// The process below `root` that runs `program`.
fn below(root: u32, program: &Path) -> Result<u32> {
    let program = program.canonicalize()?;
    let processes = std::fs::read_dir("/proc")?.flatten();
    let parents: Vec<(u32, u32)> = processes
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // Behind the name, which may hold anything: state, parent, ..
            let parent = stat.rsplit(')').next()?.split_whitespace().nth(1)?;
            Some((pid, parent.parse().ok()?))
        })
        .collect();
    let mut family = vec![root];
    for at in 0.. {
        let Some(&pid) = family.get(at) else { break };
        let runs = std::fs::read_link(format!("/proc/{pid}/exe"));
        if runs.is_ok_and(|runs| runs == program) {
            return Ok(pid);
        }
        let children = parents.iter().filter(|(_, parent)| *parent == pid);
        family.extend(children.map(|(child, _)| *child));
    }
    Err(Failure::new(format!(
        "no process below {root} runs `{}`",
        program.display()
    )))
}

/// The release binary of decnet, built if it is missing or stale; looked at once
/// a process.
///
/// Under nextest the setup script has built it; under `cargo test` or a debugger
/// this builds.
pub(crate) fn binary() -> Result<PathBuf> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    if let Some(built) = BUILT.get() {
        return Ok(built.clone());
    }
    let built = build()?;
    Ok(BUILT.get_or_init(|| built).clone())
}

fn build() -> Result<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .ok_or_else(|| Failure::new("the target directory has no parent"))?;
    let binary = target.join("release").join("decnet");
    // A cargo per test process would wait for every other cargo's lock; and a phase
    // measures what `cargo shakedown bench` has built, whatever was edited since.
    let runners = ["NEXTEST_RUN_ID", shakedown::workbook::INTO];
    let built = runners.iter().any(|name| std::env::var_os(name).is_some());
    if built && binary.exists() {
        return Ok(binary);
    }
    let built = Command::new("cargo")
        .args(["build", "--release", "--locked", "-p", "decnet"])
        .args(["--features", "tracing-otel,profile-requests"])
        .arg("--target-dir")
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .output()?;
    if !built.status.success() {
        let log = String::from_utf8_lossy(&built.stderr).into_owned();
        return Err(Failure::new(format!("decnet does not build:\n{log}")));
    }
    Ok(binary)
}

#[tokio::test]
async fn decnet_starts_lets_the_administrator_in_and_stops_on_sigterm() -> Result {
    let scratch = scratch();
    let database = scratch.path().join("kept.db");
    let mut server = DecnetServer::builder()
        .binary(&binary()?)
        .workers(1)
        .cores(Cores::available()?)
        .env("DECNET_SQLITE_SYNCHRONOUS", "normal")
        .database(&database)
        .start()?;
    assert!(!server.token().await?.is_empty());
    assert!(Path::new("/proc").join(server.pid().to_string()).exists());
    let status = server.process().terminate(Duration::from_secs(5))?;
    assert!(
        status.success(),
        "{status}\n{}",
        server.process().log_tail(20)
    );
    assert!(database.exists());
    drop(DecnetServer::start()?);
    // `env` becomes decnet, a shell starts it: either way its pid is decnet's own.
    let shell = ["sh", "-c", "\"$@\"; exit", "sh"];
    for tool in [Tool::simulates(&["env"]), Tool::starts(&shell)] {
        let server = DecnetServer::builder().under(tool).start()?;
        let runs = std::fs::read_link(format!("/proc/{}/exe", server.pid()))?;
        assert_eq!(runs, binary()?.canonicalize()?);
    }
    Ok(())
}
