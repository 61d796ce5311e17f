//! Removal of what hosts left that were killed, keeper and worker at once.

use std::fs::File;
use std::path::Path;

use super::burial;
use super::place::{self, Root};
use super::record::{self, Record, namespace};

/// Removes the resources of every run whose runner and hosts are gone.
///
/// `run.json` is locked meanwhile, so that two sweepers do not run the same
/// clean-up twice. A run of another process namespace (a container that shares
/// the directory) is left alone: its process numbers mean nothing here.
pub(super) fn sweep(root: &Root) {
    for run in root.runs() {
        sweep_run(&run);
    }
}

fn sweep_run(run: &Path) {
    let is_over = match place::read_run(run) {
        Ok(Some(found)) => !found.anchor.process.is_alive() && found.namespace == namespace(),
        // Being made just now, unless it is old.
        _ => place::is_given_up(run),
    };
    if !is_over {
        return;
    }
    let Ok(claim) = File::open(run.join("run.json")) else {
        place::remove_run(run);
        return;
    };
    if claim.try_lock().is_err() {
        return;
    }
    for place in place::resources(run) {
        let record: Option<Record> = record::read(&place.state()).ok().flatten();
        if record.is_some_and(|record| record.is_hosted()) {
            continue;
        }
        burial::end_abandoned(&place);
        place.remove();
    }
    place::remove_run(run);
}
