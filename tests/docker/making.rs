//! `make images`: from the Dockerfile, once, without what the shell exports.

use std::process::{Command, Stdio};

use shakedown::{Failure, Result};

use crate::image::docker;

/// Exported while the image is made; it must not get in.
const CANARY: &str = "canary-5d1f6a0c-of-the-shell";

/// Images of a name of their own, removed when dropped.
struct Made(String);

impl Made {
    fn named(name: &str) -> Self {
        Self(format!("shakedown-{name}-{}", std::process::id()))
    }

    fn image(&self) -> String {
        format!("{}/decnet:local", self.0)
    }

    /// Runs the script; what it said.
    fn make(&self) -> Result<String> {
        let output = Command::new("fixtures/images/make")
            .arg("decnet")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("IMAGES_PREFIX", &self.0)
            .env("DECNET_JWT_SECRET", CANARY)
            .stdin(Stdio::null())
            .output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(Failure::new(format!("it failed:\n{errors}")));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    fn id(&self) -> Result<String> {
        docker(&["image", "inspect", "--format", "{{.Id}}", &self.image()])
    }
}

impl Drop for Made {
    #[expect(
        clippy::print_stderr,
        reason = "a drop has no other way to say that something stayed"
    )]
    fn drop(&mut self) {
        let base = format!("{}/decnet-base:local", self.0);
        for image in [self.image(), base] {
            if let Err(error) = docker(&["image", "rm", &image]) {
                eprintln!("warning: {error}");
            }
        }
    }
}

#[test]
fn an_image_is_made_once_and_holds_nothing_of_the_shell() -> Result {
    let made = Made::named("making");
    let first = made.make()?;
    let image = made.image();
    assert!(first.contains(&format!("made {image} (")), "{first}");
    let id = made.id()?;
    let second = made.make()?;
    assert_eq!(second.matches("is up to date (").count(), 2, "{second}");
    assert_eq!(made.id()?, id);

    let saved = tempfile::NamedTempFile::new()?;
    docker(&[
        "save",
        "--output",
        &saved.path().display().to_string(),
        &image,
    ])?;
    let bytes = std::fs::read(saved.path())?;
    // The layers are stored plain, or this would find nothing whatever is in them.
    assert!(
        contains(&bytes, b"DECNET_JWT_SECRET"),
        "the program names its variables"
    );
    assert!(!contains(&bytes, CANARY.as_bytes()));
    Ok(())
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// Runs the script where the engine is at `host`.
fn without_engine(host: &str, arguments: &[&str]) -> Result<(bool, String)> {
    let output = Command::new("fixtures/images/make")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("DOCKER_HOST", host)
        .stdin(Stdio::null())
        .output()?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    Ok((output.status.success(), text))
}

#[test]
fn without_an_engine_it_says_so_and_fails_unless_told_otherwise() -> Result {
    let nowhere = "tcp://127.0.0.1:1";
    let (succeeded, text) = without_engine(nowhere, &[])?;
    assert!(!succeeded, "{text}");
    assert!(
        text.contains("error: images: no engine to make images with: "),
        "{text}"
    );
    assert!(
        text.contains("help: apt-get install docker.io, or set DOCKER_HOST"),
        "{text}"
    );
    let (succeeded, text) = without_engine(nowhere, &["--if-engine"])?;
    assert!(succeeded, "{text}");
    assert!(text.starts_with("images: none made: "), "{text}");
    let (succeeded, text) = without_engine(nowhere, &["postgres"])?;
    assert!(
        !succeeded && text.contains("unknown argument `postgres`"),
        "{text}"
    );
    Ok(())
}
