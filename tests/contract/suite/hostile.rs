//! Text that means something to a database, in every place that takes text:
//! it is stored, found and compared as what it is, and does nothing.

use decnet::model::{AttackerFilter, BountyFilter, LogFilter, NewLog, Paging, User};
use serde_json::{json, to_value};
use shakedown::Result;

use super::attacking::attackers;
use super::model::Model;
use super::{World, at, log};

const ALL: Paging = Paging {
    limit: 1000,
    offset: 0,
};

/// Quotes, wildcards, escapes, comments, statements, look-alikes, control
/// characters, and what collations take for the same.
const HOSTILE: [&str; 42] = [
    "'",
    "''",
    "\"",
    "`",
    "\\",
    "\\'",
    "\\\\",
    "%",
    "_",
    "%%",
    "a%b",
    "a_b",
    "[a]",
    "*",
    "?",
    ":a",
    "$1",
    "--",
    "-- ",
    "#",
    "/*",
    "*/",
    "/*!50000 SELECT 1 */",
    ";",
    "' OR '1'='1",
    "\\' OR 1=1 -- ",
    "\" OR \"\"=\"",
    "x'; DROP TABLE logs; -- ",
    "') UNION SELECT 1,2,3 -- ",
    "’",
    "“",
    "＇",
    "ʼ",
    "\0",
    "a\0b",
    "\u{1a}",
    "\r\n",
    "É",
    "\u{301}",
    "\u{1F980}",
    " ",
    "NULL",
];

/// Needles: all of them, in both cases, and what must match everything or nothing.
fn needles() -> Vec<String> {
    let lower = HOSTILE.iter().map(|text| text.to_lowercase());
    let upper = HOSTILE.iter().map(|text| text.to_uppercase());
    let given = HOSTILE.iter().map(|text| (*text).to_owned());
    let mut all: Vec<String> = given.chain(lower).chain(upper).collect();
    all.extend(["", "absent", "' AND SLEEP(5) -- ", "{", "\u{FF}"].map(str::to_owned));
    all.sort();
    all.dedup();
    all
}

/// A log for each text, which stands wherever a decoy may put it, and one of
/// peace.
fn logs() -> Vec<NewLog> {
    let hostile = HOSTILE.iter().zip(1_u8..).map(|(text, n)| {
        let plain = !text.contains(char::is_control);
        let name = if plain {
            format!("n{text}")
        } else {
            format!("n{n}")
        };
        log(&json!({
            "timestamp": at(i64::from(n) * 30), "decky": name, "service": name,
            "event_type": name, "attacker_ip": format!("203.0.113.{n}"),
            "raw_line": format!("line {text} end"), "msg": text, "trace_id": text,
            "fields": { "username": text, "password": text, "ja3": text, "key": text },
        }))
    });
    let peace = log(&json!({
        "timestamp": at(0), "decky": "decky", "service": "ssh", "event_type": "login",
        "attacker_ip": "198.51.100.1", "raw_line": "peace",
    }));
    hostile.chain([peace]).collect()
}

/// Nothing was changed by being looked for.
async fn untouched(world: &World, logs: &[NewLog]) -> Result {
    let filter = LogFilter::default();
    let found = to_value(world.repository.logs(filter.clone(), ALL).await?)?;
    assert_eq!(found, Model(logs).logs(&filter, ALL));
    Ok(())
}

pub(crate) async fn text_in_a_filter_of_logs_is_only_text(world: &World) -> Result {
    let logs = logs();
    world.store(&logs, 10).await?;
    for needle in needles() {
        let filter = LogFilter {
            search: Some(needle.clone()),
            ..LogFilter::default()
        };
        let model = Model(&logs);
        let found = world.repository.logs(filter.clone(), ALL).await?;
        assert_eq!(to_value(found)?, model.logs(&filter, ALL), "{needle:?}");
        let found = world.repository.logs_after(3, filter.clone(), 7).await?;
        assert_eq!(
            to_value(found)?,
            model.logs_after(3, &filter, 7),
            "{needle:?}"
        );
        let bars = world.repository.histogram(filter.clone(), 1).await?;
        assert_eq!(to_value(bars)?, model.histogram(&filter, 1), "{needle:?}");
    }
    untouched(world, &logs).await
}

pub(crate) async fn text_in_a_filter_of_attackers_is_only_text(world: &World) -> Result {
    let logs = logs();
    world.store(&logs, 10).await?;
    for needle in needles() {
        let text = Some(needle.clone());
        let service = Some(format!("n{needle}"));
        for (search, service) in [
            (text.clone(), None),
            (None, text.clone()),
            (None, service.clone()),
            (text, service),
        ] {
            let filter = AttackerFilter {
                search,
                service,
                ..AttackerFilter::default()
            };
            let found = attackers(&*world.repository, &filter, ALL).await?;
            assert_eq!(found, Model(&logs).attackers(&filter, ALL), "{filter:?}");
        }
    }
    untouched(world, &logs).await
}

pub(crate) async fn text_in_a_filter_of_bounties_is_only_text(world: &World) -> Result {
    let logs = logs();
    world.store(&logs, 10).await?;
    for needle in needles() {
        let text = Some(needle.clone());
        for (bounty_type, search) in [
            (text.clone(), None),
            (None, text.clone()),
            (Some("credential".to_owned()), text.clone()),
            (text.clone(), text),
        ] {
            let filter = BountyFilter {
                bounty_type,
                search,
            };
            let found = world.repository.bounties(filter.clone(), ALL).await?;
            let expected = Model(&logs).bounties(&filter, ALL);
            assert_eq!(to_value(found)?, expected, "{filter:?}");
        }
    }
    untouched(world, &logs).await
}

pub(crate) async fn text_as_a_name_is_only_text(world: &World) -> Result {
    let admin = User {
        username: "admin".to_owned(),
        password_hash: "of the administrator".to_owned(),
        must_change_password: false,
    };
    world.repository.save_user(admin.clone()).await?;
    for text in HOSTILE {
        let name = format!("admin{text}");
        assert_eq!(world.repository.user(name.clone()).await?, None, "{name:?}");
        let user = User {
            username: name.clone(),
            password_hash: format!("of {text}"),
            must_change_password: true,
        };
        world.repository.save_user(user.clone()).await?;
        assert_eq!(world.repository.user(name).await?, Some(user));
    }
    let found = world.repository.user("admin".to_owned()).await?;
    assert_eq!(found, Some(admin));
    Ok(())
}
