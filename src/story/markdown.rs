//! A story as GitHub-flavoured Markdown, its plots as files beside it.

use std::collections::BTreeSet;

use super::document::{Block, Cell, Document, Sheet, Span};
use super::plot::Plot;

/// Renders `document`; plots are linked as `<plots>/<slug>.svg`.
#[must_use]
pub fn markdown(document: &Document, plots: &str) -> String {
    let mut parts = vec![format!("# {}", plain(&document.title))];
    let mut told = BTreeSet::new();
    for block in &document.blocks {
        parts.push(match block {
            Block::Chapter(title) => format!("## {}", plain(title)),
            Block::Section(title) => format!("### {}", plain(title)),
            Block::Paragraph(spans) => line(spans),
            Block::List(lines) => {
                let items: Vec<String> = lines
                    .iter()
                    .map(|item| format!("- {}", line(item)))
                    .collect();
                items.join("\n")
            }
            Block::Table(sheet) => table(sheet),
            Block::Figure(plot) => {
                // How to read a plot is said once for plots of a kind.
                figure(plot, plots, told.insert(&plot.caption))
            }
        });
    }
    parts.join("\n\n") + "\n"
}

fn figure(plot: &Plot, plots: &str, explained: bool) -> String {
    let title = plain(&plot.title);
    let directory = plots.replace(' ', "%20");
    let image = format!("![{title}]({directory}/{}.svg)", plot.slug);
    if explained {
        format!("{image}\n\n*{title}. {}*", plain(&plot.caption))
    } else {
        format!("{image}\n\n*{title}.*")
    }
}

/// Renders one table.
#[must_use]
pub fn table(sheet: &Sheet) -> String {
    let names: Vec<String> = sheet.columns.iter().map(|(name, _)| plain(name)).collect();
    let rules: Vec<&str> = sheet
        .columns
        .iter()
        .map(|(_, numeric)| if *numeric { "---:" } else { "---" })
        .collect();
    let mut lines = vec![row(&names), format!("|{}|", rules.join("|"))];
    for cells in &sheet.rows {
        let cells: Vec<String> = cells.iter().map(cell).collect();
        lines.push(row(&cells));
    }
    lines.join("\n")
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

fn cell(cell: &Cell) -> String {
    line(std::slice::from_ref(&cell.content))
}

fn line(spans: &[Span]) -> String {
    spans
        .iter()
        .map(|span| match span {
            Span::Text(text) => plain(text),
            Span::Strong(text) => {
                let bare = text.trim_end();
                format!("**{}**{}", plain(bare), &text[bare.len()..])
            }
            Span::Code(text) => {
                let text = text.replace(['`', '\r', '\n'], "'").replace('|', "\\|");
                format!("`{text}`")
            }
        })
        .collect()
}

/// Text in which nothing is markup, on one line. Backticks that come in pairs
/// stay: the story's own sentences quote with them.
fn plain(text: &str) -> String {
    let quoted = text.matches('`').count().is_multiple_of(2);
    let mut inside = false;
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '`' if quoted => {
                inside = !inside;
                escaped.push('`');
            }
            '|' => escaped.push_str("\\|"),
            '\r' | '\n' => escaped.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' if !inside => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_becomes_markup() {
        let sheet = Sheet {
            caption: String::new(),
            columns: vec![("a|b".to_owned(), false), ("n".to_owned(), true)],
            rows: vec![vec![Cell::code("x`|y"), Cell::text("<b>*_\n")]],
        };
        assert_eq!(
            table(&sheet),
            "| a\\|b | n |\n|---|---:|\n| `x'\\|y` | \\<b\\>\\*\\_  |"
        );
    }
}
