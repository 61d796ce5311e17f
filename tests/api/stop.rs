//! The orderly stop, over a real socket.

use std::net::SocketAddr;

use decnet::api::App;
use decnet::serve::{listen, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::in_process::{PASSWORD, config};

/// A served app, and the way to stop it.
struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

async fn start(directory: &std::path::Path) -> Served {
    let app = App::open(config(directory)).await.expect("decnet starts");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = listen(any).expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(app, listener, async move { drop(stopped.await) }));
    Served {
        address,
        stop,
        server,
    }
}

/// Sends a request and reads until `end` arrives.
async fn ask(connection: &mut TcpStream, request: &str, end: &str) -> String {
    connection
        .write_all(request.as_bytes())
        .await
        .expect("a request is sent");
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while !String::from_utf8_lossy(&answer).contains(end) {
        let read = connection.read(&mut part).await.expect("an answer");
        assert_ne!(
            read,
            0,
            "closed after {:?}",
            String::from_utf8_lossy(&answer)
        );
        answer.extend_from_slice(&part[..read]);
    }
    String::from_utf8(answer).expect("UTF-8")
}

#[tokio::test]
async fn ends_open_streams_and_idle_connections_and_closes_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let Served {
        address,
        stop,
        server,
    } = start(directory.path()).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    let login = serde_json::json!({"username": "admin", "password": PASSWORD}).to_string();
    let request = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{login}",
        login.len()
    );
    let answer = ask(&mut idle, &request, "\"bearer\"}").await;
    let token = answer
        .split("access_token\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /api/v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    ask(&mut stream, &request, "event: logs").await;

    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(
        rest.ends_with(b"0\r\n\r\n"),
        "the stream ends as a whole answer"
    );
    assert_eq!(idle.read(&mut [0; 16]).await.unwrap(), 0);
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(
        std::fs::read_dir(directory.path()).unwrap().count(),
        1,
        "no WAL is left"
    );
}

#[tokio::test]
async fn does_not_wait_for_a_request_that_never_ends() {
    let directory = tempfile::tempdir().unwrap();
    let Served {
        address,
        stop,
        server,
    } = start(directory.path()).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    let half = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n\
                content-length: 10\r\n\r\n";
    ask(&mut slow, half, "100 Continue").await;
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}
