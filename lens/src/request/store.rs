//! Pages on disk: named, renamed into place, and no more than are to be kept.
//!
//! The cap is the directory's: pages that earlier processes left there count, and go
//! first. They are known by their names alone, which begin with their time; a file with
//! any other name is left alone.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
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
    /// Pages in the directory, oldest first.
    kept: VecDeque<PathBuf>,
    warned: bool,
}

impl Store {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            kept: earlier(&settings.directory),
            settings,
            symbols: Symbols::default(),
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
                self.kept.push_back(path);
                while self.kept.len() > self.settings.keep {
                    if let Some(oldest) = self.kept.pop_front() {
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

/// Pages that earlier processes left in `directory`, oldest first.
fn earlier(directory: &Path) -> VecDeque<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut pages: Vec<PathBuf> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter(|entry| entry.file_name().to_str().is_some_and(is_page))
        .map(|entry| entry.path())
        .collect();
    pages.sort();
    pages.into()
}

/// Whether `name` is one that [`Store::place`] gives to a page with a [`stem`].
fn is_page(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".html") else {
        return false;
    };
    let parts: Vec<&str> = stem.split('_').collect();
    let [at, method, path, time, ended, more @ ..] = parts.as_slice() else {
        return false;
    };
    let is_method = method.chars().all(|c| c.is_ascii_alphanumeric());
    let is_path = path
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    is_stamp(at)
        && (1..=16).contains(&method.len())
        && is_method
        && (1..=80).contains(&path.len())
        && is_path
        && time.strip_suffix("ms").is_some_and(is_number)
        && (is_number(ended) || ["error", "dropped", "unfinished"].contains(ended))
        && match more {
            [] => true,
            [number] => is_number(number),
            _ => false,
        }
}

/// Whether `text` is of the form of a [`stamp`].
fn is_stamp(text: &str) -> bool {
    let form = "0000-00-00T00-00-00.000Z";
    let fits = |(byte, form): (u8, u8)| match form {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
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
    fn a_page_is_known_by_its_name_and_nothing_else_is_one() {
        let of = |rest: &str| is_page(&format!("2026-11-22T04-43-00.123Z{rest}"));
        for page in [
            "_POST_api-v1-logs_12ms_201.html",
            "_GET_root_0ms_error_12.html",
            "_GET_v1.2_3400ms_dropped.html",
            "_GET_x_1ms_unfinished.html",
        ] {
            assert!(of(page), "{page}");
        }
        for other in [
            "",
            ".html",
            "_GET_notes.html",
            "_GET_x_1_200.html",
            "_GET_x_ms_200.html",
            "_GET_x_1ms_fine.html",
            "_GET_x_1ms_200_a.html",
            "_GET_x_1ms_200_2_3.html",
            "_GET__1ms_200.html",
            "_GET_my notes_1ms_200.html",
            "_GET_x_1ms_200.htm",
            "_GET_x_1ms_200.html.bak",
        ] {
            assert!(!of(other), "{other}");
        }
        assert!(!is_page("2026-11-22_GET_x_1ms_200.html"));
        assert!(!is_page("2026-11-22T04:43:00.123Z_GET_x_1ms_200.html"));
    }

    #[test]
    fn pages_of_earlier_processes_are_found_oldest_first() {
        let home = tempfile::tempdir().unwrap();
        let pages = [
            "2025-01-01T00-00-00.000Z_GET_x_1ms_200.html",
            "2026-01-01T00-00-00.000Z_GET_x_1ms_200.html",
        ];
        for name in [pages[1], "index.html", pages[0]] {
            fs::write(home.path().join(name), "").unwrap();
        }
        // A directory is no page, whatever its name.
        let directory = home
            .path()
            .join("2024-01-01T00-00-00.000Z_GET_x_1ms_200.html");
        fs::create_dir(directory).unwrap();
        assert_eq!(
            earlier(home.path()),
            pages.map(|name| home.path().join(name))
        );
        assert!(earlier(&home.path().join("missing")).is_empty());
    }

    #[test]
    fn names_of_files_are_plain_and_sort_by_time() {
        let at = UNIX_EPOCH + Duration::from_millis(1_795_322_580_123);
        assert_eq!(stamp(at), "2026-11-22T04-43-00.123Z");
        assert_eq!(plain("/api/v1/logs/../../etc"), "api-v1-logs-etc");
        assert_eq!(plain("/"), "root");
        assert_eq!(plain(&"/ä/x".repeat(90)).len(), 80);
    }
}
