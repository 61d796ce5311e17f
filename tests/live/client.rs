//! Real clients: found, run with a limit on their time, and missed aloud.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use shakedown::{Failure, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

/// Longest time that a client may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A client program that is installed.
#[derive(Debug)]
pub(crate) struct Client {
    program: PathBuf,
    environment: Vec<(String, String)>,
}

impl Client {
    /// The client `program`.
    ///
    /// # Errors
    ///
    /// It is missing.
    pub(crate) fn find(program: &str) -> Result<Self> {
        let program = locate(program).ok_or_else(|| {
            let message = format!("`{program}` is missing; `make live-tools` installs it");
            Failure::new(message)
        })?;
        Ok(Self {
            program,
            environment: Vec::new(),
        })
    }

    /// Adds a variable to its environment.
    pub(crate) fn env(mut self, name: &str, value: &Path) -> Self {
        let value = value.to_string_lossy().into_owned();
        self.environment.push((name.to_owned(), value));
        self
    }

    /// Runs it with `arguments`, types `input`, and answers all it printed.
    ///
    /// # Errors
    ///
    /// It does not start, or does not end in time.
    pub(crate) async fn run(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut child = self.command(arguments).spawn()?;
        let mut stdin = child.stdin.take().ok_or_else(|| Failure::new("no stdin"))?;
        // A client that ends before it has read everything is no error.
        drop(stdin.write_all(input.as_bytes()).await);
        drop(stdin);
        let ended = timeout(LIMIT, child.wait_with_output()).await;
        let output = ended.map_err(|_| self.late())??;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok(text)
    }

    /// Runs it with `arguments` and answers its prompts: each pair is a text to
    /// wait for and what to type then. Ends it afterwards.
    ///
    /// # Errors
    ///
    /// It does not start, or a prompt does not come in time.
    pub(crate) async fn converse(
        &self,
        arguments: &[&str],
        turns: &[(&str, &str)],
    ) -> Result<String> {
        let mut child = self.command(arguments).spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut pipes = stdin.zip(stdout).ok_or_else(|| Failure::new("no pipes"))?;
        let mut printed = Vec::new();
        let mut from = 0;
        for (prompt, answer) in turns {
            let awaited = async {
                loop {
                    let text = String::from_utf8_lossy(&printed[from..]).into_owned();
                    if text.contains(prompt) {
                        return Result::Ok(());
                    }
                    if pipes.1.read_buf(&mut printed).await? == 0 {
                        return Err(Failure::new(format!("no `{prompt}` in {text:?}")));
                    }
                }
            };
            timeout(LIMIT, awaited).await.map_err(|_| self.late())??;
            from = printed.len();
            pipes.0.write_all(answer.as_bytes()).await?;
            pipes.0.flush().await?;
        }
        child.kill().await?;
        Ok(String::from_utf8_lossy(&printed).into_owned())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("LC_ALL", "C")
            .env_remove("DISPLAY")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    fn late(&self) -> Failure {
        Failure::new(format!(
            "`{}` took longer than {LIMIT:?}",
            self.program.display()
        ))
    }
}

/// The programs that attack the decoys.
const CLIENTS: [&str; 9] = [
    "curl",
    "ssh",
    "tnftp",
    "lftp",
    "telnet",
    "smbclient",
    "xfreerdp",
    "Xvfb",
    "nmap",
];

/// Which clients are missing, if any are.
pub(crate) fn all_here() -> Result<(), String> {
    let missing: Vec<_> = CLIENTS
        .into_iter()
        .filter(|client| locate(client).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join("`, `");
    Err(format!(
        "`{missing}` missing; `make live-tools` installs them"
    ))
}

fn locate(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|candidate| candidate.is_file())
}
