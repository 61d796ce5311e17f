//! A MariaDB server as a child process, and a fresh, migrated database per test
//! in it.
//!
//! ```no_run
//! use shakedown::db::mysql::{MySqlServer, Template};
//!
//! # fn test() -> shakedown::Result {
//! let server = MySqlServer::of_run()?;
//! let database = Template::new("users")
//!     .key(["CREATE TABLE users (name TEXT)"])
//!     .build_with(|empty| empty.execute("CREATE TABLE users (name TEXT)").map(drop))
//!     .fresh(&server)?;
//! let url = database.url(); // for the driver of your choice
//! # Ok(())
//! # }
//! ```
//!
//! # What is needed
//!
//! MariaDB's server and its command-line client, nothing running and no root:
//! on Debian and Ubuntu `mariadb-server-core` and `mariadb-client-core`, 8 MB.
//! [`available`] says whether they are there; put it into
//! [`requires!`](crate::requires!).
//!
//! Where they are missing, or with `SHAKEDOWN_MARIADB=image`, the server runs in
//! a container of the image `shakedown/mariadb:local`: a server and client under
//! Debian's paths, and an initialised `/var/lib/mysql`. The container has no
//! network; it writes to the same directory and listens on the same socket as a
//! process would, so nothing else differs. It is removed with the server, or,
//! when its process was killed, by the next start, or by the next reaper of the
//! feature `container`.
//!
//! # Why the command-line client
//!
//! Databases are made and dropped through the program `mariadb`, so this
//! library links no driver: a test uses the one that its service uses, of
//! whichever version, and a build without the feature gains no crate. It costs
//! the start of a small program per statement list, some milliseconds; the
//! statements of the test itself never go that way.
//!
//! # One server for many tests
//!
//! [`MySqlServer::of_run`] is one for the whole test run, across nextest's
//! processes: a [session resource](mod@crate::session), so it is gone when the
//! run is, however that ends. [`MySqlServer::shared`] is one per test process
//! for as long as a test holds it, for tests that change or kill the server.
//!
//! # What is left behind
//!
//! Nothing, when the test succeeds: the database is dropped, the server killed
//! with the process that started it, however that ends (see
//! [`process`](crate::process)), and its directory removed. The database of a
//! test that fails is kept, and how to reopen it is printed. It lives in
//! `<tmp>/shakedown-<user id>/mariadb/<server>`; the newest three such
//! directories are kept.
//!
//! The server trades durability for speed, as a test may: it does not wait for
//! the disk.

mod client;
mod clone_script;
mod data_directory;
mod database;
mod error;
mod home;
mod image;
mod programs;
mod run;
mod server;
mod template;

pub use database::Database;
pub use error::MySqlError;
pub use programs::available;
pub use server::{MySqlHandle, MySqlServer};
pub use template::Template;
