//! A server: one that this process started, or one it was told of.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::home::ServerHome;
use super::programs::Source;
use super::{MySqlError, client, data_directory, image, run};
use crate::process::{Process, Ready};

/// How long the server may take to listen.
const READY_LIMIT: Duration = Duration::from_secs(60);
/// How long it may take to close its files when its data is kept.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// How a server is reached: what one process tells others.
///
/// It can be written and read with serde. The server is reached over a unix
/// socket that only this user can open, as `root` without a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MySqlHandle {
    directory: PathBuf,
    user: String,
}

impl MySqlHandle {
    /// The unix socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.join("socket")
    }

    /// The account, which has no password.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The directory of the server's files.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }
}

/// A MariaDB server; see [the module](super).
///
/// Clones are the same server. One that [`start`](Self::start) started is
/// killed when the last clone of it, and the last database of it, is dropped.
#[derive(Debug, Clone)]
#[must_use = "the server is killed when this is dropped"]
pub struct MySqlServer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    handle: MySqlHandle,
    source: Source,
    /// `None` for a server of another process.
    own: Option<Own>,
}

/// A server that this process started.
#[derive(Debug)]
struct Own {
    process: Process,
    home: ServerHome,
}

impl MySqlServer {
    /// Starts a server on a data directory of its own, and waits until it
    /// listens on its unix socket. It opens no port.
    ///
    /// # Errors
    ///
    /// When MariaDB is not installed, cannot be initialised, or does not listen
    /// in time.
    pub fn start() -> Result<Self, MySqlError> {
        let source = Source::find()?;
        let home = ServerHome::create()?;
        let started =
            data_directory::create(&source, &home.data()).and_then(|()| serve(&source, &home));
        let process = match started {
            Ok(process) => process,
            Err(error) => {
                image::remove(home.path());
                home.remove();
                return Err(error);
            }
        };
        let handle = MySqlHandle {
            directory: home.path().to_owned(),
            user: "root".to_owned(),
        };
        Ok(Self {
            inner: Arc::new(Inner {
                handle,
                source,
                own: Some(Own { process, home }),
            }),
        })
    }

    /// A server that another process started and keeps running. Nothing is
    /// sent to it yet.
    ///
    /// # Errors
    ///
    /// When there is no client `mariadb` here.
    pub fn attach(handle: MySqlHandle) -> Result<Self, MySqlError> {
        let source = Source::find()?;
        Ok(Self {
            inner: Arc::new(Inner {
                handle,
                source,
                own: None,
            }),
        })
    }

    /// The server of the whole test run, started by the first process that
    /// asks and taken down when the run is over. This process attaches to it,
    /// so [`pid`](Self::pid) is `None`.
    ///
    /// # Errors
    ///
    /// When it did not start, with the end of its host's log, or died.
    pub fn of_run() -> Result<Self, MySqlError> {
        run::server()
    }

    /// The server of this process, started by the first who asks. It goes with
    /// the last who holds it.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn shared() -> Result<Self, MySqlError> {
        static SHARED: Mutex<Weak<Inner>> = Mutex::new(Weak::new());

        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(inner) = shared.upgrade() {
            return Ok(Self { inner });
        }
        let server = Self::start()?;
        *shared = Arc::downgrade(&server.inner);
        Ok(server)
    }

    /// What another process needs for [`attach`](Self::attach).
    #[must_use]
    pub fn handle(&self) -> &MySqlHandle {
        &self.inner.handle
    }

    /// The process id, if this process started it.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.inner.own.as_ref().map(|own| own.process.pid())
    }

    /// Runs statements in `database`, or in none. `action` completes "cannot".
    pub(super) fn execute(
        &self,
        database: Option<&str>,
        script: &str,
        action: impl Fn() -> String,
    ) -> Result<String, MySqlError> {
        let Inner { source, handle, .. } = &*self.inner;
        client::run(source, handle, database, script, action)
    }

    /// The command lines that open `database` once the test is over.
    pub(super) fn reopening(&self, database: &str) -> String {
        let Inner { source, handle, .. } = &*self.inner;
        let programs = match source {
            Source::Installed(programs) => programs,
            Source::Image(image) => return image.reopening(handle.directory(), database),
        };
        let (server, client) = (programs.server.display(), programs.client.display());
        let directory = handle.directory().display();
        let user: String = as_user().map(|option| format!(" {option}")).collect();
        let layout = data_directory::LAYOUT.join(" ");
        format!(
            "  {server} --no-defaults{user} {layout} --skip-networking \
             --datadir={directory}/data --tmpdir={directory}/tmp --socket={directory}/socket &\n  \
             {client} --no-defaults --user={} --socket={directory}/socket {database}\n",
            handle.user
        )
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if !self.home.holds_evidence() {
            // The guard kills and waits; there is nobody to tell if it cannot.
            image::remove(self.home.path());
            drop(self.process.kill());
            self.home.remove();
            return;
        }
        // Data that somebody will look at is closed in order.
        drop(self.process.terminate(STOP_GRACE));
        image::remove(self.home.path());
    }
}

/// MariaDB refuses to run as root unless it is told to.
pub(super) fn as_user() -> impl Iterator<Item = &'static str> {
    // SAFETY: the call has no preconditions and cannot fail.
    let root = unsafe { libc::geteuid() } == 0;
    root.then_some("--user=root").into_iter()
}

fn serve(source: &Source, home: &ServerHome) -> Result<Process, MySqlError> {
    let server = match source {
        Source::Installed(programs) => Process::builder(&programs.server),
        Source::Image(image) => image.server(home.path())?,
    };
    let process = server
        .arg("--no-defaults")
        .args(as_user())
        .arg(format!("--datadir={}", home.data().display()))
        .arg(format!("--socket={}", home.socket().display()))
        .arg(format!("--pid-file={}", home.path().join("pid").display()))
        // At its start a server removes what others left in its directory for
        // temporary tables, and what others are using there.
        .arg(format!("--tmpdir={}", home.temporary().display()))
        .args(data_directory::LAYOUT)
        .args(["--skip-networking", "--skip-name-resolve"])
        .args(["--character-set-server=utf8mb4", "--max-connections=500"])
        .args(["--innodb-buffer-pool-size=64M", "--performance-schema=OFF"])
        // A test's database need not survive a power failure.
        .args([
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=OFF",
        ])
        .args(["--innodb-flush-method=nosync", "--sync-frm=OFF"])
        .log_path(home.log())
        .ready(Ready::line("ready for connections"))
        .ready_timeout(READY_LIMIT)
        .start()?;
    Ok(process)
}
