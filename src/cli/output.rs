//! The one place where the subcommand prints.

use std::error::Error as _;
use std::fmt;
use std::io::{self, IsTerminal as _, Write};

use super::{Error, Exit};

/// Where data and talk go.
pub struct Output {
    data: Box<dyn Write>,
    talk: Box<dyn Write>,
    /// Whether somebody sees the talk as it is written.
    live: bool,
    /// Whether the line that progress is drawn on is not empty.
    drawn: bool,
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
        let mut output = Self::new(io::stdout(), io::stderr());
        output.live = io::stderr().is_terminal();
        output
    }

    /// Data and talk into writers of your own.
    pub fn new(data: impl Write + 'static, talk: impl Write + 'static) -> Self {
        Self {
            data: Box::new(data),
            talk: Box::new(talk),
            live: false,
            drawn: false,
        }
    }

    /// Writes `text`, which the user asked for.
    ///
    /// A reader that has gone (`| head`) is no error.
    pub(crate) fn data(&mut self, text: &str) -> Result<(), Error> {
        self.undraw();
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
        self.undraw();
        // Talk that nobody can read must not change the outcome.
        drop(writeln!(self.talk, "{line}"));
    }

    /// Draws how far something is, in place of what was drawn before, until the
    /// next line of data or talk; only where the talk is a terminal.
    pub(crate) fn progress(&mut self, line: &str) {
        if self.live {
            drop(write!(self.talk, "\r\x1b[K{line}"));
            drop(self.talk.flush());
            self.drawn = true;
        }
    }

    fn undraw(&mut self) {
        if std::mem::take(&mut self.drawn) {
            drop(write!(self.talk, "\r\x1b[K"));
            drop(self.talk.flush());
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Kept(Rc<RefCell<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn talked(live: bool) -> String {
        let talk = Kept::default();
        let mut output = Output::new(io::sink(), talk.clone());
        output.live = live;
        output.progress("1 of 2");
        output.progress("2 of 2");
        output.talk("done");
        output.talk("bye");
        let bytes = talk.0.borrow().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn progress_is_drawn_over_and_gone_before_the_next_line() {
        assert_eq!(
            talked(true),
            "\r\x1b[K1 of 2\r\x1b[K2 of 2\r\x1b[Kdone\nbye\n"
        );
    }

    #[test]
    fn where_nobody_looks_no_progress_is_drawn() {
        assert_eq!(talked(false), "done\nbye\n");
    }
}
