//! Pages on disk: named, renamed into place, and no more than are to be kept.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::engine::Shared;
use super::in_flight::Outcome;
use super::report;
use super::sampler::Finished;
use super::settings::Settings;
use super::symbols::Symbols;

/// How long pages are still written once the profiler is shut down.
const GRACE: Duration = Duration::from_secs(1);

pub(super) struct Store {
    settings: Settings,
    symbols: Symbols,
    written: VecDeque<PathBuf>,
    warned: bool,
}

impl Store {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            symbols: Symbols::default(),
            written: VecDeque::new(),
            warned: false,
        }
    }

    /// Writes a page for each finished request, until there will be no more.
    pub(super) fn write_all(mut self, finished: &Receiver<Finished>, shared: &Shared) {
        let mut since = None;
        let mut left_out = 0_u64;
        for one in finished {
            if shared.is_stopping() && since.get_or_insert_with(Instant::now).elapsed() > GRACE {
                left_out += 1;
                continue;
            }
            self.write(&one);
        }
        if left_out > 0 {
            let warn = &self.settings.warn;
            warn(&format!(
                "{left_out} request profiles were not written: shutting down"
            ));
        }
    }

    fn write(&mut self, finished: &Finished) {
        let page = report::graph(finished, self.settings.hertz, &mut self.symbols).html();
        match self.place(&stem(finished), page.as_bytes()) {
            Ok(path) => {
                self.written.push_back(path);
                while self.written.len() > self.settings.keep {
                    if let Some(oldest) = self.written.pop_front() {
                        // Somebody else may have removed it already.
                        drop(fs::remove_file(oldest));
                    }
                }
            }
            Err(error) if !self.warned => {
                self.warned = true;
                let directory = self.settings.directory.display();
                let warn = &self.settings.warn;
                warn(&format!(
                    "request profiles cannot be written to `{directory}`: {error}; requests are \
                     answered as always, and this is not said again"
                ));
            }
            Err(_) => {}
        }
    }

    fn place(&self, stem: &str, page: &[u8]) -> io::Result<PathBuf> {
        let directory = &self.settings.directory;
        fs::create_dir_all(directory)?;
        let mut file = tempfile::Builder::new()
            .prefix(".request-")
            .permissions(fs::Permissions::from_mode(0o644))
            .tempfile_in(directory)?;
        file.write_all(page)?;
        for number in 1_u32.. {
            let name = match number {
                1 => format!("{stem}.html"),
                number => format!("{stem}_{number}.html"),
            };
            let path = directory.join(name);
            match file.persist_noclobber(&path) {
                Ok(_) => return Ok(path),
                Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => {
                    file = taken.file;
                }
                Err(refused) => return Err(refused.error),
            }
        }
        unreachable!("four thousand million requests of a millisecond")
    }
}

/// `<UTC>_<METHOD>_<path>_<time>_<status>`.
fn stem(finished: &Finished) -> String {
    let request = &finished.request;
    let ended = match finished.outcome {
        Outcome::Status(status) => status.to_string(),
        Outcome::Error => "error".to_owned(),
        Outcome::Dropped => "dropped".to_owned(),
        Outcome::Unfinished => "unfinished".to_owned(),
    };
    let method: String = request
        .method
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(16)
        .collect();
    format!(
        "{}_{method}_{}_{}ms_{ended}",
        stamp(request.at),
        plain(&request.path),
        finished.wall.as_millis()
    )
}

/// The path's letters and digits; what else was in it is a dash.
fn plain(path: &str) -> String {
    let words: Vec<&str> = path
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .filter(|word| !word.trim_matches('.').is_empty())
        .collect();
    let mut name: String = words.join("-");
    name.truncate(80); // all of it is ASCII
    if name.is_empty() {
        "root".to_owned()
    } else {
        name
    }
}

/// `2026-11-22T04-43-00.123Z`: sorts by time, and is a name on every file system.
fn stamp(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = libc::time_t::try_from(since.as_secs()).unwrap_or(libc::time_t::MAX);
    // SAFETY: an all-zero `tm` is a date; `gmtime_r` writes to it alone.
    let utc = unsafe {
        let mut utc: libc::tm = std::mem::zeroed();
        libc::gmtime_r(&raw const seconds, &raw mut utc);
        utc
    };
    format!(
        "{:04}-{:02}-{:02}T{:02}-{:02}-{:02}.{:03}Z",
        utc.tm_year + 1900,
        utc.tm_mon + 1,
        utc.tm_mday,
        utc.tm_hour,
        utc.tm_min,
        utc.tm_sec,
        since.subsec_millis()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain_and_sort_by_time() {
        let at = UNIX_EPOCH + Duration::from_millis(1_795_322_580_123);
        assert_eq!(stamp(at), "2026-11-22T04-43-00.123Z");
        assert_eq!(plain("/api/v1/logs/../../etc"), "api-v1-logs-etc");
        assert_eq!(plain("/"), "root");
        assert_eq!(plain(&"/ä/x".repeat(90)).len(), 80);
    }
}
