//! Puts a story on disk: Markdown, the page, and the plots.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Document, StoryError, html, markdown};
use crate::whole_file;

/// Where a story was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The Markdown.
    pub markdown: PathBuf,
    /// The page.
    pub html: PathBuf,
    /// The plots that the Markdown shows.
    pub plots: Vec<PathBuf>,
}

/// Writes `document` as Markdown to `path`, as a page beside it with the ending
/// `.html`, and its plots into a directory `<name>-plots` beside both. Plots that
/// an earlier story left there and this one does not have are removed.
///
/// # Errors
/// `path` ends in `.html`, as the page does. A file cannot be written. Each is written under another name and renamed, so
/// what stands there is either the old one or the new one.
pub fn publish(document: &Document, path: &Path) -> Result<Published, StoryError> {
    let page = path.with_extension("html");
    if page == path {
        return Err(StoryError::IsPage { path: page });
    }
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let plots_name = format!("{stem}-plots");
    let plots_directory = directory.join(&plots_name);
    let mut plots = Vec::new();
    for plot in document.plots() {
        let file = plots_directory.join(format!("{}.svg", plot.slug));
        write(&file, &plot.file())?;
        plots.push(file);
    }
    remove_stale(&plots_directory, &plots)?;
    write(&page, &html(document))?;
    write(path, &markdown(document, &plots_name))?;
    Ok(Published {
        markdown: path.to_owned(),
        html: page,
        plots,
    })
}

fn write(path: &Path, text: &str) -> Result<(), StoryError> {
    whole_file::replace(path, text).map_err(|source| StoryError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Removes drawings with our names that this story does not have.
fn remove_stale(directory: &Path, plots: &[PathBuf]) -> Result<(), StoryError> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Ok(());
    };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let ours = [
            "delta-",
            "flame-",
            "percentiles",
            "scaling-",
            "time-",
            "trend-",
        ]
        .iter()
        .any(|prefix| name.starts_with(prefix))
            && name.ends_with(".svg");
        if ours && !plots.contains(&path) {
            fs::remove_file(&path).map_err(|source| StoryError::Write { path, source })?;
        }
    }
    Ok(())
}
