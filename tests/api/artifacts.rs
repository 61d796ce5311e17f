//! Artifacts by digest: what is missing, uploads, merges.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use decnet::evidence::{Digest, Store};
use serde_json::json;

use crate::in_process::{Answer, Service};

/// A tar archive with `files`.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (path, content) in files {
        let mut header = [0_u8; 512];
        header[..path.len()].copy_from_slice(path.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        header[263..265].copy_from_slice(b"00");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        header[154] = 0;
        archive.extend_from_slice(&header);
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

async fn service() -> (Service, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    let service = Service::start(|config| {
        config.artifact_dir = path;
        config.artifact_limit = 100_000;
    })
    .await;
    (service, directory)
}

async fn put(service: &Service, digest: &str, content: Vec<u8>) -> Answer {
    let path = format!("/api/v1/artifacts/{digest}");
    let request = service.request(Method::PUT, &path, Body::from(content));
    service.send(request).await
}

#[tokio::test]
async fn only_what_is_missing_is_uploaded_and_all_is_merged() {
    let (service, _directory) = service().await;
    let one = archive(&[("etc/passwd", b"root"), ("bin/sh", b"#!")]);
    let two = archive(&[("bin/sh", b"#! later"), ("tmp/x", b"")]);
    let digests = [Digest::of(&one).to_string(), Digest::of(&two).to_string()];
    let stored = put(&service, &digests[0], one.clone()).await;
    assert_eq!(
        (stored.status, stored.json()["files"].clone()),
        (StatusCode::CREATED, json!(2))
    );
    let asked = json!({ "digests": [digests[0], digests[1], digests[1]] });
    let missing = service.post("/api/v1/artifacts/missing", &asked).await;
    assert_eq!(missing.json(), json!({ "missing": [digests[1]] }));
    let merge = json!({ "name": "host-1", "digests": digests });
    let refused = service.post("/api/v1/artifacts/merge", &merge).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.json()["error"]
            .as_str()
            .unwrap()
            .contains(&digests[1])
    );
    put(&service, &digests[1], two).await;
    assert_eq!(put(&service, &digests[0], one).await.status, StatusCode::OK);
    let merged = service.post("/api/v1/artifacts/merge", &merge).await;
    assert_eq!(merged.status, StatusCode::CREATED);
    assert_eq!(
        merged.json(),
        json!({ "name": "host-1", "blobs": 2, "files": 3, "bytes": 4 + 8 })
    );
}

#[test]
fn a_blob_that_is_named_twice_lies_where_it_is_named_last() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::at(directory.path());
    let archives = [
        archive(&[("both", b"one"), ("first", b"1")]),
        archive(&[("both", b"two"), ("second", b"22")]),
    ];
    let digests = archives.each_ref().map(|archive| Digest::of(archive));
    for (digest, archive) in digests.iter().zip(&archives) {
        store.put(digest, archive).unwrap();
    }
    let [one, two] = digests;
    let repeated = [&one, &two, &one, &one].map(Clone::clone);
    let merged = store.merge("twice", &repeated).unwrap();
    assert_eq!(merged.blobs, [two.clone(), one.clone()]);
    let files: Vec<_> = merged
        .files
        .iter()
        .map(|(path, (blob, _))| (path.as_str(), blob))
        .collect();
    assert_eq!(files, [("both", &one), ("first", &one), ("second", &two)]);
}

#[test]
fn missing_blobs_are_named_once_in_the_order_of_the_question() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::at(directory.path());
    let known = archive(&[("a", b"x")]);
    let [b, known, a] = [b"b".as_slice(), &known, b"a"].map(Digest::of);
    store.put(&known, &archive(&[("a", b"x")])).unwrap();
    let asked = [&b, &known, &a, &b, &known, &a].map(Clone::clone);
    assert_eq!(store.missing(&asked), [b, a]);
}

#[tokio::test]
async fn bad_uploads_are_refused_and_nothing_is_stored() {
    let (service, directory) = service().await;
    let good = archive(&[("a", b"content that is longer than nothing")]);
    let cut = good[..530].to_vec();
    let climbing = archive(&[("../../etc/passwd", b"x")]);
    let of = |content: &[u8]| Digest::of(content).to_string();
    for (digest, content, status, field) in [
        ("sha256:12".to_owned(), good.clone(), 422, "digest"),
        (of(&good).to_uppercase(), good.clone(), 422, "digest"),
        (of(b"other"), good.clone(), 422, "digest"),
        (of(b"no tar"), b"no tar".to_vec(), 422, "body"),
        (of(b""), Vec::new(), 422, "body"),
        (of(&cut), cut, 422, "body"),
        (of(&climbing), climbing, 422, "body"),
        (of(&[0; 100_001]), vec![0; 100_001], 413, "body"),
    ] {
        let answer = put(&service, &digest, content).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{digest}: {:?}",
            answer.json()
        );
        assert_eq!(answer.json()["field"], field, "{digest}");
    }
    assert!(!directory.path().join("blobs").exists());
}

#[tokio::test]
async fn bad_names_and_lists_are_refused() {
    let (service, _directory) = service().await;
    let blob = archive(&[("a", b"x")]);
    let digest = Digest::of(&blob).to_string();
    put(&service, &digest, blob).await;
    for (body, field) in [
        (json!({ "name": "../x", "digests": [digest] }), "name"),
        (json!({ "name": ".x", "digests": [digest] }), "name"),
        (json!({ "name": "", "digests": [digest] }), "name"),
        (json!({ "name": "x", "digests": [] }), "digests"),
        (json!({ "name": "x", "digests": [1] }), "digests"),
        (json!({ "name": "x", "digests": "sha256:" }), "digests"),
        (json!({ "name": "x" }), "digests"),
        (json!({ "name": "x", "digests": [digest], "y": 1 }), "y"),
    ] {
        let answer = service.post("/api/v1/artifacts/merge", &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.json()["field"], field, "{body}");
    }
}
