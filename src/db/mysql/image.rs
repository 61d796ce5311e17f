//! MariaDB in a container, where it is not installed.
//!
//! The server's directory is mounted under its own path, so its socket, its
//! data and all that is known of them are as if the server ran on this machine;
//! it has no network. The client runs inside of the same container.
//!
//! The container's name follows from the directory, in which a file `container`
//! says that there is one. Whoever removes the directory removes it first.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::MySqlError;
use super::server::as_user;
use crate::fixtures::fnv::Fnv;
use crate::process::{Process, ProcessBuilder};

/// The image: MariaDB's server and client, and an initialised `/var/lib/mysql`.
const IMAGE: &str = "shakedown/mariadb:local";
/// The label that the feature `container` marks its own with: the value names the
/// process that a container belongs to, and its reaper removes what belongs to
/// nobody any more.
const LABEL: &str = "dev.shakedown.run";
/// Says that the directory's server runs in a container.
const MARK: &str = "container";

/// An image of MariaDB, and the program that starts containers of it.
#[derive(Debug, Clone)]
pub(super) struct MariadbImage {
    docker: PathBuf,
    id: String,
}

impl MariadbImage {
    /// Looks for both.
    pub(super) fn find(path: &OsStr) -> Result<Self, String> {
        let mut directories = std::env::split_paths(path);
        let docker = directories
            .find_map(|directory| {
                let file = directory.join("docker");
                (directory.is_absolute() && file.is_file()).then_some(file)
            })
            .ok_or("no program `docker` in PATH either")?;
        let inspected = ["image", "inspect", "--format", "{{.Id}}", IMAGE];
        match run(&docker, inspected) {
            Ok(id) => Ok(Self { docker, id }),
            Err(error) => Err(format!("no image `{IMAGE}` either ({error})")),
        }
    }

    /// What the data directory depends on.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Makes `to` the data directory of an empty server.
    pub(super) fn initialise(&self, to: &Path) -> Result<(), MySqlError> {
        let failed = |source: io::Error| MySqlError::Client {
            program: self.docker.clone(),
            source,
        };
        fs::create_dir(to).map_err(MySqlError::file("create the directory", to))?;
        let container = run(&self.docker, ["create", &self.id]).map_err(failed)?;
        let from = format!("{container}:/var/lib/mysql/.");
        let to = to.display().to_string();
        let copied = run(&self.docker, ["cp", &from, &to]);
        let removed = run(&self.docker, ["rm", "--force", "--volumes", &container]);
        copied.and(removed).map(drop).map_err(failed)
    }

    /// The server on the directory `home`, to be given its arguments.
    pub(super) fn server(&self, home: &Path) -> Result<ProcessBuilder, MySqlError> {
        let mark = home.join(MARK);
        // What an earlier process of the same number may have left.
        drop(run(
            &self.docker,
            ["rm", "--force", "--volumes", &name(home)],
        ));
        fs::write(&mark, name(home)).map_err(MySqlError::file("write", &mark))?;
        let volume = format!("{0}:{0}", home.display());
        // SAFETY: the calls have no preconditions and cannot fail.
        let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
        Ok(Process::builder(&self.docker)
            .name("mariadbd")
            .args(["run", "--rm", "--network", "none", "--name", &name(home)])
            .args(["--label", &format!("{LABEL}={}", owner())])
            .args(["--user", &format!("{user}:{group}"), "--volume", &volume])
            .args([
                "--no-healthcheck",
                "--entrypoint",
                "/usr/sbin/mariadbd",
                &self.id,
            ]))
    }

    /// The client inside of the container of the directory `home`.
    pub(super) fn client(&self, home: &Path) -> Command {
        let mut command = Command::new(&self.docker);
        command
            .args(["exec", "--interactive", &name(home)])
            .arg("/usr/bin/mariadb");
        command
    }

    /// The command lines that open the data in `home` once the test is over.
    pub(super) fn reopening(&self, home: &Path, database: &str) -> String {
        let (docker, id, home) = (self.docker.display(), &self.id, home.display());
        let user: String = as_user().map(|option| format!(" {option}")).collect();
        format!(
            "  {docker} run --rm --name reopened --network none --volume {home}:{home} \
             --user $(id -u):$(id -g) --entrypoint /usr/sbin/mariadbd {id} --no-defaults{user} \
             --innodb-log-file-size=4M --datadir={home}/data --tmpdir={home}/tmp --socket={home}/socket &\n  \
             {docker} exec -it reopened /usr/bin/mariadb --no-defaults --user=root \
             --socket={home}/socket {database}\n"
        )
    }
}

/// Removes the container of the directory `home`, if it has one.
pub(super) fn remove(home: &Path) {
    let mark = home.join(MARK);
    if !mark.exists() {
        return;
    }
    // One that is gone is no error; of one that stays, the next sweep hears.
    let removed = run(
        Path::new("docker"),
        ["rm", "--force", "--volumes", &name(home)],
    );
    if removed.is_ok() {
        let _ = fs::remove_file(mark);
    }
}

#[cfg(target_os = "linux")]
fn owner() -> String {
    crate::session::owner::current().unwrap_or_default()
}

/// Elsewhere nobody can tell later whether the process is still there.
#[cfg(not(target_os = "linux"))]
fn owner() -> String {
    std::process::id().to_string()
}

/// The name of the container of the directory `home`.
fn name(home: &Path) -> String {
    let mut hash = Fnv::new();
    hash.part(home.as_os_str().as_encoded_bytes());
    format!("shakedown-mariadb-{:.16}", hash.hex())
}

/// Runs `docker`; what it printed.
fn run<const N: usize>(docker: &Path, arguments: [&str; N]) -> io::Result<String> {
    let output = Command::new(docker)
        .args(arguments)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.trim().lines().last().unwrap_or("it failed");
        return Err(io::Error::other(last.to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
