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
    /// The client `program`, or nothing when it is missing.
    ///
    /// Missing, it is an error where the live tier was asked for by name; else
    /// that is said on the terminal and in
    /// `target/nextest/shakedown/skipped/live.<program>.txt`, and the caller
    /// returns.
    ///
    /// # Errors
    ///
    /// It is missing and was asked for.
    pub(crate) fn find(program: &str) -> Result<Option<Self>> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .map(|directory| directory.join(program))
            .find(|candidate| candidate.is_file());
        let note = note(program);
        if let Some(program) = found {
            drop(std::fs::remove_file(note));
            return Ok(Some(Self {
                program,
                environment: Vec::new(),
            }));
        }
        if asked_for(program) {
            let message = format!("`{program}` is missing; `make live-tools` installs it");
            return Err(Failure::new(message));
        }
        let text = format!(
            "shakedown: `{}` did nothing: `{program}` is missing; `make live-tools` installs it\n",
            std::thread::current().name().unwrap_or("a test of `live`"),
        );
        if let Some(directory) = note.parent() {
            std::fs::create_dir_all(directory)?;
        }
        std::fs::write(note, &text)?;
        // Not printed: what a passing test prints, libtest hides.
        std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes())?;
        if let Ok(mut terminal) = std::fs::File::options().append(true).open("/dev/tty") {
            std::io::Write::write_all(&mut terminal, text.as_bytes())?;
        }
        Ok(None)
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

/// Whether the tier or the client was asked for by name.
fn asked_for(program: &str) -> bool {
    let profile = std::env::var("NEXTEST_PROFILE").unwrap_or_default();
    let lists = ["SHAKEDOWN_REQUIRE", "SHAKEDOWN_TIERS"];
    profile == "live"
        || lists.iter().any(|list| {
            let value = std::env::var(list).unwrap_or_default();
            let mut entries = value.split(',').map(str::trim);
            entries.any(|entry| entry == program || entry == "live")
        })
}

fn note(program: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = target.parent().unwrap_or(target);
    target.join(format!("nextest/shakedown/skipped/live.{program}.txt"))
}
