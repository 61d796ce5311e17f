//! The symbol table of the running program.

use std::fs;

use object::{Object as _, ObjectSymbol as _, SymbolKind};

/// Functions of this program, by address.
#[derive(Debug, Default)]
pub(super) struct SymbolTable {
    /// What the loader added to the addresses in the file.
    bias: u64,
    /// Start, size and name, ordered.
    functions: Vec<(u64, u64, Box<str>)>,
}

impl SymbolTable {
    /// Empty where the program's file cannot be read or was stripped.
    pub(super) fn of_this_program() -> Self {
        let mut table = Self {
            bias: bias(),
            functions: Vec::new(),
        };
        let bytes = fs::read("/proc/self/exe").unwrap_or_default();
        if let Ok(file) = object::File::parse(&*bytes) {
            let functions = file
                .symbols()
                .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.is_definition());
            table.functions = functions
                .filter_map(|of| Some((of.address(), of.size(), of.name().ok()?.into())))
                .collect();
            table.functions.sort_unstable();
        }
        table
    }

    /// The name, as the linker knows it, of the function that holds `address`.
    pub(super) fn name(&self, address: usize) -> Option<&str> {
        let address = u64::try_from(address).ok()?.checked_sub(self.bias)?;
        let behind = self
            .functions
            .partition_point(|(start, ..)| *start <= address);
        let (start, size, name) = self.functions.get(behind.checked_sub(1)?)?;
        (address - start < *size).then_some(name)
    }
}

#[cfg(target_os = "linux")]
fn bias() -> u64 {
    extern "C" fn first(
        info: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        found: *mut libc::c_void,
    ) -> libc::c_int {
        // SAFETY: the loader passes a valid description, and `found` is the `u64` below.
        unsafe { *found.cast::<u64>() = (*info).dlpi_addr };
        1 // the program itself comes first
    }
    let mut found = 0_u64;
    // SAFETY: the callback matches, and `found` outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(first), (&raw mut found).cast()) };
    found
}

#[cfg(not(target_os = "linux"))]
fn bias() -> u64 {
    0
}
