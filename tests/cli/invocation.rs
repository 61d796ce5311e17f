//! Runs the subcommand in process and keeps what it printed.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use shakedown::cli::{self, Output};

/// A writer whose content can be read after the run.
#[derive(Debug, Clone, Default)]
struct Kept(Rc<RefCell<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("the subcommand prints UTF-8")
    }
}

/// Runs `cargo shakedown <arguments>`; exit code, data and talk as one text.
pub(crate) fn shakedown(arguments: &[&str]) -> String {
    let (data, talk) = (Kept::default(), Kept::default());
    let mut output = Output::new(data.clone(), talk.clone());
    let arguments = ["cargo-shakedown", "shakedown"]
        .iter()
        .chain(arguments)
        .map(Into::into);
    let exit = cli::run(arguments, &mut output);
    format!(
        "exit {}\n---- stdout\n{}---- stderr\n{}",
        exit.code(),
        data.text(),
        talk.text()
    )
}
