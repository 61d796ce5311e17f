//! Addresses of this process turned into names, each once.
//!
//! Debug information with line tables alone knows inlined functions, by their
//! last name only; the symbol table knows the function they were inlined into,
//! by its whole name. So the outermost of an address takes the latter's, and an
//! inlined one without a path is told by its file and line.

use std::collections::HashMap;
use std::path::Path;

use super::symbol_table::SymbolTable;
use crate::flame::readable;

/// A function on a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    /// Whether it is the profiler's own.
    pub(super) own: bool,
}

/// Names of addresses.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    table: Option<SymbolTable>,
    known: HashMap<usize, Vec<Named>>,
}

impl Symbols {
    /// The functions of a stack of addresses, both innermost first.
    pub(super) fn names(&mut self, addresses: &[usize]) -> Vec<Named> {
        let table = self.table.get_or_insert_with(SymbolTable::of_this_program);
        let mut names = Vec::new();
        for address in addresses {
            let known = self
                .known
                .entry(*address)
                .or_insert_with(|| resolve(*address, table));
            names.extend(known.iter().cloned());
        }
        names
    }
}

fn resolve(address: usize, table: &SymbolTable) -> Vec<Named> {
    let mut names = Vec::new();
    backtrace::resolve(address as *mut _, |symbol| {
        let Some(name) = symbol.name().map(|name| format!("{name:#}")) else {
            return;
        };
        names.push(named(name, symbol.filename(), symbol.lineno()));
    });
    // The address of a call is behind it, which may be behind its function, too.
    let call = address.checked_sub(1);
    let whole = call.and_then(|call| table.name(call)).map(readable);
    match (names.last_mut(), whole) {
        (Some(last), Some(whole)) => {
            last.own |= is_own(&whole);
            last.name = whole;
        }
        (None, whole) => names.push(Named {
            own: whole.as_deref().is_some_and(is_own),
            name: whole.unwrap_or_else(|| "[unknown]".to_owned()),
        }),
        (Some(_), None) => {}
    }
    names
}

fn named(name: String, file: Option<&Path>, line: Option<u32>) -> Named {
    let in_own_file = file.is_some_and(|file| {
        // `file!()` of this module, less its name.
        let here = file!().trim_end_matches("symbols.rs");
        file.to_string_lossy().contains(here)
    });
    let own = in_own_file || is_own(&name);
    let has_path = name.starts_with('<')
        || name
            .split('<')
            .next()
            .is_some_and(|path| path.contains("::"));
    let place = file.and_then(Path::file_name).zip(line);
    let name = match place {
        Some((file, line)) if !has_path => format!("{name} ({}:{line})", file.to_string_lossy()),
        _ => name,
    };
    Named { name, own }
}

fn is_own(name: &str) -> bool {
    name.contains("shakedown_lens::request::") && !name.contains("::tests::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn planted() -> usize {
        let mut found = 0;
        backtrace::trace(|frame| {
            found = frame.ip() as usize;
            let mut here = false;
            backtrace::resolve(frame.ip(), |symbol| {
                here |= symbol
                    .name()
                    .is_some_and(|name| name.to_string().contains("planted"));
            });
            !here
        });
        found
    }

    #[test]
    fn a_function_has_its_whole_path_whatever_the_debug_information() {
        let names = Symbols::default().names(&[planted()]);
        let last = &names.last().unwrap().name;
        assert_eq!(last, "shakedown_lens::request::symbols::tests::planted");
    }

    #[test]
    fn an_inlined_function_without_a_path_is_told_by_its_place() {
        let of = |name: &str| named(name.to_owned(), Some(Path::new("/a/b.rs")), Some(7)).name;
        assert_eq!(of("{async_fn#0}"), "{async_fn#0} (b.rs:7)");
        assert_eq!(of("map<u8, a::B>"), "map<u8, a::B> (b.rs:7)");
        assert_eq!(of("a::b::c<u8>"), "a::b::c<u8>");
        assert_eq!(of("<a::B as c::D>::e"), "<a::B as c::D>::e");
    }

    #[test]
    fn an_address_of_nothing_is_unknown() {
        for address in [0, 8] {
            assert_eq!(Symbols::default().names(&[address])[0].name, "[unknown]");
        }
    }
}
