//! Colours: the hue says where a function comes from, so it means something.

use super::name::{Origin, origin};

/// The class of a bar, `o-..`, and the hue of its crate.
pub(super) fn of(name: &str) -> (&'static str, u32) {
    let (origin, root) = origin(name);
    match origin {
        Origin::Wait => ("wait", 210),
        Origin::Kernel => ("kernel", 0),
        Origin::Std => ("std", 200),
        Origin::Native => ("native", 0),
        Origin::Crate => ("crate", hue(root)),
    }
}

/// One of twelve warm to green hues, the same for each name of a crate.
fn hue(root: &str) -> u32 {
    let mut hash = 0x811c_9dc5_u32; // FNV-1a: stable between builds, unlike std's
    for byte in root.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    (hash % 12) * 13
}

/// Style of the classes, shared by the page and the picture. Text is nearly
/// black on light bars and nearly white on dark ones.
pub(super) const STYLE: &str = "\
.o-crate { --bar: hsl(var(--hue) 78% 74%); }
.o-std { --bar: hsl(200 42% 80%); }
.o-native { --bar: hsl(0 0% 82%); }
.o-kernel { --bar: hsl(330 45% 82%); }
.o-wait { --bar: hsl(220 85% 84%); }
@media (prefers-color-scheme: dark) {
.o-crate { --bar: hsl(var(--hue) 52% 30%); }
.o-std { --bar: hsl(200 32% 28%); }
.o-native { --bar: hsl(0 0% 30%); }
.o-kernel { --bar: hsl(330 32% 32%); }
.o-wait { --bar: hsl(220 52% 38%); }
}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_has_one_hue_whatever_the_function() {
        assert_eq!(of("decnet::a::b"), of("<decnet::C as D>::e"));
        assert_eq!(of("decnet::a").0, "crate");
        assert!(of("decnet::a").1 < 160, "blue means waiting");
    }
}
