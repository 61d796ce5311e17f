//! Logs: stored, counted, acknowledged.

use decnet::db::DbError;
use decnet::model::{
    AttackerFilter, BountyFilter, ComponentStatus, LogFilter, NewLog, Paging, Statistics, Timestamp,
};
use serde_json::{json, to_value};
use shakedown::Result;

use super::model::Model;
use super::{World, at, log};

const ALL: Paging = Paging {
    limit: 1000,
    offset: 0,
};

/// Logs of a few attackers on a few decoys, at times that repeat, go backwards
/// and lie before 1970.
pub(crate) fn traffic(count: i64) -> Vec<NewLog> {
    let one = |n: i64| {
        let fields = match n % 6 {
            0 => json!({ "username": "root", "password": format!("toor{}", n % 4) }),
            1 => json!({ "ja3": format!("ja3-{}", n % 5), "hassh": "constant" }),
            2 => json!({ "sha256": format!("{n:064x}"), "url": "http://203.0.113.9/x" }),
            3 if n % 5 == 0 => json!({ "command": format!("wget {n}") }),
            _ => json!({}),
        };
        let services = ["ssh", "http", "SSH"];
        log(&json!({
            "timestamp": at((n * 37) % 1000 * 7 - 2000),
            "decky": format!("decky-{}", n * n % 7), "service": services[n as usize % 3],
            "event_type": "login attempt", "attacker_ip": format!("203.0.113.{}", n * n % 23),
            "raw_line": format!("line {n} Root É \u{1F980}"), "fields": fields,
            "msg": (n % 2 == 0).then_some("Message"), "trace_id": (n % 3 == 0).then_some("trace"),
        }))
    };
    (0..count).map(one).collect()
}

pub(crate) async fn an_empty_repository_answers_with_nothing(world: &World) -> Result {
    let repository = &world.repository;
    let empty = json!({ "total": 0, "limit": 1000, "offset": 0, "data": [] });
    for search in [None, Some("x".to_owned())] {
        let filter = LogFilter {
            search: search.clone(),
            ..LogFilter::default()
        };
        assert_eq!(
            to_value(repository.logs(filter.clone(), ALL).await?)?,
            empty
        );
        assert!(repository.histogram(filter.clone(), 15).await?.is_empty());
        assert!(repository.logs_after(0, filter, 10).await?.is_empty());
        let filter = AttackerFilter {
            search: search.clone(),
            ..AttackerFilter::default()
        };
        assert_eq!(to_value(repository.attackers(filter, ALL).await?)?, empty);
        let filter = BountyFilter {
            search,
            ..BountyFilter::default()
        };
        assert_eq!(to_value(repository.bounties(filter, ALL).await?)?, empty);
    }
    assert_eq!(repository.statistics().await?, Statistics::default());
    assert!(repository.deckies().await?.is_empty());
    assert_eq!(repository.user("admin".to_owned()).await?, None);
    assert_eq!(repository.append(Vec::new()).await?, 0..0);
    let components = repository.components().await;
    assert!(
        components
            .iter()
            .all(|part| part.status == ComponentStatus::Healthy),
        "{components:?}"
    );
    Ok(())
}

pub(crate) async fn logs_come_back_newest_first_in_pages(world: &World) -> Result {
    let logs = traffic(120);
    world.store(&logs, 17).await?;
    for search in [None, Some("LINE 1"), Some("message"), Some("trace")] {
        let filter = LogFilter {
            search: search.map(str::to_owned),
            ..LogFilter::default()
        };
        for (limit, offset) in [
            (1000, 0),
            (50, 0),
            (50, 100),
            (1, 119),
            (10, 120),
            (1, 1 << 30),
        ] {
            let paging = Paging { limit, offset };
            let found = to_value(world.repository.logs(filter.clone(), paging).await?)?;
            assert_eq!(
                found,
                Model(&logs).logs(&filter, paging),
                "{filter:?} {paging:?}"
            );
        }
        for (id, limit) in [(0, 1000), (100, 5), (119, 5), (120, 5)] {
            let found = world
                .repository
                .logs_after(id, filter.clone(), limit)
                .await?;
            let expected = Model(&logs).logs_after(id, &filter, limit as usize);
            assert_eq!(to_value(found)?, expected, "{filter:?} after {id}");
        }
    }
    let found = world.repository.statistics().await?;
    assert_eq!((found.total_logs, found.deployed_deckies), (120, 0));
    Ok(())
}

pub(crate) async fn times_and_histograms_count_what_they_cover(world: &World) -> Result {
    let logs = traffic(200);
    world.store(&logs, 200).await?;
    let micro = |micros: i64| Timestamp::from_micros(micros).unwrap();
    let edges = [
        None,
        Some(at(0)),
        Some(at(-2000)),
        Some(micro(59_999_999)),
        Some(micro(60_000_000)),
        Some(at(1234)),
        Some(Timestamp::MIN),
        Some(Timestamp::MAX),
    ];
    for search in [None, Some("decky-1".to_owned())] {
        for start_time in edges {
            for end_time in edges {
                let search = search.clone();
                let filter = LogFilter {
                    search,
                    start_time,
                    end_time,
                };
                let paging = Paging {
                    limit: 3,
                    offset: 1,
                };
                let found = to_value(world.repository.logs(filter.clone(), paging).await?)?;
                assert_eq!(found, Model(&logs).logs(&filter, paging), "{filter:?}");
                let bars = world.repository.histogram(filter.clone(), 15).await?;
                assert_eq!(
                    to_value(bars)?,
                    Model(&logs).histogram(&filter, 15),
                    "{filter:?}"
                );
            }
        }
    }
    Ok(())
}

pub(crate) async fn ids_follow_one_another_whoever_appends(world: &World) -> Result {
    let logs = traffic(10);
    let appends = (0..40).map(|n| {
        let repository = &world.repository;
        let batch = logs[..n % 4 + 1].to_vec();
        async move { (n % 4 + 1, repository.append(batch).await) }
    });
    let mut ranges = Vec::new();
    for (size, ids) in futures_util::future::join_all(appends).await {
        let ids = ids?;
        assert_eq!(ids.end - ids.start, i64::try_from(size)?);
        ranges.push(ids);
    }
    ranges.sort_by_key(|ids| ids.start);
    let mut next = 1;
    for ids in ranges {
        assert_eq!(ids.start, next);
        next = ids.end;
    }
    assert_eq!(world.repository.statistics().await?.total_logs, next - 1);
    Ok(())
}

pub(crate) async fn what_is_acknowledged_is_there_for_readers_and_after_reopening(
    world: &World,
) -> Result {
    let logs = traffic(60);
    let filter = LogFilter::default();
    for (index, batch) in logs.chunks(20).enumerate() {
        world.repository.append(batch.to_vec()).await?;
        let stored = &logs[..(index + 1) * 20];
        let found = to_value(world.repository.logs(filter.clone(), ALL).await?)?;
        assert_eq!(found, Model(stored).logs(&filter, ALL));
    }
    let before = world.repository.statistics().await?;
    let reopened = world.reopened().await?;
    assert_eq!(reopened.statistics().await?, before);
    let found = to_value(reopened.logs(filter.clone(), ALL).await?)?;
    assert_eq!(found, Model(&logs).logs(&filter, ALL));
    assert_eq!(reopened.append(logs[..1].to_vec()).await?, 61..62);
    reopened.close().await;
    Ok(())
}

pub(crate) async fn a_batch_larger_than_a_statement_is_stored_whole(world: &World) -> Result {
    let mut logs = traffic(1100);
    for (n, log) in (0_u32..).zip(&mut logs) {
        log.attacker_ip = format!("198.51.{}.{}", n / 250, n % 250);
    }
    // 60 kB each: several statements' worth of bytes.
    for log in logs.iter_mut().take(150) {
        log.raw_line = "x".repeat(60_000);
    }
    assert_eq!(world.repository.append(logs.clone()).await?, 1..1101);
    let found = world.repository.statistics().await?;
    assert_eq!((found.total_logs, found.unique_attackers), (1100, 1100));
    let (filter, paging) = (
        LogFilter::default(),
        Paging {
            limit: 1000,
            offset: 900,
        },
    );
    let found = to_value(world.repository.logs(filter.clone(), paging).await?)?;
    assert_eq!(found, Model(&logs).logs(&filter, paging));
    Ok(())
}

pub(crate) async fn each_commit_is_announced_before_it_is_acknowledged(world: &World) -> Result {
    let mut changes = world.repository.changes();
    for expected in 1..=5 {
        world.repository.append(traffic(3)).await?;
        assert_eq!(world.repository.generation(), expected);
        assert!(changes.has_changed()?);
        assert_eq!(*changes.borrow_and_update(), expected);
    }
    Ok(())
}

pub(crate) async fn a_closed_repository_says_so(world: &World) -> Result {
    world.repository.append(traffic(3)).await?;
    world.repository.close().await;
    let appended = world.repository.append(traffic(1)).await;
    assert!(matches!(appended, Err(DbError::Closed)), "{appended:?}");
    let read = world.repository.statistics().await;
    assert!(matches!(read, Err(DbError::Closed)), "{read:?}");
    let components = world.repository.components().await;
    assert!(
        components
            .iter()
            .all(|part| part.status == ComponentStatus::Unhealthy),
        "{components:?}"
    );
    Ok(())
}

pub(crate) async fn trace_and_span_ids_are_there_or_null_and_survive_reopening(
    world: &World,
) -> Result {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";
    let one = |trace: Option<&str>, span: Option<&str>| {
        log(&json!({
            "timestamp": at(1), "decky": "a", "service": "ssh", "event_type": "login",
            "attacker_ip": "203.0.113.9", "trace_id": trace, "span_id": span,
        }))
    };
    let pairs = [(Some(TRACE), Some(SPAN)), (None, None), (Some(TRACE), None)];
    let logs = pairs.map(|(trace, span)| one(trace, span));
    world.repository.append(logs.to_vec()).await?;
    let repository = world.reopened().await?;
    let stored = repository.logs_after(0, LogFilter::default(), 10).await?;
    let ids: Vec<_> = stored
        .iter()
        .map(|log| (log.trace_id.as_deref(), log.span_id.as_deref()))
        .collect();
    assert_eq!(ids, pairs);
    repository.close().await;
    Ok(())
}
