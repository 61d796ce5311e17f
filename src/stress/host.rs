//! The server that a user's requests go to, as a connection and as a header.

use goose::goose::GooseUser;
use hyper::header::HeaderValue;

/// Host and port of a base address.
#[derive(Clone, Debug)]
pub(super) struct Host {
    /// The address as it was given.
    base: String,
    /// `host:port`, to connect to.
    pub(super) authority: String,
    /// The same, as requests carry it.
    pub(super) header: HeaderValue,
}

impl Host {
    /// Of the base address of `user`, which is `http://`.
    pub(super) fn of(user: &GooseUser) -> Result<Self, String> {
        let url = &user.base_url;
        let authority = match (url.scheme(), url.host_str(), url.port_or_known_default()) {
            ("http", Some(host), Some(port)) => format!("{host}:{port}"),
            _ => {
                return Err(format!(
                    "`Call` speaks http only, not `{url}`; use the client of `GooseUser`"
                ));
            }
        };
        let header = HeaderValue::try_from(&authority)
            .map_err(|error| format!("`{authority}` is no host: {error}"))?;
        Ok(Self {
            base: url.as_str().to_owned(),
            authority,
            header,
        })
    }

    /// Whether it is the host of `user`, whose scenario may change it.
    pub(super) fn is_of(&self, user: &GooseUser) -> bool {
        self.base == user.base_url.as_str()
    }
}
