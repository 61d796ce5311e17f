//! Artifacts: whatever is sent, the answer is no 500, and what is refused is not
//! stored.

use axum::body::Body;
use axum::http::Method;
use decnet::evidence::{Digest, Store};
use proptest::prelude::*;
use serde_json::json;

use crate::in_process::Service;

/// Bytes that are nearly an archive: blocks of 512, some with a header's marks.
fn nearly_an_archive() -> impl Strategy<Value = Vec<u8>> {
    let block = (
        any::<bool>(),
        proptest::collection::vec(any::<u8>(), 0..64),
        "[0-7 ]{0,12}",
    );
    proptest::collection::vec(block, 0..6).prop_map(|blocks| {
        let mut bytes = Vec::new();
        for (marked, content, size) in blocks {
            let mut block = [0_u8; 512];
            block[..content.len()].copy_from_slice(&content);
            if marked {
                block[124..124 + size.len()].copy_from_slice(size.as_bytes());
                block[148..156].fill(b' ');
                block[156] = b'0' + content.first().map_or(0, |byte| byte % 8);
                block[257..263].copy_from_slice(b"ustar\0");
                let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
                block[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
                block[154] = 0;
            }
            bytes.extend_from_slice(&block);
        }
        bytes
    })
}

proptest! {
    #[test]
    fn no_content_is_a_panic_or_is_stored_by_half(content in nearly_an_archive()) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::at(directory.path());
        let digest = Digest::of(&content);
        let stored = store.put(&digest, &content);
        let known = store.missing(std::slice::from_ref(&digest)).is_empty();
        prop_assert_eq!(stored.is_ok(), known);
        prop_assert_eq!(store.merge("m", &[digest]).is_ok(), known);
    }

    #[test]
    fn no_name_or_digest_is_a_500(name in ".{0,120}", digest in "(sha256:)?[0-9a-fA-F]{0,65}|.{0,20}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().to_owned();
            let service = Service::start(|config| config.artifact_dir = path).await;
            let body = json!({ "name": name, "digests": [digest] });
            for path in ["/api/v1/artifacts/missing", "/api/v1/artifacts/merge"] {
                let answer = service.post(path, &body).await;
                assert!(answer.status.as_u16() < 500, "{path} {body}: {answer:?}");
            }
            let escaped: String = digest.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let path = format!("/api/v1/artifacts/{escaped}");
            let answer = service.send(service.request(Method::PUT, &path, Body::from("x"))).await;
            assert!(answer.status.is_client_error(), "{path}: {answer:?}");
        });
    }
}
