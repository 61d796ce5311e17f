//! IMAGE_UNPACK: decnet's image saved by the engine, unpacked, and each of its
//! layers digested.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use decnet::evidence::Digest;
use shakedown::fixtures::scratch;
use shakedown::workbook::Sampler;
use shakedown::{Failure, Result};

use crate::phases::ensure;

// Here, since the requirement is one of this module.
shakedown::phase!(IMAGE_UNPACK = image_unpack);

/// What `make images` makes.
const IMAGE: &str = "shakedown/decnet:local";

/// Whether an engine answers and has decnet's image.
pub(crate) fn engine_and_image() -> Result<(), String> {
    let output = Command::new("docker")
        .args(["image", "inspect", "--format", "{{.Id}}", IMAGE])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`docker` does not start: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "no image `{IMAGE}` (`make images` makes it): {}",
        said.trim().replace('\n', " ")
    ))
}

fn image_unpack(phase: &mut Sampler) -> Result {
    let directory = scratch();
    let mut sample = 0;
    phase.each(|watch| {
        sample += 1;
        let archive = directory.join(format!("image-{sample}.tar"));
        let unpacked = directory.join(format!("image-{sample}"));
        std::fs::create_dir(&unpacked)?;
        watch.step("save", || save(&archive))?;
        watch.step("unpack", || unpack(&archive, &unpacked))?;
        let digests = watch.step("digest", || digests(&unpacked))?;
        ensure(!digests.is_empty(), || "the image has no layers".to_owned())?;
        std::fs::remove_file(&archive)?;
        std::fs::remove_dir_all(&unpacked)?;
        Ok(())
    })
}

fn save(archive: &Path) -> Result {
    let output = Command::new("docker")
        .args(["image", "save", "--output"])
        .arg(archive)
        .arg(IMAGE)
        .stdin(Stdio::null())
        .output()?;
    ensure(output.status.success(), || {
        format!(
            "docker image save: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

fn unpack(archive: &Path, into: &Path) -> Result {
    let output = Command::new("tar")
        .args(["--extract", "--file"])
        .arg(archive)
        .arg("--directory")
        .arg(into)
        .stdin(Stdio::null())
        .output()?;
    ensure(output.status.success(), || {
        format!("tar: {}", String::from_utf8_lossy(&output.stderr))
    })
}

/// The digest of each layer that the manifest lists.
fn digests(unpacked: &Path) -> Result<Vec<Digest>> {
    let text = std::fs::read(unpacked.join("manifest.json"))?;
    let manifest: serde_json::Value = serde_json::from_slice(&text)?;
    let layers = manifest[0]["Layers"]
        .as_array()
        .ok_or_else(|| Failure::new(format!("no layers in {manifest}")))?;
    let mut digests = Vec::new();
    for layer in layers {
        let path: PathBuf = unpacked.join(layer.as_str().unwrap_or_default());
        let mut content = Vec::new();
        File::open(path)?.read_to_end(&mut content)?;
        digests.push(Digest::of(&content));
    }
    Ok(digests)
}
