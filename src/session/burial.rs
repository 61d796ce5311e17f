//! The end of a resource: everybody who still uses it, what is left of its
//! processes, what was recorded, its files.

use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use super::anchor::Anchor;
use super::cleanup;
use super::launch::MARK;
use super::lease::{self, Holder};
use super::place::Place;
use super::processes::{descendants, kill, kill_all, own_id, reap, started_with};

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
            let below = descendants(process.id, |id| mark(id).is_some());
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
///
/// A keeper that the start function caused to be started is below it too, but
/// is not its own.
pub(super) fn end_own(place: &Place) {
    let own = own_id();
    let foreign = |id: i32| mark(id).is_some_and(|mark| mark != bytes(place));
    kill_all(KILLING, || descendants(own, foreign), reap);
    reap();
    cleanup::run(place);
}

/// The same for a resource whose keeper and worker are both gone: its
/// processes are known by the variable that they inherited.
pub(super) fn end_abandoned(place: &Place) {
    let own = own_id();
    let find = || {
        let all = super::processes::all().into_iter();
        let ours = |id: &i32| mark(*id).is_some_and(|mark| mark == bytes(place));
        all.filter(|id| *id != own && ours(id)).collect()
    };
    kill_all(KILLING, find, || ());
    cleanup::run(place);
}

/// The directory of the resource that a process belongs to.
fn mark(id: i32) -> Option<Vec<u8>> {
    started_with(id, MARK)
}

fn bytes(place: &Place) -> &[u8] {
    place.dir().as_os_str().as_bytes()
}
