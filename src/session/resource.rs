//! A declared resource, as tests see it.

use std::fmt;
use std::sync::OnceLock;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Declaration, Error, Host, alone};

/// A resource that the whole test run shares, made by
/// [`session!`](crate::session!).
///
/// The first [`get`](Self::get) of the run starts it; every other one, in any
/// process, attaches to it.
pub struct Session<T: 'static> {
    declaration: Declaration,
    start: fn(&mut Host) -> crate::Result<T>,
    attached: OnceLock<Result<T, Error>>,
}

impl<T: 'static> Session<T> {
    #[doc(hidden)]
    pub const fn declared(
        declaration: Declaration,
        start: fn(&mut Host) -> crate::Result<T>,
    ) -> Self {
        Self {
            declaration,
            start,
            attached: OnceLock::new(),
        }
    }

    #[doc(hidden)]
    pub const fn declaration(&self) -> &Declaration {
        &self.declaration
    }
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Session<T> {
    /// The handle of the resource, started if this is the first to ask.
    ///
    /// Blocks while it starts; attaching to a started one takes about a tenth
    /// of a millisecond, and nothing once this process has it.
    ///
    /// # Panics
    ///
    /// When the resource cannot be had; the message is that of
    /// [`try_get`](Self::try_get)'s error.
    #[track_caller]
    pub fn get(&'static self) -> &'static T {
        match self.try_get() {
            Ok(handle) => handle,
            Err(error) => panic!("{:?}", crate::Failure::from(error)),
        }
    }

    /// The handle of the resource, or why it cannot be had.
    ///
    /// # Errors
    ///
    /// [`Error`] says what: the start failed or took too long (now or earlier
    /// in this run), its host died, or the directory for such resources cannot
    /// be used. The answer stays the same for the rest of the process.
    pub fn try_get(&'static self) -> Result<&'static T, &'static Error> {
        self.attached.get_or_init(|| self.attach()).as_ref()
    }

    fn attach(&'static self) -> Result<T, Error> {
        if let Some(why) = alone::wanted() {
            return alone::start(&self.declaration, self.start, why);
        }
        #[cfg(target_os = "linux")]
        {
            let handle = super::attach::attach(&self.declaration)?;
            serde_json::from_value(handle).map_err(|source| Error::Handle {
                resource: self.declaration.name.to_owned(),
                source,
            })
        }
        #[cfg(not(target_os = "linux"))]
        unreachable!("`alone::wanted` holds on every other system")
    }

    /// Runs the start function, in the worker.
    #[cfg(target_os = "linux")]
    pub(super) fn start(&self, host: &mut Host) -> crate::Result<serde_json::Value> {
        let handle = (self.start)(host)?;
        Ok(serde_json::to_value(&handle)?)
    }
}

impl<T: fmt::Debug> fmt::Debug for Session<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("name", &self.declaration.name)
            .field("attached", &self.attached.get())
            .finish_non_exhaustive()
    }
}
