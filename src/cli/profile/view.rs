//! `cargo shakedown profile view`: the newest page of a kind.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::show;
use crate::cli::{Error, Exit, Output};
use crate::profile::{Artefact, Artefacts, Kind, ProfileError};

/// Print the path of the newest page of a kind; without a kind, list all pages.
#[derive(Debug, Args)]
pub(super) struct ViewOptions {
    /// What it shows
    #[arg(value_enum)]
    kind: Option<Wanted>,

    /// Where profiles are kept
    #[arg(
        long,
        value_name = "DIR",
        default_value = "development/profiles/flames"
    )]
    directory: PathBuf,

    /// Where the service writes the pages of requests
    #[arg(long, value_name = "DIR", default_value = "profiles")]
    requests: PathBuf,

    /// Open the page with xdg-open
    #[arg(long, requires = "kind")]
    open: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    /// One request, by a service that mounts the request profiler
    Request,
    /// A running process
    Attach,
    /// A command
    Run,
    /// Memory of a command
    Heap,
}

impl Wanted {
    fn kind(self) -> Kind {
        match self {
            Self::Request => Kind::Request,
            Self::Attach => Kind::Attach,
            Self::Run => Kind::Run,
            Self::Heap => Kind::Heap,
        }
    }
}

pub(super) fn run(options: &ViewOptions, output: &mut Output) -> Result<Exit, Error> {
    let mut all = Artefacts::new(&options.directory).list()?;
    all.retain(|found| found.kind != Kind::Request);
    let mut requests = Artefacts::new(&options.requests).list()?;
    requests.retain(|found| found.kind == Kind::Request);
    all.extend(requests);
    let Some(kind) = options.kind.map(Wanted::kind) else {
        return list(&all, output);
    };
    match all.iter().find(|found| found.kind == kind) {
        Some(newest) => {
            show(&newest.path, options.open, output)?;
            Ok(Exit::Fine)
        }
        None => Err(Error::Profile(ProfileError::NoArtefact {
            kind: kind.word(),
            directory: match kind {
                Kind::Request => options.requests.clone(),
                _ => options.directory.clone(),
            },
        })),
    }
}

fn list(all: &[Artefact], output: &mut Output) -> Result<Exit, Error> {
    if all.is_empty() {
        output.talk("no profiles yet; make one: cargo shakedown profile attach --pid PID");
    }
    for found in all {
        output.data(&format!(
            "{:7}  {}\n",
            found.kind.word(),
            found.path.display()
        ))?;
    }
    Ok(Exit::Fine)
}
