//! A database of one test.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use super::home::TEST_PREFIX;
use super::{MySqlError, MySqlServer, client};
use crate::fixtures::Outset;
use crate::fixtures::at_exit::{self, Settled};
use crate::fixtures::test_name;

/// A database of the test's own, dropped when the test succeeds and kept when
/// it fails, by the rules of [`Scratch`](crate::fixtures::Scratch).
#[derive(Debug)]
#[must_use = "the database is dropped when this is"]
pub struct Database {
    server: MySqlServer,
    name: String,
    outset: Outset,
    keep: bool,
    /// The template under construction is not a test's.
    settles: bool,
}

impl Database {
    /// An empty database named after the test.
    ///
    /// # Errors
    ///
    /// When the server does not answer, or has no room.
    pub fn create(server: &MySqlServer) -> Result<Self, MySqlError> {
        Self::create_with(server, "")
    }

    /// Runs `script` in a new database.
    pub(super) fn create_with(server: &MySqlServer, script: &str) -> Result<Self, MySqlError> {
        let name = new_name();
        let identifier = client::identifier(&name);
        let script = format!("CREATE DATABASE {identifier}; USE {identifier};\n{script}");
        server.execute(None, &script, || format!("create the database `{name}`"))?;
        Ok(Self {
            server: server.clone(),
            name,
            outset: Outset::now(),
            keep: false,
            settles: true,
        })
    }

    /// An existing database that this value does not drop.
    pub(super) fn borrowed(server: &MySqlServer, name: &str) -> Self {
        Self {
            server: server.clone(),
            name: name.to_owned(),
            outset: Outset::now(),
            keep: false,
            settles: false,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's unix socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.server.handle().socket()
    }

    /// The account, which has no password.
    #[must_use]
    pub fn user(&self) -> &str {
        self.server.handle().user()
    }

    /// The server.
    pub fn server(&self) -> &MySqlServer {
        &self.server
    }

    /// `mysql://root@localhost/<name>?socket=<path>`, as `mysql_async`, `mysql`
    /// and `sqlx` understand it; other drivers take the parts.
    #[must_use]
    pub fn url(&self) -> String {
        let mut url = format!("mysql://{}@localhost/{}?socket=", self.user(), self.name);
        for byte in self.socket().as_os_str().as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    url.push(char::from(*byte));
                }
                _ => write!(url, "%{byte:02X}").expect("a String takes any text"),
            }
        }
        url
    }

    /// Runs statements, separated by `;`, through the client `mariadb`, and
    /// stops at the first that fails. What they select comes back as a line per
    /// row, with tabs between the values.
    ///
    /// For set-up and for looking at the outcome: the statements are not
    /// prepared, so nothing that a test received belongs into them.
    ///
    /// # Errors
    ///
    /// The server's words for the first statement that it refused.
    pub fn execute(&self, statements: &str) -> Result<String, MySqlError> {
        self.server.execute(Some(&self.name), statements, || {
            format!("run statements in the database `{}`", self.name)
        })
    }

    /// Keeps the database even when the test succeeds.
    pub fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.settles {
            return;
        }
        let leftover = Leftover {
            server: self.server.clone(),
            name: std::mem::take(&mut self.name),
        };
        if self.keep || self.outset.has_failed() {
            leftover.announce();
            return;
        }
        if let Err(leftover) = at_exit::put_off(Box::new(leftover)) {
            leftover.settle(true);
        }
    }
}

/// A database to be dropped if the test succeeds.
struct Leftover {
    server: MySqlServer,
    name: String,
}

impl Leftover {
    /// Says how to look at it, where libtest prints the failure.
    fn announce(&self) {
        let _ = writeln!(
            io::stderr(),
            "the database `{}` is kept; to look at it (the server ends with its test or run):\n{}",
            self.name,
            self.server.reopening(&self.name)
        );
    }
}

impl Settled for Leftover {
    fn settle(self: Box<Self>, success: bool) {
        if !success {
            self.announce();
            return;
        }
        let statement = format!("DROP DATABASE {}", client::identifier(&self.name));
        let dropped = self.server.execute(None, &statement, || {
            format!("drop the database `{}`", self.name)
        });
        if let Err(error) = dropped {
            let _ = writeln!(io::stderr(), "warning: {error}");
        }
    }
}

/// `test_<test>_<process>_<number>`, at most 64 characters, as MySQL demands.
fn new_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut name = format!(
        "{TEST_PREFIX}{}_{:x}_{number}",
        plain(&test_name::test()),
        process::id()
    );
    name.truncate(64);
    name
}

/// `text` in lower case, with everything but letters and digits replaced.
pub(super) fn plain(text: &str) -> String {
    let plain = |c: char| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
        _ => '_',
    };
    text.chars().take(40).map(plain).collect()
}
