//! The one place where the subcommand prints.

use std::error::Error as _;
use std::fmt;
use std::io::{self, Write};

use super::{Error, Exit};

/// Where data and talk go.
pub struct Output {
    data: Box<dyn Write>,
    talk: Box<dyn Write>,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").finish_non_exhaustive()
    }
}

impl Output {
    /// Data on standard output, talk on standard error.
    #[must_use]
    pub fn terminal() -> Self {
        Self::new(io::stdout(), io::stderr())
    }

    /// Data and talk into writers of your own.
    pub fn new(data: impl Write + 'static, talk: impl Write + 'static) -> Self {
        Self {
            data: Box::new(data),
            talk: Box::new(talk),
        }
    }

    /// Writes `text`, which the user asked for.
    ///
    /// A reader that has gone (`| head`) is no error.
    pub(crate) fn data(&mut self, text: &str) -> Result<(), Error> {
        match self
            .data
            .write_all(text.as_bytes())
            .and_then(|()| self.data.flush())
        {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(source) => Err(Error::Write { source }),
            Ok(()) => Ok(()),
        }
    }

    /// Writes a line about what is going on.
    pub(crate) fn talk(&mut self, line: &str) {
        // Talk that nobody can read must not change the outcome.
        drop(writeln!(self.talk, "{line}"));
    }

    pub(crate) fn show_error(&mut self, error: &Error) -> Exit {
        self.talk(&format!("error: {error}"));
        let mut cause = error.source();
        while let Some(error) = cause {
            self.talk(&format!("  caused by: {error}"));
            cause = error.source();
        }
        if let Some(help) = error.help() {
            self.talk(&format!("help: {help}"));
        }
        error.into()
    }

    /// Shows clap's help, version or usage error.
    pub(crate) fn show_clap(&mut self, error: &clap::Error) -> Exit {
        let text = error.render().to_string();
        if error.use_stderr() {
            drop(self.talk.write_all(text.as_bytes()));
            return Exit::Usage;
        }
        match self.data(&text) {
            Ok(()) => Exit::Fine,
            Err(error) => self.show_error(&error),
        }
    }
}
