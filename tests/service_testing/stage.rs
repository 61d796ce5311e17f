//! A decoy on a free port, peers that connect to it, and the events it records.

use std::sync::Arc;
use std::time::Duration;

use decnet::decoy::{Decoy, Event, Limits, Persona, Service};
use shakedown::fixtures::poll;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// No step of a test takes longer; what does is a hang.
const PATIENCE: Duration = Duration::from_secs(15);

/// A decoy and its events.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) decoy: Decoy,
    events: UnboundedReceiver<Event>,
}

/// Limits that no well-behaved peer of a test reaches.
pub(crate) fn generous() -> Limits {
    Limits {
        idle: PATIENCE,
        lifetime: 2 * PATIENCE,
        ..Limits::default()
    }
}

/// Limits that are over soon.
pub(crate) fn brief() -> Limits {
    Limits {
        idle: Duration::from_millis(100),
        lifetime: Duration::from_millis(1500),
        ..Limits::default()
    }
}

impl Stage {
    /// A decoy that plays `service`, with [`generous`] limits.
    pub(crate) fn of(service: Service) -> Self {
        Self::limited(service, generous())
    }

    /// A decoy with these limits.
    pub(crate) fn limited(service: Service, limits: Limits) -> Self {
        Self::posing(service, limits, 1)
    }

    /// A decoy with the persona of this number.
    pub(crate) fn posing(service: Service, limits: Limits, number: usize) -> Self {
        let (sink, events) = unbounded_channel();
        let address = "127.0.0.1:0".parse().unwrap();
        let persona = Persona::numbered(number);
        let decoy = Decoy::start(service, address, persona, limits, Arc::new(sink)).unwrap();
        Self { decoy, events }
    }

    /// A new connection.
    pub(crate) async fn peer(&self) -> Peer {
        let stream = TcpStream::connect(self.decoy.address()).await.unwrap();
        Peer { stream }
    }

    /// The next event of this type; others before it are passed over.
    pub(crate) async fn event(&mut self, event_type: &str) -> Event {
        let mut passed = Vec::new();
        let wanted = async {
            loop {
                let event = self.events.recv().await.expect("the decoy holds the sink");
                if event.event_type == event_type {
                    return event;
                }
                passed.push(event.event_type);
            }
        };
        match timeout(PATIENCE, wanted).await {
            Ok(event) => event,
            Err(_) => panic!("no event `{event_type}`, but {passed:?}"),
        }
    }

    /// Waits until no connection is open, and gives all events that are left.
    pub(crate) async fn after_all_closed(&mut self) -> Vec<Event> {
        let decoy = &self.decoy;
        poll::until_async(async || match decoy.connections() {
            0 => Ok(()),
            open => Err(format!("{open} connections are open")),
        })
        .await;
        let mut events = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            events.push(event);
        }
        events
    }
}

/// One field of an event, as text.
#[track_caller]
pub(crate) fn field<'a>(event: &'a Event, name: &str) -> &'a str {
    match event.fields.get(name).and_then(|value| value.as_str()) {
        Some(text) => text,
        None => panic!("no text `{name}` in {event:?}"),
    }
}

/// Asserts that these events tell of no bug in the decoy.
#[track_caller]
pub(crate) fn assert_no_fault(events: &[Event]) {
    let faults: Vec<_> = events
        .iter()
        .filter(|event| event.event_type == "fault")
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
}

/// A client that says exactly what it is told to.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
}

impl Peer {
    /// Sends `bytes`.
    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = self.stream.write_all(bytes.as_ref());
        timeout(PATIENCE, sent).await.expect("a hang").unwrap();
    }

    /// Sends `bytes`, or as much of them as the decoy takes.
    pub(crate) async fn try_say(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = self.stream.write_all(bytes.as_ref());
        // A decoy that has closed does not read on.
        drop(timeout(PATIENCE, sent).await.expect("a hang"));
    }

    /// Reads until `text` has come; answers all that was read.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        let mut read = Vec::new();
        let wanted = async {
            while !String::from_utf8_lossy(&read).contains(text) {
                match self.stream.read_u8().await {
                    Ok(byte) => read.push(byte),
                    Err(error) => return Some(error),
                }
            }
            None
        };
        let failed = timeout(PATIENCE, wanted).await;
        let read = String::from_utf8_lossy(&read).into_owned();
        match failed {
            Ok(None) => read,
            Ok(Some(error)) => panic!("no `{text}`: {error} after {read:?}"),
            Err(_) => panic!("no `{text}` within {PATIENCE:?}, only {read:?}"),
        }
    }

    /// Reads exactly `count` bytes.
    pub(crate) async fn exactly(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        let read = self.stream.read_exact(&mut bytes);
        timeout(PATIENCE, read).await.expect("a hang").unwrap();
        bytes
    }

    /// Reads until the decoy closes, in whatever manner.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let read = self.stream.read_to_end(&mut bytes);
        // An end by reset is an end.
        drop(
            timeout(PATIENCE, read)
                .await
                .expect("the decoy does not close"),
        );
        bytes
    }

    /// Says that nothing more comes.
    pub(crate) async fn hang_up(&mut self) {
        // It may be closed from the other side already.
        drop(self.stream.shutdown().await);
    }
}
