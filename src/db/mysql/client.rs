//! Statements through the program `mariadb`, a process per call.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;

use super::programs::Source;
use super::{MySqlError, MySqlHandle};

/// Runs the statements of `script` in `database`; stops at the first that
/// fails. What they select comes back as lines of values between tabs, in which
/// tabs, line breaks and backslashes are written `\t`, `\n` and `\\`.
pub(super) fn run(
    source: &Source,
    server: &MySqlHandle,
    database: Option<&str>,
    script: &str,
    action: impl Fn() -> String,
) -> Result<String, MySqlError> {
    let mut command = match source {
        Source::Installed(programs) => Command::new(&programs.client),
        Source::Image(image) => image.client(server.directory()),
    };
    let program = PathBuf::from(command.get_program());
    command
        .arg("--no-defaults")
        .arg(format!("--socket={}", server.socket().display()))
        .arg(format!("--user={}", server.user()))
        // Binary mode: what stands in a statement is never a command of the client.
        .args(["--batch", "--skip-column-names", "--binary-mode"])
        .args(["--default-character-set=utf8mb4", "--connect-timeout=10"])
        .args(database)
        .env_remove("MYSQL_PWD")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = talk(&mut command, script).map_err(|source| MySqlError::Client {
        program: program.clone(),
        source,
    })?;
    if !output.status.success() {
        let message = refusal(&String::from_utf8_lossy(&output.stderr));
        return Err(MySqlError::Sql {
            action: action(),
            message: match message.is_empty() {
                true => format!("`{}` ended with {}", program.display(), output.status),
                false => message,
            },
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Writes `script` to the program while its output is read, so that neither
/// side waits for the other.
fn talk(command: &mut Command, script: &str) -> io::Result<Output> {
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    thread::scope(|scope| {
        scope.spawn(move || {
            // A client that stopped at an error reads no further, and says why itself.
            let _ = stdin.map(|mut stdin| stdin.write_all(script.as_bytes()));
        });
        child.wait_with_output()
    })
}

/// What the client says of a statement that was refused: it shows the statement
/// between dashes first, and then the server's words.
fn refusal(message: &str) -> String {
    match message.split_once("\nERROR ") {
        None => message.trim().to_owned(),
        Some((statement, error)) => {
            let statement = statement.trim().trim_matches('-').trim();
            format!("ERROR {}\n  in: {statement}", error.trim())
        }
    }
}

/// A value of the client's output as it was selected.
pub(super) fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('0') => '\0',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    text
}

/// `name` as an identifier in a statement.
pub(super) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// `text` as a string in a statement. For names of our own making; values of a
/// test are bound by its driver.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_batch_output_are_read_back() {
        assert_eq!(unescape(r"a\nb\tc\\n\0"), "a\nb\tc\\n\0");
        assert_eq!(unescape("plain"), "plain");
    }

    #[test]
    fn the_servers_words_come_before_the_statement() {
        let shown = "--------------\nSELEKT 2\n--------------\n\nERROR 1064 (42000): no such\n";
        assert_eq!(
            refusal(shown),
            "ERROR 1064 (42000): no such\n  in: SELEKT 2"
        );
        assert_eq!(refusal("ERROR 2002: gone\n"), "ERROR 2002: gone");
    }

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(identifier("a`b"), "`a``b`");
        assert_eq!(literal(r"a'b\c"), r"'a''b\\c'");
    }
}
