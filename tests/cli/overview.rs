//! The subcommand's own help, version and usage errors.

use crate::invocation::shakedown;

#[test]
fn help_lists_the_commands_and_exit_codes() {
    insta::assert_snapshot!(shakedown(&["--help"]));
}

#[test]
fn version_names_the_package() {
    insta::assert_snapshot!(shakedown(&["--version"]));
}

#[test]
fn an_unknown_command_is_a_usage_error() {
    insta::assert_snapshot!(shakedown(&["teirs"]));
}

#[test]
fn no_line_of_help_is_wider_than_a_terminal() {
    for arguments in [&["--help"][..], &["tiers", "--help"]] {
        let text = shakedown(arguments);
        let wide: Vec<&str> = text.lines().filter(|l| l.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}
