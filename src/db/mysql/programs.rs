//! Where MariaDB's programs are.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::MySqlError;
use super::image::MariadbImage;

/// Where servers are installed that PATH of a plain user does not name.
const BESIDES_PATH: [&str; 4] = ["/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/sbin"];
const HINT: &str = "apt-get install mariadb-server-core mariadb-client-core";

/// `image` starts the server in a container even where MariaDB is installed.
const CHOICE: &str = "SHAKEDOWN_MARIADB";

/// Where the server and its client come from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// They are installed.
    Installed(Programs),
    /// They are in an image.
    Image(MariadbImage),
}

impl Source {
    /// What is installed, or else the image.
    pub(super) fn find() -> Result<Self, MySqlError> {
        let path = env::var_os("PATH").unwrap_or_default();
        let image = || MariadbImage::find(&path).map(Self::Image);
        let installed = match env::var_os(CHOICE) {
            Some(choice) if choice == "image" => Err(MySqlError::NotFound {
                program: "mariadbd",
                searched: format!("use, as {CHOICE}=image"),
                hint: HINT,
            }),
            _ => Programs::find().map(Self::Installed),
        };
        installed.or_else(|error| match (error, image()) {
            (_, Ok(image)) => Ok(image),
            (
                MySqlError::NotFound {
                    program,
                    searched,
                    hint,
                },
                Err(neither),
            ) => Err(MySqlError::NotFound {
                program,
                searched: format!("{searched}, {neither}"),
                hint,
            }),
            (other, _) => Err(other),
        })
    }
}

/// The three programs.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    pub(super) server: PathBuf,
    pub(super) initialise: PathBuf,
    pub(super) client: PathBuf,
}

impl Programs {
    /// Looks for them.
    pub(super) fn find() -> Result<Self, MySqlError> {
        let path = env::var_os("PATH").unwrap_or_default();
        Ok(Self {
            server: find("mariadbd", &path)?,
            initialise: find("mariadb-install-db", &path)?,
            client: find("mariadb", &path)?,
        })
    }
}

/// Whether a MariaDB server can be started here; for
/// [`requires!`](crate::requires!). Looks for the programs, which takes
/// microseconds; only where they are missing it asks the container engine for
/// the image `shakedown/mariadb:local`.
///
/// # Errors
///
/// The program that is missing, where it was looked for, and how to get it.
///
/// # Example
///
/// ```standalone_crate
/// shakedown::requires!(mysql, shakedown::db::mysql::available);
/// # fn main() {}
/// ```
pub fn available() -> Result<(), String> {
    Source::find().map(drop).map_err(|error| error.to_string())
}

fn find(program: &'static str, path: &OsStr) -> Result<PathBuf, MySqlError> {
    let besides = BESIDES_PATH.map(PathBuf::from);
    env::split_paths(path)
        .chain(besides)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(program))
        .find(|file| is_executable(file))
        .ok_or_else(|| MySqlError::NotFound {
            program,
            searched: format!("PATH ({}), {}", path.display(), BESIDES_PATH.join(", ")),
            hint: HINT,
        })
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_where_it_was_looked_for_and_how_to_get_it() {
        let error = find("mariadb-of-nobody", OsStr::new("/nowhere:relative")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no program `mariadb-of-nobody` in PATH (/nowhere:relative), /usr/sbin, /usr/libexec, \
             /usr/local/sbin, /sbin: apt-get install mariadb-server-core mariadb-client-core"
        );
    }

    #[test]
    fn only_an_executable_file_of_an_absolute_directory_counts() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("mariadb-of-mine");
        fs::write(&file, "").unwrap();
        assert!(find("mariadb-of-mine", directory.path().as_os_str()).is_err());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        let found = find("mariadb-of-mine", directory.path().as_os_str());
        assert_eq!(found.unwrap(), file);
    }
}
