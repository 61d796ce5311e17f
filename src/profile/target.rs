//! A process to look at: whether it is there, whose it is, and what stands in
//! the way.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::ProfileError;

/// A running process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// Its id.
    pub pid: u32,
    /// Its name, as the kernel keeps it.
    pub name: String,
    /// Its program's file, where that can be read.
    pub program: Option<PathBuf>,
}

impl Target {
    /// Finds the process `pid`.
    ///
    /// # Errors
    ///
    /// [`ProfileError::NoProcess`] when there is none, [`ProfileError::Denied`]
    /// when it belongs to somebody else.
    pub fn of(pid: u32) -> Result<Self, ProfileError> {
        let place = PathBuf::from(format!("/proc/{pid}"));
        let Ok(found) = fs::metadata(&place) else {
            return Err(ProfileError::NoProcess { pid });
        };
        // SAFETY: `geteuid` has no preconditions.
        let own = unsafe { libc::geteuid() };
        if own != 0 && found.uid() != own {
            return Err(ProfileError::Denied {
                pid,
                reason: format!(
                    "it runs as user {}, this command as user {own}",
                    found.uid()
                ),
                help: format!("run this as that user or as root (sudo), or {START_IT_HERE}"),
            });
        }
        let name = fs::read_to_string(place.join("comm")).unwrap_or_default();
        Ok(Self {
            pid,
            name: name.trim_end().to_owned(),
            program: fs::read_link(place.join("exe")).ok(),
        })
    }

    /// Its file as this process can open it: that of another container is under
    /// another root.
    pub(super) fn file(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/exe", self.pid))
    }

    /// Whether it is still there.
    pub(super) fn is_alive(&self) -> bool {
        fs::read_to_string(format!("/proc/{}/stat", self.pid)).is_ok_and(|stat| {
            let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
            !state.starts_with(['Z', 'X'])
        })
    }
}

const START_IT_HERE: &str =
    "start the program from here, which needs fewer rights: cargo shakedown profile run -- PROGRAM";
const COUNT_INSTEAD: &str = "count instructions instead, which needs no right: \
                             cargo shakedown profile run --exact -- PROGRAM";

/// What to say of a tool that was refused: the settings that refuse, as they
/// are, and what to change.
pub(super) fn refusal(pid: u32, said: &str, system: &Path) -> ProfileError {
    let (reason, mut steps) = obstacles(said, system);
    steps.push(START_IT_HERE.to_owned());
    ProfileError::Denied {
        pid,
        reason,
        help: steps.join("\n      or "),
    }
}

/// The same of a tool that was refused to sample a program that it started itself.
pub(super) fn refusal_to_start(said: &str, system: &Path) -> ProfileError {
    let (reason, mut steps) = obstacles(said, system);
    // That hinders an attachment alone.
    steps.retain(|step| !step.contains("ptrace_scope"));
    steps.push(COUNT_INSTEAD.to_owned());
    ProfileError::MayNotSample {
        reason,
        help: steps.join("\n      or "),
    }
}

/// What stands in the way, and what removes it.
fn obstacles(said: &str, system: &Path) -> (String, Vec<String>) {
    let setting = |path: &str| {
        let text = fs::read_to_string(system.join(path)).ok()?;
        text.trim().parse::<i32>().ok()
    };
    let mut reasons = Vec::new();
    let mut steps = Vec::new();
    // SAFETY: `geteuid` has no preconditions.
    let root = unsafe { libc::geteuid() } == 0;
    if let Some(paranoid) = setting("proc/sys/kernel/perf_event_paranoid").filter(|of| *of > 1) {
        reasons.push(format!("kernel.perf_event_paranoid is {paranoid}"));
        steps.push("sudo sysctl kernel.perf_event_paranoid=1".to_owned());
    }
    if let Some(scope) = setting("proc/sys/kernel/yama/ptrace_scope").filter(|of| *of > 0) {
        reasons.push(format!("kernel.yama.ptrace_scope is {scope}"));
        steps.push("sudo sysctl kernel.yama.ptrace_scope=0".to_owned());
    }
    let contained = ["/.dockerenv", "/run/.containerenv"]
        .iter()
        .any(|file| system.join(&file[1..]).exists());
    if contained {
        reasons.push("this is a container".to_owned());
        steps.push("start the container with --cap-add PERFMON --cap-add SYS_PTRACE".to_owned());
    }
    if reasons.is_empty() {
        let first = said
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.eq_ignore_ascii_case("error:"));
        reasons.push(first.unwrap_or("the kernel refused").to_owned());
    }
    if !root {
        steps.push("run this as root (sudo)".to_owned());
    }
    (reasons.join(", "), steps)
}

/// Whether what a tool said means that it was refused, rather than broken.
pub(super) fn is_refusal(said: &str) -> bool {
    [
        "Permission denied",
        "Operation not permitted",
        "perf_event_paranoid",
        "observability operations is limited",
        "EPERM",
        "EACCES",
    ]
    .iter()
    .any(|sign| said.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found_by_name_and_file() {
        let own = Target::of(std::process::id()).unwrap();
        assert!(!own.name.is_empty() && own.is_alive());
        assert_eq!(own.program, std::env::current_exe().ok());
    }

    #[test]
    fn a_process_that_is_not_there_is_named() {
        let error = Target::of(u32::MAX).unwrap_err();
        assert_eq!(error.to_string(), "there is no process 4294967295");
        assert!(error.help().unwrap().contains("ps -e"));
    }

    #[test]
    fn a_refusal_names_each_setting_and_what_to_type() {
        let system = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = system.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("proc/sys/kernel/perf_event_paranoid", "3\n");
        write("proc/sys/kernel/yama/ptrace_scope", "1\n");
        write(".dockerenv", "");
        let error = refusal(7, "Error:\nno", system.path());
        assert_eq!(
            error.to_string(),
            "process 7 may not be profiled: kernel.perf_event_paranoid is 3, \
             kernel.yama.ptrace_scope is 1, this is a container"
        );
        let help = error.help().unwrap();
        for step in [
            "sysctl kernel.perf_event_paranoid=1",
            "sysctl kernel.yama.ptrace_scope=0",
            "--cap-add PERFMON",
            "profile run -- PROGRAM",
        ] {
            assert!(help.contains(step), "{help}");
        }
    }

    #[test]
    fn a_start_that_is_refused_offers_what_needs_no_right() {
        let system = tempfile::tempdir().unwrap();
        let path = system.path().join("proc/sys/kernel/perf_event_paranoid");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "4\n").unwrap();
        let error = refusal_to_start("Error:\nno", system.path());
        assert_eq!(
            error.to_string(),
            "perf may not sample here: kernel.perf_event_paranoid is 4"
        );
        let help = error.help().unwrap();
        assert!(help.contains("profile run --exact -- PROGRAM"), "{help}");
        assert!(!help.contains("ptrace"), "{help}");
    }

    #[test]
    fn without_a_setting_to_blame_the_tool_is_quoted() {
        let system = tempfile::tempdir().unwrap();
        let error = refusal(7, "Error:\n  seccomp said no\nmore", system.path());
        assert!(error.to_string().ends_with(": seccomp said no"), "{error}");
    }

    #[test]
    fn refusals_are_told_from_other_failures() {
        assert!(is_refusal("perf_event_paranoid setting is 2:"));
        assert!(is_refusal("ptrace: Operation not permitted."));
        assert!(!is_refusal("unknown option --frob"));
    }
}
