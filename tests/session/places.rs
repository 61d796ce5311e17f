//! The directory that resources are kept in: nobody else's, and written to.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::scenario::{Scenario, finish, signal, start};

const ONE: &str = "test(=shared::a::t0) & binary(a)";

impl Scenario {
    fn home(&self) -> std::path::PathBuf {
        // SAFETY: the call has no preconditions.
        let user = unsafe { libc::geteuid() };
        self.tmp().join(format!("shakedown-{user}"))
    }
}

#[test]
fn it_is_for_this_user_only() {
    let scenario = Scenario::new();
    finish(&mut scenario.nextest(ONE)).succeeded();
    for dir in [scenario.home(), scenario.home().join("sessions")] {
        let mode = fs::metadata(&dir).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", dir.display());
    }
    scenario.leaves_nothing_behind();
}

#[test]
fn one_that_others_can_write_to_is_refused() {
    let scenario = Scenario::new();
    fs::create_dir(scenario.home()).unwrap();
    fs::set_permissions(scenario.home(), fs::Permissions::from_mode(0o777)).unwrap();
    finish(&mut scenario.nextest(ONE))
        .failed()
        .says("it can be written to by other users; remove it, or set TMPDIR");
    assert_eq!(scenario.notes("starts"), [""; 0]);
}

#[test]
fn one_that_is_a_link_elsewhere_is_refused() {
    let scenario = Scenario::new();
    symlink(scenario.out(), scenario.home()).unwrap();
    finish(&mut scenario.nextest(ONE))
        .failed()
        .says("it is not a directory; remove it, or set TMPDIR");
    assert_eq!(scenario.notes("starts"), [""; 0]);
}

#[test]
fn one_that_may_not_be_written_to_is_named() {
    let scenario = Scenario::new();
    // Not even root may make a directory there.
    finish(scenario.nextest(ONE).env("TMPDIR", "/sys"))
        .failed()
        .says("cannot create the directory `/sys/shakedown-")
        .says(": this user may not write there; set TMPDIR to a directory of your own");
}

#[test]
fn a_full_disk_is_named() {
    const RUN: &str = "one-run";
    let scenario = Scenario::new();
    let holder = start(scenario.binary("a", "holds").env("NEXTEST_RUN_ID", RUN));
    scenario.first_note("holding");
    let run = scenario.home().join("sessions/nextest-one-run");
    let resources = fs::read_dir(run).unwrap().flatten();
    let server = resources
        .map(|entry| entry.path())
        .find(|path| path.is_dir())
        .unwrap();
    // What is attached next has to be noted there.
    fs::remove_file(server.join("leases")).unwrap();
    symlink("/dev/full", server.join("leases")).unwrap();
    let full = finish(
        scenario
            .binary("b", "shared::a::t0")
            .env("NEXTEST_RUN_ID", RUN),
    );
    assert_eq!(full.code, Some(101), "{}", full.text);
    full.says(
        "/leases`: the disk is full; free some space, or set TMPDIR to a directory on another disk",
    )
    .says("caused by: No space left on device");
    fs::remove_file(server.join("leases")).unwrap();
    // The run is this process as far as the two can see, so it goes on.
    finish(&mut scenario.binary("a", "listing::stops")).succeeded();
    signal(holder, libc::SIGKILL);
    scenario.leaves_nothing_behind();
}
