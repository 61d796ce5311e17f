//! What is known of a commit on a machine: the newest measurement of each phase.
//!
//! Somebody who measures one phase again does not take back what was measured of
//! the others. So what judges and shows reads all artifacts of the code and the
//! machine of the latest one, and of each phase the newest of them: also where that
//! says that the phase failed.

use super::{Artifact, Missing, Phase};

/// Why a phase that no artifact mentions is missing.
const NEVER: &str = "no artifact of this commit and machine holds it";

/// The newest of each phase and micro-benchmark among those of `artifacts` (oldest
/// first) that have the commit and the machine of the last one, as one artifact;
/// none without any. Without a repository, of the day of the last one.
///
/// Its phases are in the order of `phases`; those that none of them measured are
/// missing. It has changes that no commit holds where one of those it is made of
/// has, and the calibration that drifted most.
#[must_use]
pub fn merged(artifacts: &[Artifact], phases: &[Phase]) -> Option<Artifact> {
    let last = artifacts.last()?;
    let mut all = last.clone();
    for earlier in artifacts.iter().rev().skip(1) {
        if same_code(earlier, last) && earlier.rig.fingerprint() == last.rig.fingerprint() {
            add(&mut all, earlier);
        }
    }
    for phase in phases {
        if !mentions(&all, &phase.name) {
            all.missing.push(Missing::of(&phase.name, NEVER));
        }
    }
    let place = |name: &str| {
        let known = phases.iter().position(|phase| phase.name == name);
        known.unwrap_or(usize::MAX)
    };
    all.phases.sort_by_key(|of| place(&of.phase));
    all.missing.sort_by_key(|of| place(&of.phase));
    Some(all)
}

/// Whether both measured the same code, as far as that is known: outside of a
/// repository the code of another day may be any.
fn same_code(one: &Artifact, other: &Artifact) -> bool {
    one.revision.commit == other.revision.commit
        && (one.revision.commit != "unknown" || one.date() == other.date())
}

fn mentions(artifact: &Artifact, phase: &str) -> bool {
    artifact.phase(phase).is_some() || artifact.missing.iter().any(|of| of.phase == phase)
}

/// Adds what `earlier` knows and `all` does not.
fn add(all: &mut Artifact, earlier: &Artifact) {
    let unknown = |name: &str| !mentions(all, name) && !all.micro.iter().any(|of| of.name == name);
    let mut older = earlier.clone();
    older.phases.retain(|of| unknown(&of.phase));
    older.missing.retain(|of| unknown(&of.phase));
    older.micro.retain(|of| unknown(&of.name));
    if older.phases.is_empty() && older.missing.is_empty() && older.micro.is_empty() {
        return;
    }
    all.revision.dirty |= older.revision.dirty;
    let drift = |of: &Artifact| of.calibration.map_or(0.0, |of| of.drift().abs());
    if drift(&older) > drift(all) {
        all.calibration = older.calibration;
    }
    all.phases.append(&mut older.phases);
    all.missing.append(&mut older.missing);
    all.micro.append(&mut older.micro);
}
