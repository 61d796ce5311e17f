//! `decnet services`, and what `decoy` and `deploy` refuse to start with.

use std::process::ExitCode;

/// Runs decnet's command line in process: exit code, stdout, stderr.
fn decnet(arguments: &[&str]) -> (ExitCode, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["decnet"].iter().chain(arguments).map(Into::into);
    let code = decnet::cli::run(arguments, &|_| None, &mut out, &mut err);
    (
        code,
        String::from_utf8(out).unwrap(),
        String::from_utf8(err).unwrap(),
    )
}

#[test]
fn services_lists_every_decoy_with_its_usual_port() {
    let (code, out, err) = decnet(&["services"]);
    assert_eq!((code, err.as_str()), (ExitCode::SUCCESS, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn a_rescan_makes_no_database_and_says_that_there_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/decnet/rules");
    let path = directory.path().join("tpyo.db");
    for path in [path.as_path(), directory.path()] {
        let shown = path.display().to_string();
        let (code, out, err) = decnet(&["rescan", "--rules", rules, "--db", &shown]);
        assert_eq!((code, out.as_str()), (ExitCode::from(2), ""), "{err}");
        let expected = format!("error: there is no database `{shown}`\nhelp: `--db`");
        assert!(err.starts_with(&expected), "{err}");
    }
    assert!(!path.exists());
}

#[test]
fn what_decoys_cannot_start_with_is_named() {
    let token = ["--token", "t"];
    let deploy = ["deploy", "--mode", "unihost", "--deckies"];
    let cases: &[(&[&str], u8, &str)] = &[
        (
            &["decoy", "--service", "gopher"],
            2,
            "`gopher` is no service",
        ),
        (&["decoy", "--service", "ftp"], 2, "help: `--token`"),
        (
            &[
                "decoy",
                "--service",
                "ftp",
                token[0],
                token[1],
                "--api",
                "https://a",
            ],
            2,
            "`https://a` is not the address of an API",
        ),
        (
            &[
                "decoy",
                "--service",
                "ftp",
                token[0],
                token[1],
                "--host",
                "192.0.2.1",
                "--port",
                "0",
            ],
            1,
            "cannot listen on `192.0.2.1:0`",
        ),
        (
            &[deploy[0], deploy[1], deploy[2], deploy[3], "0"],
            2,
            "--deckies",
        ),
        (
            &[
                deploy[0],
                deploy[1],
                deploy[2],
                deploy[3],
                "1",
                token[0],
                token[1],
                "--first",
                "192.0.2.1",
                "--ports",
                "any",
            ],
            1,
            "`decky-01` cannot play ssh on `192.0.2.1:0`",
        ),
    ];
    for (arguments, code, expected) in cases {
        let (found, _, err) = decnet(arguments);
        assert_eq!(found, ExitCode::from(*code), "{arguments:?}: {err}");
        assert!(err.contains(expected), "{arguments:?}: {err}");
    }
}
