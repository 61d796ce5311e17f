//! Attackers and bounties: kept as logs come in, as if counted afresh.

use decnet::db::Repository;
use decnet::model::{AttackerFilter, AttackerOrder, BountyFilter, NewLog, Paging};
use serde_json::to_value;
use shakedown::Result;

use super::World;
use super::model::Model;
use super::storing::traffic;

const ALL: Paging = Paging {
    limit: 1000,
    offset: 0,
};

/// Compares all attackers, in every order, with the model's.
async fn agree(repository: &dyn Repository, logs: &[NewLog]) -> Result {
    let orders = [
        AttackerOrder::Recent,
        AttackerOrder::Active,
        AttackerOrder::Traversals,
    ];
    for sort_by in orders {
        for (search, service) in [
            (None, None),
            (Some("203.0.113.1"), None),
            (Some("TRAVERSAL"), None),
            (Some("interactive"), Some("ssh")),
            (None, Some("SSH")),
            (None, Some("ss")),
            (None, Some("http\nssh")),
        ] {
            let filter = AttackerFilter {
                search: search.map(str::to_owned),
                service: service.map(str::to_owned),
                sort_by,
            };
            for paging in [
                ALL,
                Paging {
                    limit: 5,
                    offset: 2,
                },
            ] {
                let found = attackers(repository, &filter, paging).await?;
                assert_eq!(
                    found,
                    Model(logs).attackers(&filter, paging),
                    "{filter:?} {paging:?}"
                );
            }
        }
    }
    Ok(())
}

/// A page of attackers as JSON, without the id that is derived from the address.
pub(crate) async fn attackers(
    repository: &dyn Repository,
    filter: &AttackerFilter,
    paging: Paging,
) -> Result<serde_json::Value> {
    let mut page = to_value(repository.attackers(filter.clone(), paging).await?)?;
    for attacker in page["data"].as_array_mut().into_iter().flatten() {
        let uuid = attacker
            .as_object_mut()
            .and_then(|fields| fields.remove("uuid"));
        assert_eq!(uuid.unwrap().as_str().unwrap().len(), 36);
    }
    Ok(page)
}

pub(crate) async fn attackers_are_what_grouping_all_logs_gives(world: &World) -> Result {
    let logs = traffic(300);
    world.store(&logs, 300).await?;
    agree(&*world.repository, &logs).await?;
    let found = world.repository.statistics().await?;
    let distinct = |texts: Vec<&String>| {
        let texts: std::collections::HashSet<_> = texts.into_iter().collect();
        i64::try_from(texts.len()).unwrap()
    };
    let ips = distinct(logs.iter().map(|log| &log.attacker_ip).collect());
    let deckies = distinct(logs.iter().map(|log| &log.decky).collect());
    assert_eq!(
        (found.unique_attackers, found.active_deckies),
        (ips, deckies)
    );
    Ok(())
}

pub(crate) async fn attackers_are_kept_across_batches_and_restarts(world: &World) -> Result {
    let logs = traffic(240);
    world.store(&logs[..120], 1).await?;
    agree(&*world.repository, &logs[..120]).await?;
    let reopened = world.reopened().await?;
    for batch in logs[120..].chunks(7) {
        reopened.append(batch.to_vec()).await?;
    }
    agree(&*reopened, &logs).await?;
    reopened.close().await;
    Ok(())
}

pub(crate) async fn bounties_are_what_the_logs_gave_away(world: &World) -> Result {
    let logs = traffic(150);
    for (count, batch) in (1..).zip(logs.chunks(50)) {
        world.repository.append(batch.to_vec()).await?;
        let stored = &logs[..count * 50];
        for bounty_type in [
            None,
            Some("credential"),
            Some("Credential"),
            Some("artifact"),
        ] {
            for search in [None, Some("TOOR1"), Some("ja3-"), Some("203.0.113.4")] {
                let filter = BountyFilter {
                    bounty_type: bounty_type.map(str::to_owned),
                    search: search.map(str::to_owned),
                };
                for paging in [
                    ALL,
                    Paging {
                        limit: 4,
                        offset: 3,
                    },
                ] {
                    let found = world.repository.bounties(filter.clone(), paging).await?;
                    let expected = Model(stored).bounties(&filter, paging);
                    assert_eq!(to_value(found)?, expected, "{filter:?} {paging:?}");
                }
            }
        }
    }
    Ok(())
}
