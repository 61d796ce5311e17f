//! A story as one HTML page that needs nothing else: no network, no fonts, no
//! files. Light and dark follow the reader's system; tables are sorted by the
//! buttons in their heads, which the keyboard reaches; without scripts the page
//! lacks only that.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::document::{Block, Cell, Document, Sheet, Span, Tone};
use super::plot::{Plot, STYLE, escaped};

const PAGE_STYLE: &str = include_str!("page/story.css");
const SCRIPT: &str = include_str!("page/story.js");

/// Renders `document`.
#[must_use]
pub fn html(document: &Document) -> String {
    let title = escaped(&document.title);
    let mut body = String::new();
    let mut contents = String::new();
    let mut chapter = 0;
    let mut told = BTreeSet::new();
    for block in &document.blocks {
        match block {
            Block::Chapter(name) => {
                chapter += 1;
                let name = escaped(name);
                put(
                    &mut contents,
                    format_args!("<li><a href=\"#chapter-{chapter}\">{name}</a></li>\n"),
                );
                put(
                    &mut body,
                    format_args!("<h2 id=\"chapter-{chapter}\">{name}</h2>\n"),
                );
            }
            Block::Section(name) => put(&mut body, format_args!("<h3>{}</h3>\n", words(name))),
            Block::Paragraph(spans) => put(&mut body, format_args!("<p>{}</p>\n", line(spans))),
            Block::List(lines) => {
                body.push_str("<ul>\n");
                for item in lines {
                    put(&mut body, format_args!("<li>{}</li>\n", line(item)));
                }
                body.push_str("</ul>\n");
            }
            Block::Table(sheet) => table(&mut body, sheet),
            Block::Figure(plot) => {
                // How to read a plot is said once for plots of a kind.
                figure(&mut body, plot, told.insert(&plot.caption));
            }
        }
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}\n{PAGE_STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#story\">Skip to the story</a>\n\
         <header><h1>{title}</h1>\n<nav aria-label=\"Chapters\"><ul>\n{contents}</ul></nav></header>\n\
         <main id=\"story\" tabindex=\"-1\">\n{body}</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

fn put(body: &mut String, text: std::fmt::Arguments<'_>) {
    body.write_fmt(text).expect("a String takes everything");
}

fn table(body: &mut String, sheet: &Sheet) {
    let caption = escaped(&sheet.caption);
    // A region that scrolls must be reachable and named, or the keyboard cannot scroll it.
    put(
        body,
        format_args!(
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n<table>\n\
             <caption>{caption}</caption>\n<thead><tr>"
        ),
    );
    for (name, numeric) in &sheet.columns {
        let class = if *numeric { " class=\"number\"" } else { "" };
        let name = escaped(name);
        put(
            body,
            format_args!("<th scope=\"col\"{class}><button type=\"button\">{name}</button></th>"),
        );
    }
    body.push_str("</tr></thead>\n<tbody>\n");
    for row in &sheet.rows {
        body.push_str("<tr>");
        for (index, (cell, (_, numeric))) in row.iter().zip(&sheet.columns).enumerate() {
            put_cell(body, cell, index == 0, *numeric);
        }
        body.push_str("</tr>\n");
    }
    body.push_str("</tbody>\n</table>\n</div>\n");
}

fn put_cell(body: &mut String, cell: &Cell, head: bool, numeric: bool) {
    let mut classes = Vec::new();
    if numeric {
        classes.push("number");
    }
    match cell.tone {
        Some(Tone::Good) => classes.push("good"),
        Some(Tone::Bad) => classes.push("bad"),
        None => {}
    }
    let class = if classes.is_empty() {
        String::new()
    } else {
        format!(" class=\"{}\"", classes.join(" "))
    };
    let sort = cell
        .sort
        .map(|sort| format!(" data-sort=\"{sort}\""))
        .unwrap_or_default();
    let content = line(std::slice::from_ref(&cell.content));
    if head {
        put(
            body,
            format_args!("<th scope=\"row\"{class}{sort}>{content}</th>"),
        );
    } else {
        put(body, format_args!("<td{class}{sort}>{content}</td>"));
    }
}

fn figure(body: &mut String, plot: &Plot, explained: bool) {
    let (wide, narrow) = (&plot.wide, &plot.narrow);
    let title = words(&plot.title);
    let caption = if explained {
        words(&plot.caption)
    } else {
        String::new()
    };
    put(
        body,
        format_args!(
            "<figure id=\"{}\">\n<figcaption><strong>{title}</strong> {caption}</figcaption>\n\
             <div class=\"wide\">{wide}</div>\n<div class=\"narrow\">{narrow}</div>\n</figure>\n",
            plot.slug
        ),
    );
}

fn line(spans: &[Span]) -> String {
    spans
        .iter()
        .map(|span| match span {
            Span::Text(text) => words(text),
            Span::Strong(text) => format!("<strong>{}</strong>", words(text)),
            Span::Code(text) => code(text),
        })
        .collect()
}

/// Text, with what stands between two backticks as code.
fn words(text: &str) -> String {
    if text.matches('`').count() % 2 == 1 {
        return escaped(text);
    }
    let parts = text.split('`').enumerate();
    parts
        .map(|(index, part)| match index % 2 {
            0 => escaped(part),
            _ => code(part),
        })
        .collect()
}

/// A name, which may be broken after its joints and, if need be, anywhere.
fn code(text: &str) -> String {
    let name = escaped(text).replace('_', "_<wbr>").replace('-', "-<wbr>");
    format!("<code>{name}</code>")
}
