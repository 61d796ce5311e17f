//! `session!`, and where a declared resource hooks into the start of a process.

use std::time::Duration;

use super::Session;
use crate::fixtures::fnv::Fnv;

/// Declares a resource that the whole test run shares.
///
/// ```text
/// session!([#[attributes]] [pub] NAME: Handle = start [, start_timeout: duration]);
/// session!([#[attributes]] [pub] NAME: Handle = async start [, start_timeout: duration]);
/// ```
///
/// `start` is a function `fn(&mut Host) -> shakedown::Result<Handle>`, or with
/// `async` (and the feature `tokio`) `async fn(&mut Host) ->
/// shakedown::Result<Handle>`, whose single-threaded runtime is kept running
/// until the end. `Handle` is what tests need to reach the resource: any
/// `serde` type, such as an address, a URL or a struct of them; without
/// `: Handle` it is a `String`. A start that takes longer than
/// `start_timeout` (60 seconds if not given) fails.
///
/// Test binaries share an instance when they declare it in the same source
/// file, for example a module that each includes, or a crate of fixtures.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use shakedown::session::Host;
///
/// fn start_server(host: &mut Host) -> shakedown::Result<String> {
///     let socket = host.dir().join("server.sock");
///     // host.spawn(Command::new("server").arg(&socket))?;
///     Ok(socket.display().to_string())
/// }
///
/// shakedown::session! {
///     /// The socket of the server that all tests talk to.
///     pub SERVER = start_server, start_timeout: Duration::from_secs(20)
/// }
/// ```
#[macro_export]
macro_rules! session {
    ($(#[$meta:meta])* $vis:vis $name:ident : $handle:ty = async $start:expr $(, start_timeout: $limit:expr)? $(,)?) => {
        $crate::__session!(
            [$(#[$meta])*] [$vis] $name, $handle,
            |host| $crate::__session_drive!(host, $start), [$($limit)?]
        );
    };
    ($(#[$meta:meta])* $vis:vis $name:ident : $handle:ty = $start:expr $(, start_timeout: $limit:expr)? $(,)?) => {
        $crate::__session!([$(#[$meta])*] [$vis] $name, $handle, $start, [$($limit)?]);
    };
    ($(#[$meta:meta])* $vis:vis $name:ident = async $($rest:tt)*) => {
        $crate::session!($(#[$meta])* $vis $name: ::std::string::String = async $($rest)*);
    };
    ($(#[$meta:meta])* $vis:vis $name:ident = $($rest:tt)*) => {
        $crate::session!($(#[$meta])* $vis $name: ::std::string::String = $($rest)*);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __session {
    ([$(#[$meta:meta])*] [$vis:vis] $name:ident, $handle:ty, $start:expr, [$($limit:expr)?]) => {
        $(#[$meta])*
        $vis static $name: $crate::session::Session<$handle> = $crate::session::Session::declared(
            $crate::session::Declaration {
                name: ::core::stringify!($name),
                file: ::core::file!(),
                line: ::core::line!(),
                package: ::core::env!("CARGO_MANIFEST_DIR"),
                start_timeout: $crate::session::Declaration::limit([$($limit)?]),
            },
            $start,
        );
        // The keeper's hook comes before every other, while the process has one
        // thread and can be forked; the worker's after the environment is
        // pinned and before a gate could end the process.
        $crate::__on_start!(keeper, $crate::session::on_keeper_stage($name.declaration()));
        $crate::__on_start!(worker, $crate::session::on_worker_stage(&$name));
    };
}

/// How an async start function is run.
#[cfg(feature = "tokio")]
#[doc(hidden)]
#[macro_export]
macro_rules! __session_drive {
    ($host:ident, $start:expr) => {
        $crate::session::Host::drive($host, $start)
    };
}

#[cfg(not(feature = "tokio"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __session_drive {
    ($host:ident, $start:expr) => {{
        ::core::compile_error!(
            "an `async` start function needs shakedown's feature `tokio`: \
             shakedown = { features = [\"tokio\"] }"
        );
        ::core::unreachable!()
    }};
}

/// What `session!` knows about a resource.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// The name of the static.
    pub name: &'static str,
    /// The source file, as the compiler was given it.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
    /// The directory of the package.
    pub package: &'static str,
    /// How long a start may take.
    pub start_timeout: Duration,
}

impl Declaration {
    /// The limit given, or the usual one.
    #[must_use]
    pub const fn limit<const N: usize>(given: [Duration; N]) -> Duration {
        if N == 0 {
            Duration::from_secs(60)
        } else {
            given[0]
        }
    }

    /// What makes two declarations the same resource: where it is declared, not
    /// the crate that includes the file.
    pub(super) fn id(&self) -> String {
        format!("{}:{}:{}", normal(self.file), self.line, self.name)
    }

    /// `tests/service/mod.rs:12`.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", normal(self.file), self.line)
    }

    /// The name of its directory: readable, and unique through a hash.
    pub(super) fn slug(&self) -> String {
        let mut hash = Fnv::new();
        hash.part(self.id().as_bytes());
        format!("{}-{}", self.name.to_lowercase(), &hash.hex()[..8])
    }
}

/// `tests/api/../service/mod.rs` and `tests/service/mod.rs` are one file.
fn normal(file: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in file.split(['/', '\\']) {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Turns the process into the keeper if it was started as this resource's.
#[doc(hidden)]
pub fn on_keeper_stage(declaration: &'static Declaration) {
    #[cfg(target_os = "linux")]
    super::keeper::on_start(declaration);
    #[cfg(not(target_os = "linux"))]
    let _ = declaration;
}

/// Turns the process into the worker if the keeper forked it as this
/// resource's.
#[doc(hidden)]
pub fn on_worker_stage<T>(session: &'static Session<T>)
where
    T: serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    #[cfg(target_os = "linux")]
    super::worker::on_start(session.declaration(), |host| session.start(host));
    #[cfg(not(target_os = "linux"))]
    let _ = session;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(file: &'static str) -> Declaration {
        Declaration {
            name: "SERVER",
            file,
            line: 7,
            package: "/",
            start_timeout: Declaration::limit([]),
        }
    }

    #[test]
    fn a_file_included_by_two_binaries_declares_one_resource() {
        let by_path = declared("tests/api/../service/mod.rs");
        let by_name = declared("tests/./service/mod.rs");
        assert_eq!(by_path.slug(), by_name.slug());
        assert_eq!(by_path.place(), "tests/service/mod.rs:7");
    }

    #[test]
    fn equal_names_in_different_files_are_different_resources() {
        assert_ne!(
            declared("a/tests/service.rs").slug(),
            declared("b/tests/service.rs").slug()
        );
    }
}
