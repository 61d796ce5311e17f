//! `decnet sniff --pcap`: its lines, its options, and what ends it.

use std::io::{self, Write};

use clap::Parser;
use decnet::sniffer::{
    SniffError,
    command::{Format, SniffOptions, run},
};
use serde_json::{Value, json};

use crate::captures::directory;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    sniff: SniffOptions,
}

fn options(capture: &str, format: Format) -> SniffOptions {
    let path = directory().join(capture);
    let format = if format == Format::Json {
        "json"
    } else {
        "text"
    };
    let arguments = ["sniff", "--format", format, "--pcap"].map(Into::into);
    Cli::try_parse_from(arguments.into_iter().chain([path.into_os_string()]))
        .unwrap()
        .sniff
}

#[test]
fn json_is_one_flat_object_a_line() {
    let mut out = Vec::new();
    let outcome = run(&options("openssl-tls12.pcap", Format::Json), &mut out).unwrap();
    let lines: Vec<Value> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<&Value> = lines.iter().map(|line| &line["kind"]).collect();
    assert_eq!(kinds, ["tcp_syn", "tls_client_hello", "tls_server_hello"]);
    assert_eq!(outcome.tally.client_hellos, 1);
    let mut hello = lines[1].clone();
    assert!(hello["ts"].take().as_str().unwrap().ends_with('Z'));
    assert_eq!(
        hello,
        json!({
            "ts": null, "kind": "tls_client_hello",
            "src": "10.9.0.1", "src_port": 33842, "dst": "10.9.0.2", "dst_port": 445,
            "ja3": "22558766122974704364c9c75c5cce0a",
            "ja3_full": "771,49196-49200-159-52393-52392-52394-49195-49199-158-49188-49192-107-49187-49191-103-49162-49172-57-49161-49171-51-157-156-61-60-53-47-255,0-11-10-35-16-22-23-13,29-23-30-25-24,0-1-2",
            "ja4": "t12d2808h2_d943125447b4_e7e480e5a997",
            "sni": "b.decoy.example", "alpn": ["h2", "http/1.1"],
        })
    );
    assert_eq!(
        lines[0]["raw_sig"],
        "4:64+0:0:1460:mss*44,10:mss,sok,ts,nop,ws:df,id+:0"
    );
    assert_eq!(lines[0]["os"], "Linux 4.20 or later");
    assert_eq!(lines[2]["cipher"], "c030");
    assert_eq!(lines[2]["tls_version"], "0303");
    assert_eq!(lines[2]["ja3s"], "ec74a5c51106f0419184d0dd08fb05bc");
}

#[test]
fn text_is_one_line_an_event_whatever_the_sender_says() {
    let mut out = Vec::new();
    run(&options("crafted-alpn.pcap", Format::Text), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    let hello = text.lines().nth(1).unwrap();
    assert!(
        hello.contains(" 10.9.0.1:54596 -> 10.9.0.2:443 tls_client_hello ja4=t13d3112a3_"),
        "{hello}"
    );
    assert!(
        hello.ends_with(r#" sni="decoy.example" alpn="�c" alpn="http/1.1""#),
        "{hello}"
    );
}

/// Fails from the second line on.
struct Reader {
    lines: usize,
    then: io::ErrorKind,
}

impl Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.lines == 1 {
            return Err(self.then.into());
        }
        self.lines += bytes.iter().filter(|&&byte| byte == b'\n').count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_without_an_error() {
    let mut reader = Reader {
        lines: 0,
        then: io::ErrorKind::BrokenPipe,
    };
    let outcome = run(&options("curl-h2.pcap", Format::Text), &mut reader).unwrap();
    assert_eq!(reader.lines, 1);
    assert!(outcome.tally.frames < 10, "{:?}", outcome.tally);
}

#[test]
fn an_output_that_fails_is_an_error() {
    let mut full = Reader {
        lines: 0,
        then: io::ErrorKind::StorageFull,
    };
    let error = run(&options("curl-h2.pcap", Format::Text), &mut full).unwrap_err();
    assert!(matches!(error, SniffError::Output(_)), "{error:?}");
}

#[test]
fn a_source_is_required_and_only_one() {
    for arguments in [
        &["sniff"][..],
        &["sniff", "--pcap", "a", "--interface", "b"],
        &["sniff", "--pcap", "a", "--outgoing"],
    ] {
        let error = Cli::try_parse_from(arguments).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{arguments:?}: {error}");
    }
    let cli = Cli::try_parse_from(["sniff", "--interface", "eth0", "--promiscuous"]).unwrap();
    assert_eq!(cli.sniff.interface.as_deref(), Some("eth0"));
    assert!(cli.sniff.promiscuous && !cli.sniff.outgoing);
}

#[test]
fn an_interface_that_is_not_there_is_named() {
    let options = Cli::try_parse_from(["sniff", "--interface", "nosuch0"])
        .unwrap()
        .sniff;
    let error = run(&options, &mut io::sink()).unwrap_err();
    let SniffError::Capture(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!(
        error.to_string(),
        "there is no network interface `nosuch0`; `ip link` lists them"
    );
}
