//! What the file of a program says about how it can be profiled.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use object::{Architecture, Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};

use super::ProfileError;
use crate::lens::flame::readable;

/// A program, as far as its file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Binary {
    /// Functions whose beginning was looked at. Those of Rust's standard library
    /// are not: it comes with frame pointers, whatever the program was built with.
    pub functions: usize,
    /// Those that begin by setting up a frame pointer.
    pub with_frame_pointer: usize,
    /// An allocator of its own that it carries, which replaces the system's.
    pub allocator: Option<&'static str>,
}

/// What functions of well-known allocators begin with. A program that has them
/// allocates past `malloc`.
const ALLOCATORS: [(&str, &str); 6] = [
    ("_mi_malloc", "mimalloc"),
    ("mi_malloc", "mimalloc"),
    ("_rjem_", "jemalloc"),
    ("je_malloc", "jemalloc"),
    ("sn_rust_alloc", "snmalloc"),
    ("tc_malloc", "tcmalloc"),
];

/// `push %rbp; mov %rsp,%rbp`.
const FRAME_POINTER: [u8; 4] = [0x55, 0x48, 0x89, 0xe5];
/// Functions are looked at until so many are known.
const ENOUGH: usize = 20_000;

impl Binary {
    /// Reads the program at `path`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is no program.
    pub fn read(path: &Path) -> Result<Self, ProfileError> {
        let bytes = fs::read(path).map_err(|source| ProfileError::Read {
            path: path.to_owned(),
            source,
        })?;
        let file = object::File::parse(&*bytes).map_err(|error| ProfileError::Output {
            tool: "the linker",
            cause: format!("`{}`: {error}", path.display()),
        })?;
        let mut found = Self {
            functions: 0,
            with_frame_pointer: 0,
            allocator: None,
        };
        let text = file
            .section_by_name(".text")
            .and_then(|text| Some((text.address(), text.data().ok()?)));
        for symbol in file.symbols() {
            if symbol.kind() != SymbolKind::Text || !symbol.is_definition() {
                continue;
            }
            if found.allocator.is_none()
                && let Ok(name) = symbol.name()
            {
                let known = ALLOCATORS.iter().find(|(own, _)| name.starts_with(own));
                found.allocator = known.map(|(_, allocator)| *allocator);
            }
            // What is shorter calls nothing, and needs none.
            if found.functions < ENOUGH
                && symbol.size() > 64
                && symbol.name().is_ok_and(is_own)
                && let Some((start, code)) = text
            {
                let at = symbol.address().checked_sub(start);
                let at = at.and_then(|at| usize::try_from(at).ok());
                if let Some(begin) = at.and_then(|at| code.get(at..at + FRAME_POINTER.len())) {
                    found.functions += 1;
                    found.with_frame_pointer += usize::from(begin == FRAME_POINTER);
                }
            }
        }
        if file.architecture() != Architecture::X86_64 {
            (found.functions, found.with_frame_pointer) = (0, 0);
        }
        Ok(found)
    }

    /// Whether nearly all its functions set up frame pointers. False where that
    /// cannot be told: no symbols, or a processor other than x86-64.
    #[must_use]
    pub fn has_frame_pointers(&self) -> bool {
        self.functions >= 16 && self.with_frame_pointer * 10 >= self.functions * 8
    }
}

/// The whole names of the functions of `program`, by their last part, where only
/// one has it. Line tables know no more than that part.
pub(super) fn whole_names(program: &Path) -> HashMap<String, String> {
    let bytes = fs::read(program).unwrap_or_default();
    let Ok(file) = object::File::parse(&*bytes) else {
        return HashMap::new();
    };
    let mut names: HashMap<String, Option<String>> = HashMap::new();
    for symbol in file.symbols().filter(|of| of.kind() == SymbolKind::Text) {
        let name = symbol.name().map(readable).unwrap_or_default();
        let Some((_, last)) = name.rsplit_once("::") else {
            continue;
        };
        let known = names.entry(last.to_owned());
        known
            .and_modify(|one| {
                if one.as_ref() != Some(&name) {
                    *one = None;
                }
            })
            .or_insert_with(|| Some(name.clone()));
    }
    let unique = names.into_iter();
    unique
        .filter_map(|(last, name)| Some((last, name?)))
        .collect()
}

/// Whether a frame, as heaptrack and DHAT write it (`symbol (file:line)`), is of Rust
/// code: by its file, or by its name.
pub(super) fn is_rust(frame: &str) -> bool {
    let (symbol, place) = frame.rsplit_once(" (").unwrap_or((frame, ""));
    let file = place.trim_end_matches(')').split(':').next();
    file.is_some_and(|file| file.ends_with(".rs"))
        || readable(symbol) != symbol
        || symbol.contains("::")
}

/// Whether a function was compiled with the program and not with the standard
/// library or what that brings along.
fn is_own(symbol: &str) -> bool {
    let name = readable(symbol);
    let path = name.trim_start_matches(['<', '&', '*', '(', '[']);
    let Some((root, _)) = path.split_once("::") else {
        return false;
    };
    // `<usize as core::fmt::Display>::fmt` is of the crate of the trait.
    let root = root.rsplit(" as ").next().unwrap_or(root);
    let of_std = [
        "std",
        "core",
        "alloc",
        "__rustc",
        "gimli",
        "addr2line",
        "object",
        "rustc_demangle",
        "hashbrown",
        "miniz_oxide",
        "memchr",
        "unwind",
        "adler2",
    ];
    !of_std.contains(&root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_std_brings_along_is_not_the_programs_own() {
        for own in [
            "busy::main",
            "<busy::Queue as core::ops::Drop>::drop",
            "<u8 as busy::Wide>::wide",
        ] {
            assert!(is_own(own), "{own}");
        }
        for other in [
            "core::fmt::write",
            "<usize as core::fmt::Display>::fmt",
            "<&str as core::str::pattern::Pattern>::is_contained_in",
            "<gimli::read::Error as core::fmt::Debug>::fmt",
            "memcpy",
        ] {
            assert!(!is_own(other), "{other}");
        }
    }

    #[test]
    fn frames_of_rust_are_told_from_those_of_c() {
        for rust in [
            "finish_grow<> (mod.rs)",
            "alloc (library/alloc/src/alloc.rs:95)",
            "_RNvCs1234_4demo4leak",
            "demo::leak",
        ] {
            assert!(is_rust(rust), "{rust}");
        }
        for other in [
            "sqlite3MemMalloc (sqlite3.c)",
            "malloc (in /usr/libexec/valgrind/vgpreload_dhat-amd64-linux.so)",
            "0x7f67008a57b9",
            "",
        ] {
            assert!(!is_rust(other), "{other}");
        }
    }

    #[test]
    fn this_program_is_read_and_brings_no_allocator() {
        let own = Binary::read(&std::env::current_exe().unwrap()).unwrap();
        assert_eq!(own.allocator, None);
        #[cfg(target_arch = "x86_64")]
        assert!(own.functions > 100, "{own:?}");
    }

    #[test]
    fn frame_pointers_are_a_matter_of_nearly_all_functions() {
        let of = |functions, with_frame_pointer| Binary {
            functions,
            with_frame_pointer,
            allocator: None,
        };
        assert!(of(1_000, 900).has_frame_pointers());
        assert!(!of(1_000, 500).has_frame_pointers());
        assert!(!of(0, 0).has_frame_pointers());
    }

    #[test]
    fn a_script_is_no_program() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "#!/bin/sh\n").unwrap();
        let error = Binary::read(file.path()).unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&file.path().display().to_string()),
            "{error}"
        );
    }
}
