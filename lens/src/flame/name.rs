//! Function names for people.

/// A symbol's name without what tells a reader nothing: mangling, and the hash
/// that Rust appends. A name that is no Rust symbol stays as it is.
///
/// ```
/// use shakedown_lens::flame::readable;
///
/// assert_eq!(readable("_ZN4demo4work17h0123456789abcdefE"), "demo::work");
/// assert_eq!(readable("demo::work::h0123456789abcdef"), "demo::work");
/// assert_eq!(readable("_RNvCs1234_4demo4work"), "demo::work");
/// assert_eq!(readable("__libc_start_main"), "__libc_start_main");
/// ```
#[must_use]
pub fn readable(symbol: &str) -> String {
    let plain = match rustc_demangle::try_demangle(symbol) {
        Ok(demangled) => format!("{demangled:#}"),
        Err(_) => symbol.to_owned(),
    };
    match plain.rsplit_once("::h") {
        Some((name, hash)) if is_hash(hash) => name.to_owned(),
        _ => plain,
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Where a function comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Time that is not spent on a processor.
    Wait,
    /// The kernel.
    Kernel,
    /// Rust's standard library.
    Std,
    /// A Rust crate.
    Crate,
    /// Not Rust: the C library, the start of the process, unnamed code.
    Native,
}

/// Where `name` comes from, and the crate if it is one.
pub(super) fn origin(name: &str) -> (Origin, &str) {
    if name.starts_with("[awaiting") || name.starts_with("[ready") {
        return (Origin::Wait, "");
    }
    if name.ends_with("_[k]") {
        return (Origin::Kernel, "");
    }
    if let Some((_, place)) = name.rsplit_once(" (")
        && place.contains(".rs:")
    {
        // Inlined, and known by its place alone.
        return (Origin::Crate, place.split(':').next().unwrap_or(place));
    }
    let start = name.trim_start_matches(['<', '&', '*', '(', '[']);
    let start = start.trim_start_matches("mut ").trim_start_matches("dyn ");
    let Some((root, _)) = start.split_once("::") else {
        return (Origin::Native, "");
    };
    match root {
        "std" | "core" | "alloc" => (Origin::Std, root),
        _ if root.chars().all(|c| c.is_alphanumeric() || c == '_') => (Origin::Crate, root),
        _ => (Origin::Native, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_looks_like_a_hash_stays() {
        assert_eq!(readable("demo::house"), "demo::house");
        assert_eq!(readable("demo::h0123"), "demo::h0123");
    }

    #[test]
    fn origins_are_told_by_name() {
        let of = |name: &str| origin(name).0;
        assert_eq!(of("[awaiting] tokio::time::sleep"), Origin::Wait);
        assert_eq!(of("do_syscall_64_[k]"), Origin::Kernel);
        assert_eq!(of("core::ptr::drop_in_place"), Origin::Std);
        assert_eq!(of("<alloc::vec::Vec<T> as Drop>::drop"), Origin::Std);
        assert_eq!(origin("poll<a::B> (b.rs:7)"), (Origin::Crate, "b.rs"));
        assert_eq!(of("malloc"), Origin::Native);
        assert_eq!(of("[unknown]"), Origin::Native);
        assert_eq!(
            origin("<&mut decnet::A as B>::c"),
            (Origin::Crate, "decnet")
        );
    }
}
