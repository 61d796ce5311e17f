//! What makes a run another one than was asked for, though it has figures.

/// What is to be told of a run: whether it was complete, how many arrivals were never
/// sent, and how many kinds of exceptions its scenario had. None where all is well.
pub(crate) fn trouble_of(complete: bool, unsent: u64, exceptions: usize) -> Option<String> {
    let mut troubles = Vec::new();
    if !complete {
        troubles.push("the run was interrupted".to_owned());
    }
    if unsent > 0 {
        troubles.push(format!("{unsent} arrivals were never sent"));
    }
    if exceptions > 0 {
        troubles.push(format!("the scenario had exceptions of {exceptions} kinds"));
    }
    (!troubles.is_empty()).then(|| troubles.join(", "))
}

#[test]
fn a_run_that_was_cut_short_or_did_not_send_everything_is_told() {
    assert_eq!(trouble_of(true, 0, 0), None);
    let cut = trouble_of(false, 0, 0);
    assert_eq!(cut.as_deref(), Some("the run was interrupted"));
    let both = trouble_of(true, 7, 2);
    let expected = "7 arrivals were never sent, the scenario had exceptions of 2 kinds";
    assert_eq!(both.as_deref(), Some(expected));
}
