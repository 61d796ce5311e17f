//! The picture: bars with titles, without scripts, for documents.

use std::fmt::Write as _;

use super::graph::{FlameGraph, escaped};
use super::tree::{Node, Tree};
use super::unit::share;
use super::{Stacks, Unit, color};

const ROW: f64 = 18.0;
const HEAD: f64 = 46.0;
const LETTER: f64 = 6.7; // of the 11 px monospace below

/// Draws `wide` units wide; bars narrower than `narrowest` are left out.
pub(super) fn picture(graph: &FlameGraph, wide: f64, narrowest: f64) -> String {
    let none = Stacks::new();
    let (stacks, unit, label) = graph.views.first().map_or((&none, Unit::Samples, ""), |v| {
        (&v.stacks, v.unit, v.label.as_str())
    });
    let tree = Tree::of(stacks, "all");
    let shown: Vec<&Node> = tree
        .nodes
        .iter()
        .filter(|node| width(node.total, &tree, wide) >= narrowest)
        .collect();
    let deepest = shown.iter().map(|node| node.depth + 1).max().unwrap_or(1);
    let height = HEAD + ROW * as_float(deepest) + 6.0;
    let title = escaped(&graph.title);
    let mut body = String::new();
    for node in shown {
        bar(&mut body, &tree, node, unit, wide);
    }
    let subtitle = escaped(&format!("{label}: {}", unit.amount(tree.total())));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {height}\" role=\"img\" \
         aria-label=\"{title}\">\n<style>\n{STYLE}{}</style>\n\
         <rect class=\"flame-paper\" width=\"{wide}\" height=\"{height}\"/>\n\
         <text class=\"flame-title\" x=\"4\" y=\"18\">{title}</text>\n\
         <text class=\"flame-sub\" x=\"4\" y=\"36\">{subtitle}</text>\n{body}</svg>\n",
        color::STYLE
    )
}

const STYLE: &str = "\
.flame-paper { fill: #fff } .flame-title { font: bold 14px sans-serif; fill: #1a1a1a } .flame-sub { font: 12px sans-serif; fill: #555 }
.flame-bar rect { fill: var(--bar); stroke: #fff; stroke-width: 0.5 } .flame-bar text { font: 11px ui-monospace, monospace; fill: #111 }
@media (prefers-color-scheme: dark) { .flame-paper { fill: #16181d } .flame-title { fill: #eee } .flame-sub { fill: #aaa }
.flame-bar rect { stroke: #16181d } .flame-bar text { fill: #f2f2f2 } }
";

fn bar(body: &mut String, tree: &Tree, node: &Node, unit: Unit, all: f64) {
    let name = &tree.names[node.name];
    let (class, hue) = color::of(name);
    let (x, y) = (
        width(node.start, tree, all),
        HEAD + ROW * as_float(node.depth),
    );
    let wide = width(node.total, tree, all);
    let tip = format!(
        "{name}\n{}, {}",
        unit.amount(node.total),
        share(node.total, tree.total())
    );
    let text_y = y + 13.0;
    let text = escaped(&shortened(name, wide));
    write!(
        body,
        "<g class=\"flame-bar o-{class}\" style=\"--hue:{hue}\"><title>{}</title>\
         <rect x=\"{x:.2}\" y=\"{y}\" width=\"{wide:.2}\" height=\"{ROW}\"/>",
        tip.lines().map(escaped).collect::<Vec<_>>().join("\n")
    )
    .and_then(|()| match text.is_empty() {
        true => writeln!(body, "</g>"),
        false => writeln!(
            body,
            "<text x=\"{:.2}\" y=\"{text_y}\">{text}</text></g>",
            x + 3.0
        ),
    })
    .expect("a String takes everything");
}

fn width(amount: u64, tree: &Tree, all: f64) -> f64 {
    match tree.total() {
        0 => all,
        total => all * as_float(amount) / as_float(total),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a position in a picture")]
fn as_float(number: impl TryInto<u64>) -> f64 {
    number.try_into().unwrap_or(u64::MAX) as f64
}

/// As much of the name's end as fits: the function is told by its end.
fn shortened(name: &str, wide: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of letters"
    )]
    let room = ((wide - 6.0) / LETTER).max(0.0) as usize;
    let letters = name.chars().count();
    match room {
        _ if letters <= room => name.to_owned(),
        0..3 => String::new(),
        _ => {
            let end: String = name.chars().skip(letters - room + 1).collect();
            format!("…{end}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_end() {
        assert_eq!(shortened("a::b::work", 100.0), "a::b::work");
        assert_eq!(shortened("a::b::work", 46.0), "…work");
        assert_eq!(shortened("a::b::work", 10.0), "");
    }

    #[test]
    fn a_picture_is_xml_whatever_the_names() {
        let stacks = Stacks::parse("<a & 'b' as \"c\">::d\u{1} 3\n").unwrap();
        let svg = FlameGraph::new("<title>")
            .view("all", Unit::Samples, stacks)
            .svg();
        assert!(
            svg.contains("&lt;a &amp; &#39;b&#39; as &quot;c&quot;&gt;::d "),
            "{svg}"
        );
        assert!(
            !svg.contains('\u{1}') && !svg.contains("<title><title>"),
            "{svg}"
        );
    }

    #[test]
    fn nothing_is_still_a_picture() {
        let svg = FlameGraph::new("none").svg();
        assert!(svg.contains("0 samples"), "{svg}");
    }
}
