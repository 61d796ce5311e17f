//! What is in decnet's image, and what is not.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shakedown::Result;
use shakedown::container::Container;

use crate::image::{DECNET, docker};

/// Bytes that the image may have.
const BUDGET: u64 = 30_000_000;

fn inspected() -> Result<Value> {
    let about: Value = serde_json::from_str(&docker(&["image", "inspect", DECNET])?)?;
    Ok(about[0].clone())
}

#[test]
fn it_is_small() -> Result {
    let size = inspected()?["Size"].as_u64().unwrap();
    println!(
        "{DECNET}: {:.1} MB (budget {:.0} MB)",
        size as f64 / 1e6,
        BUDGET as f64 / 1e6
    );
    assert!((1_000_000..=BUDGET).contains(&size), "{size} bytes");
    Ok(())
}

#[test]
fn its_declaration_is_what_the_dockerfile_says() -> Result {
    let config = &inspected()?["Config"];
    for (key, expected) in [
        ("User", json!("65532:65532")),
        ("ExposedPorts", json!({"8000/tcp": {}})),
        ("Volumes", json!({"/data": {}})),
        ("WorkingDir", json!("/data")),
        ("Entrypoint", json!(["/usr/bin/decnet"])),
        ("Cmd", json!(["api"])),
        ("StopSignal", json!("SIGTERM")),
    ] {
        assert_eq!(config[key], expected, "{key}");
    }
    let check = &config["Healthcheck"]["Test"];
    assert_eq!(check, &json!(["CMD", "/usr/bin/decnet", "health"]));
    Ok(())
}

#[test]
fn neither_its_environment_nor_its_history_holds_a_secret() -> Result {
    let about = inspected()?;
    let environment = about["Config"]["Env"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let names: BTreeSet<_> = environment
        .iter()
        .filter_map(|pair| Some(pair.as_str()?.split_once('=')?.0.to_owned()))
        .collect();
    let expected = [
        "DECNET_API_HOST",
        "DECNET_API_PORT",
        "DECNET_DB_URL",
        "PATH",
    ];
    assert_eq!(names, expected.map(str::to_owned).into());
    let history = docker(&[
        "history",
        "--no-trunc",
        "--format",
        "{{.CreatedBy}}",
        DECNET,
    ])?;
    assert!(history.contains("HEALTHCHECK"), "{history}");
    for word in ["SECRET", "PASSWORD", "TOKEN", "PRIVATE KEY"] {
        assert!(
            !history.to_uppercase().contains(word),
            "{word} in {history}"
        );
    }
    Ok(())
}

/// What the engine puts into every container.
const OF_THE_ENGINE: [&str; 5] = [
    ".dockerenv",
    "dev/console",
    "etc/hostname",
    "etc/hosts",
    "etc/resolv.conf",
];

#[tokio::test]
async fn it_holds_the_program_its_libraries_and_nothing_else() -> Result {
    let container = Container::builder(DECNET).arg("services").start().await?;
    let exported = tempfile::NamedTempFile::new()?;
    let path = exported.path().display().to_string();
    docker(&["export", "--output", &path, container.name()])?;
    let listed = std::process::Command::new("tar")
        .args(["-tf", &path])
        .output()?;
    let listed = String::from_utf8(listed.stdout)?;
    let files: BTreeSet<&str> = listed
        .lines()
        .filter(|file| !file.ends_with('/') && !OF_THE_ENGINE.contains(file))
        .collect();
    let (libraries, others): (BTreeSet<&str>, BTreeSet<&str>) =
        files.iter().partition(|file| file.contains(".so"));
    let expected = [
        "etc/group",
        "etc/mtab",
        "etc/nsswitch.conf",
        "etc/passwd",
        "usr/bin/decnet",
    ];
    assert_eq!(others, expected.into());
    assert!(
        libraries.iter().any(|file| file.ends_with("/libc.so.6")),
        "{libraries:?}"
    );
    Ok(())
}

#[test]
fn it_has_no_shell() {
    for shell in ["/bin/sh", "/bin/bash", "/busybox/sh"] {
        let run = docker(&["run", "--rm", "--entrypoint", shell, DECNET, "-c", "true"]);
        let error = run.unwrap_err().to_string();
        assert!(error.contains("no such file or directory"), "{error}");
    }
}
