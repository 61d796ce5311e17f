//! The promises of decnet's `Repository`, as tests over any implementation.
//!
//! A binary defines a function that opens a [`World`] and names it to
//! [`contract!`], which makes a test of each promise. What a repository answers
//! is compared, as JSON, with a [`model`] that goes through all logs each time.

pub(crate) mod attacking;
pub(crate) mod dashboard;
pub(crate) mod hostile;
pub(crate) mod model;
pub(crate) mod sniffing;
pub(crate) mod storing;

use std::any::Any;
use std::sync::Arc;

use decnet::config::Config;
use decnet::db::{Repository, get_repository};
use decnet::intake::{self, Shape};
use decnet::model::{NewLog, Timestamp};
use shakedown::Result;

/// Makes a test of each promise, over the repository that `$open` opens.
macro_rules! contract {
    ($open:path) => {
        $crate::suite::contract! { @tests $open;
            attacking::attackers_are_what_grouping_all_logs_gives,
            attacking::attackers_are_kept_across_batches_and_restarts,
            attacking::bounties_are_what_the_logs_gave_away,
            sniffing::what_a_sniffer_saw_is_on_its_attacker,
            dashboard::names_are_exact_to_the_byte,
            dashboard::deploying_replaces_the_deckies,
            dashboard::a_saved_user_replaces_one_of_the_same_name,
            hostile::text_in_a_filter_of_logs_is_only_text,
            hostile::text_in_a_filter_of_attackers_is_only_text,
            hostile::text_in_a_filter_of_bounties_is_only_text,
            hostile::text_as_a_name_is_only_text,
            storing::an_empty_repository_answers_with_nothing,
            storing::logs_come_back_newest_first_in_pages,
            storing::times_and_histograms_count_what_they_cover,
            storing::ids_follow_one_another_whoever_appends,
            storing::what_is_acknowledged_is_there_for_readers_and_after_reopening,
            storing::a_batch_larger_than_a_statement_is_stored_whole,
            storing::each_commit_is_announced_before_it_is_acknowledged,
            storing::trace_and_span_ids_are_there_or_null_and_survive_reopening,
            storing::a_closed_repository_says_so,
        }
    };
    (@tests $open:path; $($module:ident::$name:ident,)*) => {$(
        #[tokio::test]
        async fn $name() -> shakedown::Result {
            let world = $open()?;
            $crate::suite::$module::$name(&world).await?;
            world.repository.close().await;
            Ok(())
        }
    )*};
}
pub(crate) use contract;

/// A repository of the test's own.
pub(crate) struct World {
    pub(crate) repository: Arc<dyn Repository>,
    config: Config,
    // Dropped last: what the repository lives in.
    _home: Box<dyn Any>,
}

impl World {
    /// Opens the database at `url`, which `home` removes when it is dropped.
    pub(crate) fn open(kind: &str, url: &str, home: Box<dyn Any>) -> Result<Self> {
        let config = Config::from_lookup(&|name| match name {
            "DECNET_DEVELOPER" => Some("true".to_owned()),
            "DECNET_DB_TYPE" => Some(kind.to_owned()),
            "DECNET_DB_URL" => Some(url.to_owned()),
            _ => None,
        })?;
        Ok(Self {
            repository: get_repository(&config)?,
            config,
            _home: home,
        })
    }

    /// Closes the repository and opens it again.
    pub(crate) async fn reopened(&self) -> Result<Arc<dyn Repository>> {
        self.repository.close().await;
        Ok(get_repository(&self.config)?)
    }

    /// Stores `logs` in batches of `size`.
    pub(crate) async fn store(&self, logs: &[NewLog], size: usize) -> Result {
        for batch in logs.chunks(size) {
            self.repository.append(batch.to_vec()).await?;
        }
        Ok(())
    }
}

/// A log as a decoy would send it.
pub(crate) fn log(draft: &serde_json::Value) -> NewLog {
    let body = draft.to_string();
    let parsed = intake::parse(body.as_bytes(), Shape::Json, Timestamp::now());
    parsed.unwrap().remove(0)
}

/// The time `seconds` after 1970.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).unwrap()
}
