//! Compose itself reads the file of the development collector.

use std::process::Command;

const FILE: &str = "development/docker-compose.otel.yml";

/// Compose, as a program of its own or as a part of `docker`.
fn compose() -> Option<Command> {
    let candidates: [(&str, &[&str]); 2] = [("docker", &["compose"]), ("docker-compose", &[])];
    let works = |(program, arguments): &(&str, &[&str])| {
        let version = Command::new(program)
            .args(*arguments)
            .arg("version")
            .output();
        version.is_ok_and(|output| output.status.success())
    };
    let (program, arguments) = candidates.into_iter().find(works)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    Some(command)
}

/// The requirement of this module.
pub(crate) fn is_here() -> Result<(), String> {
    match compose() {
        Some(_) => Ok(()),
        None => Err("neither `docker compose` nor `docker-compose`; \
                     `apt-get install docker-compose` is one"
            .to_owned()),
    }
}

#[test]
fn compose_takes_the_file_of_the_development_collector() {
    let mut compose = compose().expect("compose answers, as it did before the test");
    let output = compose.args(["-f", FILE, "config"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(
        text.contains("4317") && text.contains("127.0.0.1"),
        "{text}\n{errors}"
    );
}
