//! Annotations of a GitHub workflow: a line of its own grammar for each.

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Annotation {
    Error,
    Warning,
}

impl Annotation {
    /// `::warning title=phase NAME::sentence`, its special characters escaped.
    pub(super) fn line(self, phase: &str, sentence: &str) -> String {
        let level = match self {
            Self::Error => "error",
            Self::Warning => "warning",
        };
        let title = property(&format!("phase {phase}"));
        format!("::{level} title={title}::{}\n", data(sentence))
    }
}

fn data(value: &str) -> String {
    value
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(value: &str) -> String {
    data(value).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_an_annotation_is_escaped() {
        let line = Annotation::Warning.line("A,B:C", "50% slower:\nno engine");
        assert_eq!(
            line,
            "::warning title=phase A%2CB%3AC::50%25 slower:%0Ano engine\n"
        );
        assert!(Annotation::Error.line("A", "x").starts_with("::error "));
    }
}
