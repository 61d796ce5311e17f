//! A server that behaves as badly as its paths say, and counts what it saw.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// `/ok...` answers 200, `/error` 500, `/missing` 404, `/hang` never answers,
/// `/drop` closes the connection instead, `/stall` answers after 100 ms, a login
/// gets a token of its own, `token-1` and on. Ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<String>>,
    tokens: Mutex<BTreeSet<String>>,
    open: AtomicUsize,
    made: AtomicUsize,
    logins: AtomicUsize,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, seen }
    }

    /// Every request so far, `GET /path`, in order of arrival.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// How often each request was seen.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for request in self.requests() {
            *counts.entry(request).or_default() += 1;
        }
        counts
    }

    /// Whether every request so far carried `token`.
    pub(crate) fn all_bore(&self, token: &str) -> bool {
        let expected = format!("Bearer {token}");
        let tokens = self.tokens();
        !tokens.is_empty() && tokens.iter().all(|token| *token == expected)
    }

    /// The `Authorization` of all requests so far.
    pub(crate) fn tokens(&self) -> BTreeSet<String> {
        self.seen.tokens.lock().unwrap().clone()
    }

    pub(crate) fn connections_made(&self) -> usize {
        self.seen.made.load(Ordering::SeqCst)
    }

    pub(crate) fn open_connections(&self) -> usize {
        self.seen.open.load(Ordering::SeqCst)
    }
}

/// Waits until `holds`, at most ten seconds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(2));
    let waiting = async {
        while !holds() {
            looks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting)
        .await
        .unwrap_or_else(|_| panic!("ten seconds passed without: {what}"));
}

async fn serve(stream: TcpStream, seen: Arc<Seen>) {
    seen.made.fetch_add(1, Ordering::SeqCst);
    seen.open.fetch_add(1, Ordering::SeqCst);
    // However the client leaves is fine.
    let _ = answer_all(stream, &seen).await;
    seen.open.fetch_sub(1, Ordering::SeqCst);
}

async fn answer_all(stream: TcpStream, seen: &Seen) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some((line, token)) = next_request(&mut stream).await? {
        seen.tokens.lock().unwrap().insert(token);
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        seen.requests.lock().unwrap().push(line);
        let login;
        let (status, body) = match path.as_str() {
            "/api/v1/auth/login" => {
                let number = 1 + seen.logins.fetch_add(1, Ordering::SeqCst);
                login = format!("{{\"access_token\":\"token-{number}\"}}");
                ("200 OK", login.as_str())
            }
            "/drop" => return Ok(()),
            "/hang" => {
                // Reading ends when the client gives up.
                stream.read_u8().await?;
                return Ok(());
            }
            "/stall" => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "a slow answer is what this path is for"
                )]
                tokio::time::sleep(Duration::from_millis(100)).await;
                ("200 OK", "late")
            }
            "/error" => ("500 Internal Server Error", "no"),
            "/missing" => ("404 Not Found", "none"),
            _ => ("200 OK", "hello"),
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

/// Method and path of the next request, and its `Authorization`; the body is
/// read and dropped. `None` at the end.
async fn next_request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<(String, String)>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await? == 0 {
            return Ok(None);
        }
    }
    let field = |name: &str| {
        head.lines().find_map(|line| {
            let (field, value) = line.split_once(": ")?;
            field.eq_ignore_ascii_case(name).then_some(value)
        })
    };
    let length = field("content-length").map_or(0, |length| length.parse().unwrap());
    let token = field("authorization").unwrap_or_default().to_owned();
    stream.read_exact(&mut vec![0; length]).await?;
    let line = head.lines().next().unwrap_or_default();
    let words: Vec<&str> = line.split(' ').take(2).collect();
    Ok(Some((words.join(" "), token)))
}
