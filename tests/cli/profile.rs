//! `cargo shakedown profile`: help, refusals, and attaching with a `perf` of the
//! test's own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use shakedown::fixtures::{EnvGuard, env_guard};

use crate::invocation::shakedown;

#[test]
fn help_says_what_each_profiler_is_for() {
    insta::assert_snapshot!(shakedown(&["profile", "--help"]));
    insta::assert_snapshot!(shakedown(&["profile", "attach", "--help"]));
    insta::assert_snapshot!(shakedown(&["profile", "run", "--help"]));
    insta::assert_snapshot!(shakedown(&["profile", "heap", "--help"]));
    insta::assert_snapshot!(shakedown(&["profile", "view", "--help"]));
}

#[test]
fn no_line_of_help_is_wider_than_a_terminal() {
    for of in ["attach", "run", "heap", "view"] {
        let text = shakedown(&["profile", of, "--help"]);
        let wide: Vec<&str> = text.lines().filter(|l| l.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}

#[test]
fn a_process_that_is_not_there_is_a_usage_error() {
    insta::assert_snapshot!(shakedown(&["profile", "attach", "--pid", "4194999"]));
}

#[test]
fn a_span_without_a_unit_says_what_was_expected() {
    insta::assert_snapshot!(shakedown(&[
        "profile",
        "attach",
        "--pid",
        "1",
        "--duration",
        "30"
    ]));
}

/// Only what is in `directory` can be run.
fn only(directory: &Path) -> EnvGuard {
    let environment = env_guard();
    environment.set("PATH", directory);
    environment
}

#[test]
fn without_a_profiler_it_says_how_to_install_one() {
    let empty = tempfile::tempdir().unwrap();
    let _path = only(empty.path());
    let own = std::process::id().to_string();
    insta::assert_snapshot!(shakedown(&["profile", "attach", "--pid", &own]));
    let program = std::env::current_exe().unwrap();
    let program = program.to_str().unwrap();
    insta::assert_snapshot!(shakedown(&["profile", "run", "--", program]));
    insta::assert_snapshot!(shakedown(&["profile", "run", "--exact", "--", program]));
    insta::assert_snapshot!(shakedown(&["profile", "heap", "--", program]));
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let empty = tempfile::tempdir().unwrap();
    let _path = only(empty.path());
    insta::assert_snapshot!(shakedown(&["profile", "run", "--", "no-such-program"]));
}

/// A `perf` that records until it is stopped and prints `printed`, or fails with
/// `refused`.
fn fake_perf(directory: &Path, printed: &str, refused: Option<&str>) {
    fs::write(directory.join("printed"), printed).unwrap();
    fs::write(directory.join("refused"), refused.unwrap_or_default()).unwrap();
    let script = "#!/bin/sh\n\
        here=$(dirname \"$0\")\n\
        [ \"$1\" = script ] && exec cat \"$here/printed\"\n\
        [ -s \"$here/refused\" ] && { cat \"$here/refused\" >&2; exit 255; }\n\
        while [ $# -gt 0 ]; do [ \"$1\" = -o ] && echo data > \"$2\"; shift; done\n\
        exec sleep 600\n";
    let path = directory.join("perf");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn with_tools(directory: &Path) -> EnvGuard {
    let environment = env_guard();
    environment.set("PATH", format!("{}:/usr/bin:/bin", directory.display()));
    environment
}

const PRINTED: &str = "\
demo worker 7/9  100.001000: 
\t    55d0 _ZN4demo4work17h0123456789abcdefE (/srv/demo)
\t    5000 _ZN4demo4main17h0123456789abcdefE (/srv/demo)
\t    4000 __libc_start_main (/usr/lib/libc.so.6)

demo worker 7/9  100.002000: 
\tffffffff813a2293 schedule ([kernel.kallsyms])
\t    5000 _ZN4demo4main17h0123456789abcdefE (/srv/demo)
";

#[test]
fn attaching_leaves_a_page_a_picture_stacks_and_a_firefox_profile() {
    let tools = tempfile::tempdir().unwrap();
    fake_perf(tools.path(), PRINTED, None);
    let _path = with_tools(tools.path());
    let flames = tools.path().join("flames");
    let own = std::process::id().to_string();
    let said = shakedown(&[
        "profile",
        "attach",
        "--pid",
        &own,
        "--duration",
        "50ms",
        "--hertz",
        "999",
        "--directory",
        flames.to_str().unwrap(),
    ]);
    assert!(said.starts_with("exit 0\n"), "{said}");
    assert!(said.contains("50.0%         50.0%  demo::work\n"), "{said}");
    assert!(said.contains(" 0.0%        100.0%  demo::main\n"), "{said}");
    let page = said.lines().nth(2).unwrap();
    let beside = |ending: &str| fs::read_to_string(page.replace(".html", ending)).unwrap();
    assert!(beside(".html").contains("demo::work") && beside(".svg").starts_with("<svg"));
    assert_eq!(
        beside(".folded"),
        "demo worker;__libc_start_main;demo::main;demo::work 1\ndemo worker;demo::main;schedule_[k] 1\n"
    );
    let firefox: serde_json::Value = serde_json::from_str(&beside(".firefox.json")).unwrap();
    assert_eq!(firefox["threads"][0]["name"], "demo worker");
    assert_eq!(firefox["threads"][0]["samples"]["length"], 2);

    let flames = flames.to_str().unwrap();
    let newest = shakedown(&["profile", "view", "attach", "--directory", flames]);
    assert_eq!(
        newest,
        format!("exit 0\n---- stdout\n{page}\n---- stderr\n")
    );
    let all = shakedown(&[
        "profile",
        "view",
        "--directory",
        flames,
        "--requests",
        "/nowhere",
    ]);
    assert!(all.contains(&format!("attach   {page}\n")), "{all}");
    let none = shakedown(&["profile", "view", "heap", "--directory", flames]);
    assert!(
        none.starts_with("exit 2\n") && none.contains("profile heap -- PROGRAM"),
        "{none}"
    );
}

#[test]
fn an_idle_process_is_no_error_and_says_so() {
    let tools = tempfile::tempdir().unwrap();
    fake_perf(tools.path(), "", None);
    let _path = with_tools(tools.path());
    let flames = tools.path().join("flames");
    let own = std::process::id().to_string();
    let said = shakedown(&[
        "profile",
        "attach",
        "--pid",
        &own,
        "--duration",
        "50ms",
        "--call-graph",
        "fp",
        "--directory",
        flames.to_str().unwrap(),
    ]);
    assert!(
        said.starts_with("exit 0\n") && said.contains("no samples: it used no"),
        "{said}"
    );
}

#[test]
fn a_refusal_of_the_kernel_is_explained() {
    let tools = tempfile::tempdir().unwrap();
    let refused = "Error:\nAccess to performance monitoring and observability operations is limited.\n\
                   perf_event_paranoid setting is 4:\n";
    fake_perf(tools.path(), "", Some(refused));
    let _path = with_tools(tools.path());
    let own = std::process::id().to_string();
    let said = shakedown(&["profile", "attach", "--pid", &own, "--duration", "10s"]);
    assert!(said.starts_with("exit 3\n"), "{said}");
    assert!(
        said.contains(&format!("error: process {own} may not be profiled: ")),
        "{said}"
    );
    assert!(
        said.contains("cargo shakedown profile run -- PROGRAM"),
        "{said}"
    );
}

#[test]
fn what_perf_prints_and_nobody_knows_is_quoted() {
    let tools = tempfile::tempdir().unwrap();
    fake_perf(tools.path(), "demo 7/9  1.0:\n\tnonsense\n", None);
    let _path = with_tools(tools.path());
    let own = std::process::id().to_string();
    let said = shakedown(&["profile", "attach", "--pid", &own, "--duration", "50ms"]);
    assert!(
        said.contains("cannot read what perf wrote: line 2: `\tnonsense`"),
        "{said}"
    );
}
