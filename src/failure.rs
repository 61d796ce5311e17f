//! The error of a test function: any error, shown with its causes.
//!
//! libtest prints a failed test's error with `Debug`. [`Failure`] makes that
//! readable: the message, then one line a cause.

use std::error::Error;
use std::fmt;

/// The result of a test function or fixture. `?` takes any error.
///
/// # Example
///
/// ```
/// fn parses() -> shakedown::Result {
///     let port: u16 = "8080".parse()?;
///     assert_eq!(port, 8080);
///     Ok(())
/// }
/// # parses().unwrap();
/// ```
pub type Result<T = (), E = Failure> = std::result::Result<T, E>;

/// Any error, shown with its chain of causes.
///
/// It is deliberately no [`Error`] itself, so that `?` converts every error
/// type into it.
pub struct Failure(Box<dyn Error + Send + Sync>);

impl Failure {
    /// A failure that says `message`.
    ///
    /// # Example
    ///
    /// ```
    /// let failure = shakedown::Failure::new("the server never answered");
    /// assert_eq!(failure.to_string(), "the server never answered");
    /// ```
    pub fn new(message: impl Into<String>) -> Self {
        crate::fixtures::note_failure(); // keeps the evidence of the test
        Self(message.into().into())
    }

    /// The error inside.
    #[must_use]
    pub fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        crate::fixtures::note_failure();
        Self(Box::new(error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(&*self.0, f)
    }
}

/// Writes the error's message, then one line a cause. What `Debug` shows for
/// errors that tests are likely to `unwrap`.
pub(crate) fn write_with_causes(
    error: &(dyn Error + 'static),
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    write!(f, "{error}")?;
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(f, "\n  caused by: {error}")?;
        cause = error.source();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot start `{name}`")]
    struct Start {
        name: &'static str,
        source: std::io::Error,
    }

    #[test]
    fn debug_shows_the_chain_of_causes() {
        let failure = Failure::from(Start {
            name: "decoy",
            source: std::io::Error::other("no such file"),
        });
        assert_eq!(
            format!("{failure:?}"),
            "cannot start `decoy`\n  caused by: no such file"
        );
    }

    #[test]
    fn question_mark_takes_any_error() {
        fn parse(text: &str) -> Result<u8> {
            Ok(text.parse()?)
        }
        assert_eq!(parse("7").unwrap(), 7);
        assert!(
            parse("x")
                .unwrap_err()
                .to_string()
                .contains("invalid digit")
        );
    }
}
