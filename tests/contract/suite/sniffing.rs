//! What a sniffer saw, on its way through the collector: logs, and fingerprints on the
//! attacker.

use std::path::Path;
use std::time::Duration;

use decnet::collector::{Collector, Settings};
use decnet::model::{AttackerFilter, AttackerOrder, BountyFilter, Decky, LogFilter, Paging};
use decnet::sniffer::{Analyzer, CaptureFile, Sighting};
use serde_json::{json, to_value};
use shakedown::Result;

use super::World;
use super::attacking::attackers;

const ALL: Paging = Paging {
    limit: 1000,
    offset: 0,
};

/// What the sniffer reports of a recorded capture.
fn sightings(capture: &str) -> Result<Vec<Sighting>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/captures");
    let mut file = CaptureFile::open(&directory.join(capture))?;
    let mut analyzer = Analyzer::default();
    let mut sightings = Vec::new();
    while let Some(frame) = file.next_frame()? {
        analyzer.frame(&frame, &mut |event| sightings.push(Sighting::from(&event)));
    }
    Ok(sightings)
}

pub(crate) async fn what_a_sniffer_saw_is_on_its_attacker(world: &World) -> Result {
    let repository = &world.repository;
    let deployed = Decky {
        name: "mail".to_owned(),
        ip: "10.9.0.2".to_owned(),
        hostname: "mail".to_owned(),
        services: Vec::new(),
    };
    repository.deploy(vec![deployed]).await?;
    let (collector, delivery) = Collector::start_beside(repository.clone(), Settings::default());
    // The second capture adds nothing that was not known of this attacker.
    let mut seen = sightings("openssl-tls12.pcap")?;
    seen.extend(seen.clone());
    let count = u64::try_from(seen.len())?;
    for sighting in seen {
        collector.sight(sighting);
    }
    let tally = delivery.finish(Duration::from_secs(20)).await;
    assert_eq!((tally.recorded, tally.stored), (count, count), "{tally:?}");

    let filter = AttackerFilter {
        search: None,
        service: None,
        sort_by: AttackerOrder::Recent,
    };
    let page = attackers(repository.as_ref(), &filter, ALL).await?;
    let [attacker] = page["data"].as_array().map_or(&[][..], Vec::as_slice) else {
        panic!("not one attacker: {page}");
    };
    assert_eq!(attacker["ip"], "10.9.0.1");
    assert_eq!(attacker["deckies"], json!(["mail"]));
    let expected = json!([
        "os:Linux 4.20 or later",
        "tcp:4:64+0:0:1460:mss*44,10:mss,sok,ts,nop,ws:df,id+:0",
        "ja3:22558766122974704364c9c75c5cce0a",
        "ja4:t12d2808h2_d943125447b4_e7e480e5a997",
        "ja3s:ec74a5c51106f0419184d0dd08fb05bc",
    ]);
    assert_eq!(attacker["fingerprints"], expected);

    let filter = LogFilter::default();
    let logs = to_value(repository.logs(filter, ALL).await?)?;
    let oldest = logs["data"].as_array().and_then(|logs| logs.last());
    let fields = &oldest.expect("logs")["fields"];
    assert_eq!(fields["os"], "Linux 4.20 or later");
    assert_eq!(
        (&fields["src_port"], &fields["dst_port"]),
        (&json!(33842), &json!(445))
    );
    let filter = BountyFilter {
        bounty_type: Some("fingerprint".to_owned()),
        search: None,
    };
    let bounties = to_value(repository.bounties(filter, ALL).await?)?;
    assert_eq!(bounties["total"], 5, "{bounties}");
    Ok(())
}
