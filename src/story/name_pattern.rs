//! Patterns for file names that are not ours: `nightly-{users}u-{commit}`.

use super::{Factors, StoryError};

/// A file name with holes. Text outside braces must match as it is; each hole
/// takes the shortest text up to what follows it and becomes that factor. A
/// hole named `_` takes text and keeps none of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    pieces: Vec<Piece>,
    fixed: Factors,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Hole(String),
}

impl NamePattern {
    /// Reads `pattern`; every name that matches also gets the factors in `fixed`.
    ///
    /// # Errors
    /// [`StoryError::Pattern`]: a brace without its partner, a hole without a
    /// name, or two holes with nothing between them.
    pub fn new(pattern: &str, fixed: Factors) -> Result<Self, StoryError> {
        let malformed = |cause| StoryError::Pattern {
            pattern: pattern.to_owned(),
            cause,
        };
        let mut pieces = Vec::new();
        let mut rest = pattern;
        while !rest.is_empty() {
            let open = rest.find('{').unwrap_or(rest.len());
            if rest[..open].contains('}') {
                return Err(malformed("a `}` stands without its `{`"));
            }
            if open > 0 {
                pieces.push(Piece::Text(rest[..open].to_owned()));
            }
            let Some(inside) = rest[open..].strip_prefix('{') else {
                break;
            };
            let close = inside
                .find('}')
                .ok_or_else(|| malformed("a `{` is never closed"))?;
            if close == 0 {
                return Err(malformed("`{}` names no factor"));
            }
            if matches!(pieces.last(), Some(Piece::Hole(_))) {
                return Err(malformed("two factors stand side by side"));
            }
            pieces.push(Piece::Hole(inside[..close].to_owned()));
            rest = &inside[close + 1..];
        }
        Ok(Self { pieces, fixed })
    }

    /// The factors of `stem`, or `None` when it does not match.
    #[must_use]
    pub fn factors_of(&self, stem: &str) -> Option<Factors> {
        let mut factors = self.fixed.clone();
        let mut rest = stem;
        let mut pieces = self.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Text(text) => rest = rest.strip_prefix(text.as_str())?,
                Piece::Hole(name) => {
                    let end = match pieces.peek() {
                        Some(Piece::Text(text)) => rest.find(text.as_str())?,
                        _ => rest.len(),
                    };
                    if end == 0 {
                        return None;
                    }
                    if name != "_" {
                        factors.set(name, &rest[..end]);
                    }
                    rest = &rest[end..];
                }
            }
        }
        rest.is_empty().then_some(factors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> NamePattern {
        let mut fixed = Factors::new();
        fixed.set("tracing", "off");
        NamePattern::new(text, fixed).unwrap()
    }

    #[test]
    fn holes_become_factors() {
        let factors = pattern("nightly-{users}u-{_}-{commit}")
            .factors_of("nightly-800u-monday-abc1234")
            .unwrap();
        assert_eq!(
            factors.shown(),
            [("users", "800"), ("tracing", "off"), ("commit", "abc1234")]
        );
    }

    #[test]
    fn what_does_not_match_is_left_to_others() {
        let pattern = pattern("nightly-{users}u");
        assert_eq!(pattern.factors_of("weekly-800u"), None);
        assert_eq!(pattern.factors_of("nightly-u"), None);
        assert_eq!(pattern.factors_of("nightly-800u-more"), None);
    }

    #[test]
    fn malformed_patterns_say_why() {
        for (text, cause) in [
            ("a{users", "a `{` is never closed"),
            ("a}b", "a `}` stands without its `{`"),
            ("{}", "`{}` names no factor"),
            ("{users}{commit}", "two factors stand side by side"),
        ] {
            let error = NamePattern::new(text, Factors::new()).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("the name pattern `{text}` is malformed: {cause}")
            );
        }
    }
}
