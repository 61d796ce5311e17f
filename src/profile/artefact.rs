//! The archive of profiles: a directory that only grows.
//!
//! A profile is some files of one stem, `<UTC>_<kind>_<name>`: `.html` and
//! `.svg` of its flame graph, `.folded` stacks, `.json` for the Firefox
//! profiler. Each is written under a temporary name beside its place and
//! renamed, without replacing what is there; the page comes last, so that who
//! finds it finds all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::ProfileError;

/// What a profile shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// One request.
    Request,
    /// A running process.
    Attach,
    /// A command, from start to end.
    Run,
    /// Memory of a command.
    Heap,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Request, Self::Attach, Self::Run, Self::Heap];

    /// Its word on the command line and in file names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Attach => "attach",
            Self::Run => "run",
            Self::Heap => "heap",
        }
    }
}

/// A directory of profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artefacts {
    directory: PathBuf,
}

/// A page in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Artefact {
    /// The page.
    pub path: PathBuf,
    /// What it shows.
    pub kind: Kind,
}

impl Artefacts {
    /// The archive in `directory`, which need not exist.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// Writes `files`, pairs of ending and content, as one profile of `name`.
    /// Where each is, in that order.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Write`] names the file.
    pub fn write(
        &self,
        kind: Kind,
        name: &str,
        files: &[(&str, Vec<u8>)],
    ) -> Result<Vec<PathBuf>, ProfileError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| ProfileError::Write { path, source }
        };
        fs::create_dir_all(&self.directory).map_err(failed(&self.directory))?;
        let stamp = Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
        for number in 1_u32.. {
            let mut stem = format!("{stamp}_{}_{}", kind.word(), plain(name));
            if number > 1 {
                stem.push_str(&format!("-{number}"));
            }
            let places: Vec<PathBuf> = files
                .iter()
                .map(|(ending, _)| self.directory.join(format!("{stem}.{ending}")))
                .collect();
            if places.iter().any(|path| path.exists()) {
                continue;
            }
            let mut claimed = true;
            for (at, (path, (_, content))) in places.iter().zip(files).enumerate() {
                match crate::whole_file::create_new(path, content) {
                    // Whoever loses the race for the first file takes the next name.
                    Err(taken) if at == 0 && taken.kind() == io::ErrorKind::AlreadyExists => {
                        claimed = false;
                        break;
                    }
                    outcome => outcome.map_err(failed(path))?,
                }
            }
            if claimed {
                return Ok(places);
            }
        }
        unreachable!("four thousand million profiles of one second")
    }

    /// All pages, the newest first. None where there is no directory.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Read`] when the directory cannot be listed.
    pub fn list(&self) -> Result<Vec<Artefact>, ProfileError> {
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => {
                let path = self.directory.clone();
                return Err(ProfileError::Read { path, source });
            }
        };
        let mut found: Vec<(Age, Artefact)> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let stem = PAGES.iter().find_map(|ending| name.strip_suffix(ending))?;
                let found = Artefact {
                    path: entry.path(),
                    kind: kind_of(stem)?,
                };
                Some((age(stem), found))
            })
            .collect();
        found.sort_by(|(a, _), (b, _)| b.cmp(a));
        Ok(found.into_iter().map(|(_, found)| found).collect())
    }
}

/// What a profile is opened by: our page, or what samply alone left.
const PAGES: [&str; 2] = [".html", ".json.gz"];

/// When a page was made: its time, to the second or finer, then its number among those
/// of one name and time. `x`, `x-2`, .. `x-10` are in order when the shorter is older.
type Age = (String, usize, String);

fn age(stem: &str) -> Age {
    let time = stem.split('_').next().unwrap_or_default();
    (time.to_owned(), stem.len(), stem.to_owned())
}

/// The kind that the name of a page says: of ours, or of a request, which has
/// the method in its place.
fn kind_of(stem: &str) -> Option<Kind> {
    let mut parts = stem.split('_');
    let stamp = parts.next()?;
    let word = parts.next()?;
    parts.next()?;
    let dated = stamp.len() >= 10 && stamp.starts_with(|c: char| c.is_ascii_digit());
    if !dated {
        return None;
    }
    let known = [Kind::Attach, Kind::Run, Kind::Heap];
    known
        .into_iter()
        .find(|kind| kind.word() == word)
        .or_else(|| {
            let method = !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase());
            method.then_some(Kind::Request)
        })
}

/// Letters, digits, dots and dashes.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .filter(|word| !word.is_empty() && *word != "." && *word != "..")
        .collect();
    match words.is_empty() {
        true => "program".to_owned(),
        false => words.join("-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> [(&'static str, Vec<u8>); 2] {
        [
            ("folded", b"a 1\n".to_vec()),
            ("html", b"<!DOCTYPE html>".to_vec()),
        ]
    }

    #[test]
    fn a_second_profile_of_a_second_gets_a_number_and_the_first_stays() {
        let directory = tempfile::tempdir().unwrap();
        let archive = Artefacts::new(directory.path().join("new/flames"));
        let one = archive.write(Kind::Attach, "de/cn et", &files()).unwrap();
        let two = archive.write(Kind::Attach, "de/cn et", &files()).unwrap();
        assert!(one.iter().chain(&two).all(|path| path.is_file()));
        assert_ne!(one, two);
        let name = one[1].file_name().unwrap().to_str().unwrap();
        assert!(name.ends_with("_attach_de-cn-et.html"), "{name}");
    }

    #[test]
    fn of_one_second_the_last_is_the_newest_however_many_there_are() {
        let directory = tempfile::tempdir().unwrap();
        let archive = Artefacts::new(directory.path());
        let pages: Vec<PathBuf> = (0..11)
            .map(|_| archive.write(Kind::Run, "demo", &files()).unwrap()[1].clone())
            .collect();
        let listed = archive.list().unwrap();
        let listed: Vec<&PathBuf> = listed.iter().map(|found| &found.path).collect();
        let newest_first: Vec<&PathBuf> = pages.iter().rev().collect();
        assert_eq!(listed, newest_first);
    }

    #[test]
    fn pages_are_listed_newest_first_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        for name in [
            "2026-01-01T00-00-00Z_heap_a.html",
            "2026-01-02T00-00-00Z_run_a.html",
            "2026-01-03T00-00-00.000Z_GET_logs_12ms_200.html",
            "2026-01-02T00-00-00Z_run_a.svg",
            "2026-01-01T00-00-01Z_attach_b-7.json.gz",
            "2026-01-01T00-00-01Z_attach_b-7.firefox.json",
            "index.html",
            "a_b_c.html",
        ] {
            fs::write(directory.path().join(name), "").unwrap();
        }
        let kinds: Vec<Kind> = Artefacts::new(directory.path())
            .list()
            .unwrap()
            .iter()
            .map(|found| found.kind)
            .collect();
        assert_eq!(kinds, [Kind::Request, Kind::Run, Kind::Attach, Kind::Heap]);
        assert!(Artefacts::new("/nowhere/at/all").list().unwrap().is_empty());
    }
}
