//! Addresses of this process turned into names, each once.

use std::collections::HashMap;

/// Names of addresses, innermost first: a call that was inlined has several.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    known: HashMap<usize, Vec<String>>,
}

impl Symbols {
    /// The functions of a stack of addresses, both innermost first.
    pub(super) fn names(&mut self, addresses: &[usize]) -> Vec<String> {
        let mut names = Vec::new();
        for address in addresses {
            let known = self
                .known
                .entry(*address)
                .or_insert_with(|| resolve(*address));
            names.extend(known.iter().cloned());
        }
        names
    }
}

fn resolve(address: usize) -> Vec<String> {
    let mut names = Vec::new();
    backtrace::resolve(address as *mut _, |symbol| {
        names.extend(symbol.name().map(|name| format!("{name:#}")));
    });
    if names.is_empty() {
        names.push("[unknown]".to_owned());
    }
    names
}
