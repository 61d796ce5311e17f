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

/// An executable script called `name`.
fn script(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A `perf` that records until it is stopped, or until the program ends that it is to
/// start, and prints `printed`, or fails with `refused`.
fn fake_perf(directory: &Path, printed: &str, refused: Option<&str>) {
    fs::write(directory.join("printed"), printed).unwrap();
    fs::write(directory.join("refused"), refused.unwrap_or_default()).unwrap();
    let text = "#!/bin/sh\n\
        here=$(dirname \"$0\")\n\
        [ \"$1\" = script ] && exec cat \"$here/printed\"\n\
        [ -s \"$here/refused\" ] && { cat \"$here/refused\" >&2; exit 255; }\n\
        while [ $# -gt 0 ]; do\n\
        [ \"$1\" = -o ] && echo data > \"$2\"\n\
        [ \"$1\" = -- ] && { shift; exec \"$@\"; }\n\
        shift; done\n\
        exec sleep 600\n";
    script(directory, "perf", text);
}

/// A `samply` that records until it is stopped and leaves what it was told as its
/// profile, or fails with `refused`.
fn fake_samply(directory: &Path, refused: &str) {
    fs::write(directory.join("refused"), refused).unwrap();
    let text = "#!/bin/sh\n\
        here=$(dirname \"$0\")\n\
        [ -s \"$here/refused\" ] && { cat \"$here/refused\" >&2; exit 1; }\n\
        told=\"$*\"\n\
        while [ $# -gt 0 ]; do [ \"$1\" = --output ] && echo \"$told\" > \"$2\"; shift; done\n\
        exec sleep 600\n";
    script(directory, "samply", text);
    for needed in ["sh", "dirname", "cat", "sleep"] {
        let found = ["/usr/bin", "/bin"].map(|of| Path::new(of).join(needed));
        let found = found.iter().find(|path| path.exists()).unwrap();
        std::os::unix::fs::symlink(found, directory.join(needed)).unwrap();
    }
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
    let none = shakedown(&["profile", "view", "request", "--requests", "/nowhere"]);
    assert!(
        none.contains("`/nowhere`") && none.contains("--requests DIR"),
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
fn a_program_that_may_not_be_sampled_is_refused_with_what_needs_no_right() {
    let tools = tempfile::tempdir().unwrap();
    let refused = "Error:\nAccess to performance monitoring and observability operations is limited.\n\
                   perf_event_paranoid setting is 4:\n";
    fake_perf(tools.path(), "", Some(refused));
    let _path = with_tools(tools.path());
    let said = shakedown(&["profile", "run", "--", "/bin/true"]);
    assert!(said.starts_with("exit 3\n"), "{said}");
    assert!(said.contains("error: perf may not sample here: "), "{said}");
    assert!(
        said.contains("cargo shakedown profile run --exact -- PROGRAM"),
        "{said}"
    );
}

#[test]
fn without_perf_samply_samples_and_its_profile_is_found() {
    let tools = tempfile::tempdir().unwrap();
    fake_samply(tools.path(), "");
    let _path = only(tools.path());
    let flames = tools.path().join("flames");
    let flames = flames.to_str().unwrap();
    let own = std::process::id().to_string();
    let of = ["--pid", &own, "--duration", "1500ms", "--hertz", "499"];
    let place = ["--directory", flames];
    let said = shakedown(&[&["profile", "attach"], &of[..], &place[..]].concat());
    assert!(said.starts_with("exit 0\n"), "{said}");
    let kept = said.lines().nth(2).unwrap();
    assert!(kept.ends_with(".json.gz"), "{said}");
    assert!(said.contains(&format!("  samply load {kept}\n")), "{said}");
    let told = fs::read_to_string(kept).unwrap();
    assert!(
        told.contains("--save-only") && told.contains(&format!("--rate 499 --pid {own} ")),
        "{told}"
    );
    let newest = shakedown(&[&["profile", "view", "attach"], &place[..]].concat());
    assert_eq!(
        newest,
        format!("exit 0\n---- stdout\n{kept}\n---- stderr\n")
    );
}

#[test]
fn samply_that_is_refused_is_explained_as_perf_is() {
    let tools = tempfile::tempdir().unwrap();
    fake_samply(tools.path(), "Failed to start: Operation not permitted\n");
    let _path = only(tools.path());
    let own = std::process::id().to_string();
    let said = shakedown(&["profile", "attach", "--pid", &own, "--duration", "10s"]);
    assert!(
        said.starts_with("exit 3\n") && said.contains("may not be profiled: "),
        "{said}"
    );
}

/// A `cargo` whose stress tier leaves `flames`, each in the archive of the environment,
/// and ends with `code`.
fn fake_cargo(directory: &Path, flames: &[&str], code: i32) {
    let mut text = "#!/bin/sh\nmkdir -p \"$STRESS_ARCHIVE\"\n".to_owned();
    text.push_str("[ \"$SHAKEDOWN_PROFILE_SERVER\" = dwarf:99 ] || exit 9\n");
    for flame in flames {
        text.push_str(&format!("echo > \"$STRESS_ARCHIVE/{flame}\"\n"));
    }
    script(directory, "cargo", &format!("{text}exit {code}\n"));
}

const DURING: [&str; 8] = [
    "profile",
    "attach",
    "--during",
    "stress",
    "--hertz",
    "99",
    "--call-graph",
    "dwarf",
];

#[test]
fn flame_graphs_of_load_tests_are_named_those_that_are_new() {
    let tools = tempfile::tempdir().unwrap();
    fake_perf(tools.path(), "", None);
    fake_cargo(tools.path(), &["one_flame.svg", "one.json"], 0);
    let environment = with_tools(tools.path());
    let archive = tools.path().join("profiles");
    environment.set("STRESS_ARCHIVE", &archive);
    fs::create_dir(&archive).unwrap();
    fs::write(archive.join("old_flame.svg"), "").unwrap();
    let said = shakedown(&DURING);
    let flame = archive.join("one_flame.svg");
    let expected = format!("exit 0\n---- stdout\n{}\n---- stderr\n", flame.display());
    assert!(said.starts_with(&expected), "{said}");
    assert!(said.contains("cargo shakedown story"), "{said}");
}

#[test]
fn load_tests_that_left_no_flame_graph_are_an_error() {
    let tools = tempfile::tempdir().unwrap();
    fake_perf(tools.path(), "", None);
    fake_cargo(tools.path(), &["one.json"], 0);
    let environment = with_tools(tools.path());
    environment.set("STRESS_ARCHIVE", tools.path().join("profiles"));
    let said = shakedown(&DURING);
    assert!(!said.starts_with("exit 0\n"), "{said}");
    assert!(said.contains("error: nothing was sampled: "), "{said}");
    assert!(
        said.contains("help: ") && said.contains("Stress::server_pid"),
        "{said}"
    );
}

#[test]
fn load_tests_that_may_not_be_sampled_are_not_begun() {
    let tools = tempfile::tempdir().unwrap();
    fake_perf(
        tools.path(),
        "",
        Some("perf_event_paranoid setting is 4:\n"),
    );
    fake_cargo(tools.path(), &["one_flame.svg"], 0);
    let environment = with_tools(tools.path());
    let archive = tools.path().join("profiles");
    environment.set("STRESS_ARCHIVE", &archive);
    let said = shakedown(&DURING);
    assert!(said.contains("error: perf may not sample here: "), "{said}");
    assert!(!archive.exists(), "the tests were run");
}

#[test]
fn what_load_tests_have_no_use_for_is_refused() {
    for option in [
        &["--duration", "9s"][..],
        &["--open"],
        &["--directory", "x"],
    ] {
        let said = shakedown(&[&DURING, option].concat());
        assert!(
            said.starts_with("exit 2\n") && said.contains("cannot be used with"),
            "{said}"
        );
    }
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
