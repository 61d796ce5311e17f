//! `cargo shakedown sessions`: the session-wide resources that are alive.

use std::time::SystemTime;

use clap::Args;
use serde::Serialize;

use super::arguments::Format;
use super::table;
use super::{Error, Exit, Output};
use crate::session::{Alive, alive};

/// List the session-wide resources that are alive, or stop them.
///
/// A resource ends with its test run by itself; what is listed here is in use,
/// or was left by a host that was killed.
#[derive(Debug, Args)]
pub(crate) struct SessionsOptions {
    /// Stop them; with a name, only those of that name
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    pub(crate) stop: Option<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// One line of the table.
#[derive(Debug, Serialize)]
struct Row {
    resource: String,
    state: &'static str,
    runner: &'static str,
    runner_id: i32,
    host_id: Option<i32>,
    attached: usize,
    age_seconds: u64,
    declared: String,
    handle: Option<String>,
    log: String,
}

pub(super) fn run(options: &SessionsOptions, output: &mut Output) -> Result<Exit, Error> {
    let found = alive().map_err(|source| Error::Sessions { source })?;
    match &options.stop {
        Some(name) => stop(&found, name, output),
        None => list(&found, options.format, output),
    }
}

fn list(found: &[Alive], format: Format, output: &mut Output) -> Result<Exit, Error> {
    let rows: Vec<Row> = found.iter().map(row).collect();
    let text = match format {
        Format::Human if rows.is_empty() => {
            output.talk("no session-wide resource is alive");
            return Ok(Exit::Fine);
        }
        Format::Human => human(&rows),
        Format::Json => {
            serde_json::to_string_pretty(&rows).expect("rows are strings and numbers") + "\n"
        }
    };
    output.data(&text)?;
    Ok(Exit::Fine)
}

/// Stops all, or those called `name`; goes on after one that will not go.
fn stop(found: &[Alive], name: &str, output: &mut Output) -> Result<Exit, Error> {
    let named = |one: &&Alive| name.is_empty() || one.resource == name;
    let mut failed = None;
    let mut stopped = 0;
    for one in found.iter().filter(named) {
        match one.stop() {
            Ok(()) => {
                stopped += 1;
                output.talk(&format!("stopped {} ({})", one.resource, one.declared));
            }
            Err(source) => failed = Some(Error::Sessions { source }),
        }
    }
    match failed {
        Some(error) => Err(error),
        None => {
            if stopped == 0 {
                output.talk("nothing to stop");
            }
            Ok(Exit::Fine)
        }
    }
}

fn row(one: &Alive) -> Row {
    let age = SystemTime::now().duration_since(one.since);
    Row {
        resource: one.resource.clone(),
        state: one.stage.name(),
        runner: one.runner,
        runner_id: one.runner_id,
        host_id: one.host_id,
        attached: one.attached,
        age_seconds: age.map_or(0, |age| age.as_secs()),
        declared: one.declared.clone(),
        handle: one.handle.clone(),
        log: one.log.display().to_string(),
    }
}

fn human(rows: &[Row]) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.resource.clone(),
                row.state.to_owned(),
                format!("{} {}", row.runner, row.runner_id),
                row.host_id.map_or("-".to_owned(), |id| id.to_string()),
                row.attached.to_string(),
                age(row.age_seconds),
                row.declared.clone(),
            ]
        })
        .collect();
    table::render(
        &[
            "resource",
            "state",
            "runner",
            "host",
            "in use by",
            "age",
            "declared",
        ],
        &cells,
        &[4, 5],
    )
}

fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(state: &'static str, host_id: Option<i32>, age_seconds: u64) -> Row {
        Row {
            resource: "MARIADB".to_owned(),
            state,
            runner: "nextest",
            runner_id: 4711,
            host_id,
            attached: 3,
            age_seconds,
            declared: "tests/service/db.rs:12".to_owned(),
            handle: None,
            log: "/tmp/log".to_owned(),
        }
    }

    #[test]
    fn the_table_says_who_uses_what() {
        let rows = [
            sample("ready", Some(4720), 75),
            sample("abandoned", None, 7300),
        ];
        insta::assert_snapshot!(human(&rows), @r"
        resource  state      runner        host  in use by     age  declared
        MARIADB   ready      nextest 4711  4720          3  1m 15s  tests/service/db.rs:12
        MARIADB   abandoned  nextest 4711  -             3   2h 1m  tests/service/db.rs:12
        ");
    }

    #[test]
    fn nothing_alive_is_said_and_no_data() {
        let mut output = Output::new(std::io::sink(), std::io::sink());
        let options = SessionsOptions {
            stop: Some("no resource is called this".to_owned()),
            format: Format::Human,
        };
        assert_eq!(run(&options, &mut output).unwrap(), Exit::Fine);
    }
}
