//! The page. Rust writes the facts, the notes, a table of functions and the tree
//! as JSON; the script draws the bars, so that zooming needs no server. Without
//! scripts the page still has the picture and the tables.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::color;
use super::graph::{FlameGraph, View, escaped};
use super::table::functions;
use super::tree::Tree;
use super::unit::share;

const PAGE_STYLE: &str = include_str!("page/flame.css");
const SCRIPT: &str = include_str!("page/flame.js");
/// Rows of a table of functions.
const ROWS: usize = 40;

pub(super) fn page(graph: &FlameGraph) -> String {
    let title = escaped(&graph.title);
    let trees: Vec<(&View, Tree)> = graph
        .views
        .iter()
        .map(|view| (view, Tree::of(&view.stacks, "all")))
        .collect();
    let mut main = String::new();
    chooser(&mut main, &graph.views);
    main.push_str(CONTROLS);
    for (index, (view, tree)) in trees.iter().enumerate() {
        table(&mut main, index, view, tree);
    }
    // `</script>` inside a string would end the element.
    let data = Value::from_iter(trees.iter().map(|(view, tree)| data(view, tree)))
        .to_string()
        .replace('<', "\\u003c");
    let picture = graph.svg();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{}{PAGE_STYLE}</style>\n</head>\n<body>\n\
         <header><h1>{title}</h1>\n{}{}</header>\n<main>\n{main}</main>\n\
         <noscript>{picture}</noscript>\n\
         <script type=\"application/json\" id=\"data\">{data}</script>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        color::STYLE,
        facts(&graph.facts),
        notes(&graph.notes),
    )
}

const CONTROLS: &str = "\
<div class=\"controls\" id=\"controls\" hidden>
<label for=\"search\">Search</label> <input id=\"search\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" placeholder=\"part of a name\">
<button type=\"button\" id=\"reset\">Whole graph</button>
<span id=\"matched\" role=\"status\"></span>
</div>
<p class=\"keys\" id=\"keys\" hidden>Click or <kbd>Enter</kbd> zooms in, <kbd>Esc</kbd> out; <kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd> walk; <kbd>/</kbd> searches.</p>
<div id=\"graph\" role=\"tree\" aria-label=\"Flame graph\" aria-describedby=\"keys\"></div>
<p id=\"detail\" role=\"status\" hidden></p>
<ul class=\"legend\" id=\"legend\" hidden><li class=\"o-crate\" style=\"--hue:26\">crates, a hue each</li><li class=\"o-std\">Rust's std</li><li class=\"o-native\">not Rust</li><li class=\"o-kernel\">kernel</li><li class=\"o-wait\">waiting</li></ul>
";

fn facts(facts: &[(String, String)]) -> String {
    let mut text = String::from("<dl>\n");
    for (name, value) in facts {
        put(
            &mut text,
            format_args!(
                "<div><dt>{}</dt><dd>{}</dd></div>\n",
                escaped(name),
                escaped(value)
            ),
        );
    }
    text + "</dl>\n"
}

fn notes(notes: &[String]) -> String {
    if notes.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "<details class=\"notes\" open><summary>What this does not show</summary><ul>\n",
    );
    for note in notes {
        put(&mut text, format_args!("<li>{}</li>\n", escaped(note)));
    }
    text + "</ul></details>\n"
}

fn chooser(main: &mut String, views: &[View]) {
    if views.len() < 2 {
        return;
    }
    main.push_str("<div class=\"views\" id=\"views\" role=\"group\" aria-label=\"View\" hidden>\n");
    for (index, view) in views.iter().enumerate() {
        put(
            main,
            format_args!(
                "<button type=\"button\" data-view=\"{index}\">{}</button>\n",
                escaped(&view.label)
            ),
        );
    }
    main.push_str("</div>\n");
}

fn table(main: &mut String, index: usize, view: &View, tree: &Tree) {
    let label = escaped(&view.label);
    put(
        main,
        format_args!(
            "<section class=\"functions\" data-of=\"{index}\">\n<h2>{label}: {}</h2>\n",
            escaped(&view.unit.amount(view.stacks.total()))
        ),
    );
    if view.stacks.is_empty() {
        main.push_str("<p>Nothing was found.</p>\n</section>\n");
        return;
    }
    if tree.omitted > 0 {
        put(
            main,
            format_args!(
                "<p>{} bars under 0.02% of the whole are left out of the graph.</p>\n",
                tree.omitted
            ),
        );
    }
    put(
        main,
        format_args!(
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Functions, {label}\"><table>\n\
             <thead><tr><th scope=\"col\">own</th><th scope=\"col\">with callees</th>\
             <th scope=\"col\">function</th></tr></thead>\n<tbody>\n"
        ),
    );
    let total = view.stacks.total();
    for function in functions(&view.stacks).iter().take(ROWS) {
        put(
            main,
            format_args!(
                "<tr><td title=\"{}\">{}</td><td title=\"{}\">{}</td><th scope=\"row\">{}</th></tr>\n",
                view.unit.amount(function.own),
                share(function.own, total),
                view.unit.amount(function.total),
                share(function.total, total),
                escaped(&function.name).replace("::", "::<wbr>")
            ),
        );
    }
    main.push_str("</tbody></table></div>\n</section>\n");
}

/// `names`: name, class, hue. `nodes`: name, parent, total, own; depth and start
/// follow from the order.
fn data(view: &View, tree: &Tree) -> Value {
    let names: Vec<Value> = tree
        .names
        .iter()
        .map(|name| {
            let (class, hue) = color::of(name);
            json!([name, class, hue])
        })
        .collect();
    let nodes: Vec<Value> = tree
        .nodes
        .iter()
        .map(|node| json!([node.name, node.parent, node.total, node.own]))
        .collect();
    json!({ "label": view.label, "unit": view.unit.name(), "names": names, "nodes": nodes })
}

fn put(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::super::{Stacks, Unit};
    use super::*;

    fn sample() -> FlameGraph {
        let stacks = Stacks::parse("main;</script><b>::work 9\nmain 1\n").unwrap();
        FlameGraph::new("a <title>")
            .fact("program", "<demo>")
            .note("nothing & more")
            .view("threads", Unit::Samples, stacks)
            .view("leaks", Unit::Bytes, Stacks::new())
    }

    #[test]
    fn names_cannot_leave_their_place() {
        let page = page(&sample());
        assert_eq!(page.matches("</script>").count(), 2, "{page}");
        for never in ["<demo>", "<b>", "a <title>"] {
            assert!(!page.contains(never), "{never}");
        }
    }

    #[test]
    fn a_page_asks_for_nothing_from_elsewhere() {
        let page = page(&sample());
        let places = page.replace("http://www.w3.org/2000/svg", "");
        for never in ["http", "src=", "href=", "@import", "url("] {
            assert!(!places.contains(never), "{never}");
        }
    }

    #[test]
    fn what_found_nothing_says_so() {
        let page = page(&sample());
        assert!(
            page.contains("<h2>leaks: 0 B</h2>\n<p>Nothing was found.</p>"),
            "{page}"
        );
    }

    #[test]
    fn the_data_is_json_again() {
        let page = page(&sample());
        let (_, rest) = page.split_once("id=\"data\">").unwrap();
        let (data, _) = rest.split_once("</script>").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(data[0]["nodes"][0], json!([0, 0, 10, 0]));
        assert_eq!(data[0]["names"][2][0], "</script><b>::work");
    }
}
