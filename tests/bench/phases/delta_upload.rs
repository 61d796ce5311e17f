//! DELTA_UPLOAD: seven blobs, six of which are known; ask, upload the one that
//! is missing, merge. A real server, over HTTP; each step is timed.

use decnet::evidence::Digest;
use serde_json::{Value, json};
use shakedown::Result;
use shakedown::fixtures::scratch;
use shakedown::workbook::Sampler;

use super::tar::archive;
use super::{ensure, runtime};
use crate::decnet_server::DecnetServer;

/// The blob that is new: about 9 MiB in 217 files.
const BYTES: usize = 9 << 20;
const FILES: usize = 217;
/// Those that are known, which only their digests are sent of.
const KNOWN: u64 = 6;

pub(super) fn delta_upload(phase: &mut Sampler) -> Result {
    let directory = scratch();
    let store = directory.join("artifacts").display().to_string();
    let server = DecnetServer::builder()
        .env("DECNET_ARTIFACT_DIR", &store)
        .start()?;
    let runtime = runtime(1)?;
    let token = runtime.block_on(server.token())?;
    let api = Api {
        client: reqwest::Client::new(),
        url: format!("{}/api/v1/artifacts", server.url()),
        token,
    };
    let mut digests = Vec::new();
    for seed in 1..=KNOWN {
        let blob = archive(seed, FILES, 1 << 20);
        let digest = Digest::of(&blob).to_string();
        runtime.block_on(api.upload(&digest, blob))?;
        digests.push(digest);
    }
    let mut seed = KNOWN;
    phase.each(|watch| {
        seed += 1;
        let blob = archive(seed, FILES, BYTES); // a new one each time, untimed
        let digest = Digest::of(&blob).to_string();
        let mut all = digests.clone();
        all.push(digest.clone());
        let missing = watch.step("missing", || {
            runtime.block_on(api.post("missing", &json!({ "digests": all })))
        })?;
        ensure(missing == json!({ "missing": [digest] }), || {
            format!("missing were {missing}")
        })?;
        watch.step("upload", || runtime.block_on(api.upload(&digest, blob)))?;
        let merged = watch.step("merge", || {
            runtime.block_on(api.post("merge", &json!({ "name": "host", "digests": all })))
        })?;
        ensure(merged["blobs"] == 7 && merged["files"] == 7 * FILES, || {
            format!("merged was {merged}")
        })
    })
}

struct Api {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Api {
    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self
            .client
            .post(format!("{}/{path}", self.url))
            .bearer_auth(&self.token)
            .json(body)
            .send()
            .await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    async fn upload(&self, digest: &str, blob: Vec<u8>) -> Result {
        let answer = self
            .client
            .put(format!("{}/{digest}", self.url))
            .bearer_auth(&self.token)
            .body(blob)
            .send()
            .await?;
        ensure(answer.status() == 201, || {
            format!("the upload was answered {}", answer.status())
        })
    }
}
