//! `--fix`: mechanical fixes, written back to the files.

use std::collections::BTreeMap;
use std::path::Path;

use super::Error;
use super::finding::{Finding, Fix};
use crate::whole_file;

/// Makes the fixes of `findings` in the files under `root`; returns how many.
///
/// Fixes that overlap are made one per run. Files are written to a temporary
/// name and renamed.
///
/// # Errors
///
/// A file cannot be read or written.
pub fn fix(root: &Path, findings: &[Finding]) -> Result<usize, Error> {
    let mut by_file: BTreeMap<&str, Vec<&Fix>> = BTreeMap::new();
    for fix in findings.iter().filter_map(|it| it.fix.as_ref()) {
        by_file.entry(&fix.file).or_default().push(fix);
    }
    let mut made = 0;
    for (file, mut fixes) in by_file {
        let path = root.join(file);
        let mut text = std::fs::read_to_string(&path).map_err(|source| Error::Read {
            path: path.clone(),
            source,
        })?;
        fixes.sort_by_key(|fix| std::cmp::Reverse(fix.start));
        let mut untouched = text.len();
        for fix in fixes {
            if fix.end <= untouched
                && text.is_char_boundary(fix.start)
                && text.is_char_boundary(fix.end)
            {
                text.replace_range(fix.start..fix.end, &fix.replacement);
                untouched = fix.start;
                made += 1;
            }
        }
        whole_file::replace(&path, &text).map_err(|source| Error::Write { path, source })?;
    }
    Ok(made)
}
