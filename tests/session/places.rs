//! The directory that resources are kept in: nobody else's, and written to.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::scenario::{Scenario, finish};

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
fn a_place_that_cannot_be_written_to_is_named() {
    let scenario = Scenario::new();
    let file = scenario.out().join("file");
    fs::write(&file, "").unwrap();
    finish(scenario.nextest(ONE).env("TMPDIR", file.join("tmp")))
        .failed()
        .says(&format!(
            "cannot look at `{}/tmp/shakedown-",
            file.display()
        ))
        .says("Not a directory");
}
