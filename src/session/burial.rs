//! The end of a resource: everybody who still uses it, what is left of its
//! processes, what was recorded, its files.

use std::time::Duration;

use super::anchor::Anchor;
use super::cleanup;
use super::launch::MARK;
use super::lease::{self, Holder};
use super::place::Place;
use super::processes::{descendants, kill, kill_all, own_id, started_with};

/// How long hosts of resources that use this one may take to end.
const USERS: Duration = Duration::from_secs(4);
/// How long killing may take; what is left then hangs in the kernel.
const KILLING: Duration = Duration::from_secs(2);

/// Ends tests that outlived the runner, and waits for hosts of resources that
/// use this one: they go first.
pub(super) fn end_users(place: &Place, anchor: &Anchor) {
    let users = lease::alive(&place.leases());
    for (process, holder) in &users {
        if *holder == Holder::Test && *process != anchor.process {
            let below = descendants(process.id);
            kill(process.id);
            below.into_iter().for_each(kill);
        }
    }
    for (process, holder) in users {
        if holder == Holder::Host && process.id != own_id() {
            process.ends_within(USERS);
        }
    }
}

/// Kills all that is below this process and runs what was recorded.
pub(super) fn end_own(place: &Place) {
    let own = own_id();
    kill_all(KILLING, || descendants(own));
    cleanup::run(place);
}

/// The same for a resource whose keeper and worker are both gone: its
/// processes are known by the variable that they inherited.
pub(super) fn end_abandoned(place: &Place) {
    let mark = format!("{MARK}={}", place.dir().display());
    let own = own_id();
    kill_all(KILLING, || {
        let all = super::processes::all().into_iter();
        all.filter(|id| *id != own && started_with(*id, &mark))
            .collect()
    });
    cleanup::run(place);
}
