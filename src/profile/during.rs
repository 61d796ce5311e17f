//! What the load runner is asked to sample, through one variable.

use super::{CallGraph, PerfOptions};

/// Set by `cargo shakedown profile attach --during stress`: `auto`, `fp` or
/// `dwarf`, then `:HZ` where a rate was chosen.
pub const SERVER_VARIABLE: &str = "SHAKEDOWN_PROFILE_SERVER";

/// Reads [`SERVER_VARIABLE`]; none when it is not set.
///
/// # Errors
///
/// What the value should have been.
pub fn server_options(value: Option<&str>) -> Result<Option<PerfOptions>, String> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let expected =
        || format!("`{SERVER_VARIABLE}` is `{value}`: expected `auto`, `fp` or `dwarf`, and `:HZ`");
    let (callers, hertz) = match value.split_once(':') {
        Some((callers, hertz)) => (callers, Some(hertz.parse().map_err(|_| expected())?)),
        None => (value, None),
    };
    let mut options = PerfOptions::lasting(None);
    options.hertz = hertz.filter(|hertz| *hertz > 0);
    options.call_graph = match callers {
        "auto" => None,
        "fp" => Some(CallGraph::FramePointers),
        "dwarf" => Some(CallGraph::Dwarf),
        _ => return Err(expected()),
    };
    Ok(Some(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_says_how_callers_are_found_and_how_often() {
        assert_eq!(server_options(None), Ok(None));
        let options = server_options(Some("dwarf:99")).unwrap().unwrap();
        assert_eq!(options.call_graph, Some(CallGraph::Dwarf));
        assert_eq!(options.hertz, Some(99));
        assert_eq!(
            server_options(Some("auto")),
            Ok(Some(PerfOptions::lasting(None)))
        );
        for bad in ["yes", "fp:often", ":9"] {
            assert!(server_options(Some(bad)).unwrap_err().contains(bad));
        }
    }
}
