//! A server whose response times are known, because it makes them: on a thread
//! and a runtime of its own, so that the generator does not hold it up.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use shakedown::stress::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// How long answer number `number` takes, `since` the first request.
type Delay = dyn Fn(u64, Duration) -> Duration + Send + Sync;

/// The server; ends when dropped.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) url: String,
    seen: Arc<Seen>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Seen(Mutex<(u64, Option<Instant>, Histogram)>);

impl Seen {
    /// The number of the next answer, and how long after the first request it is.
    fn next(&self) -> (u64, Duration) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = *seen.1.get_or_insert_with(Instant::now);
        seen.0 += 1;
        (seen.0 - 1, first.elapsed())
    }

    fn took(&self, time: Duration) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.2
            .record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }
}

impl Known {
    /// A server on a free port that answers every request after `delay`.
    ///
    /// # Errors
    /// When there is no port, or no runtime.
    pub(crate) fn start(
        delay: impl Fn(u64, Duration) -> Duration + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let seen = Arc::<Seen>::default();
        let (shared, delay): (_, Arc<Delay>) = (Arc::clone(&seen), Arc::new(delay));
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else {
                    return;
                };
                let accepting = async {
                    while let Ok((stream, _)) = listener.accept().await {
                        tokio::spawn(serve(stream, Arc::clone(&shared), Arc::clone(&delay)));
                    }
                };
                tokio::select! {
                    () = accepting => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self {
            url,
            seen,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// How many requests it has had.
    pub(crate) fn requests(&self) -> u64 {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// What the server itself took for its answers since the last time this was
    /// asked, and forgets them.
    pub(crate) fn take(&self) -> Histogram {
        let mut seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut seen.2)
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A panic of the thread has failed the requests already.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Answers every request; requests have no body.
async fn serve(mut stream: TcpStream, seen: Arc<Seen>, delay: Arc<Delay>) -> io::Result<()> {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    stream.set_nodelay(true)?;
    let mut head = Vec::new();
    loop {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).await?;
        if read == 0 {
            return Ok(());
        }
        head.extend_from_slice(&bytes[..read]);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        head.clear();
        let arrived = Instant::now();
        let (number, since) = seen.next();
        tokio::time::sleep_until((arrived + delay(number, since)).into()).await;
        stream.write_all(ANSWER).await?;
        seen.took(arrived.elapsed());
    }
}
