//! `serial-without-effect`: `#[serial]`, which does nothing under nextest.

use crate::inspect::finding::{Finding, Fix, Severity};
use crate::inspect::model::Node;
use crate::inspect::rule::{Context, Rule};
use crate::inspect::syntax::Attribute;
use crate::inspect::{Error, Source};

pub(super) const RULE: Rule = Rule {
    name: "serial-without-effect",
    severity: Severity::Error,
    documentation: include_str!("docs/serial-without-effect.md"),
    check,
};

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    if !source.root().join(".config/nextest.toml").is_file() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (_, node) in source.nodes().filter(|(_, node)| source.is_test_code(node)) {
        for attribute in node.attributes.iter().filter(|it| is_serial(it)) {
            let place = source.place(node.file, attribute.extent, "a lock inside one process");
            let message = format!(
                "`#[{}]` has no effect under nextest",
                attribute.path.join("::")
            );
            let fix = line_of(source, node, attribute);
            found.push(
                source
                    .finding(RULE.name, message, &node.path, "serial", place)
                    .noting("nextest runs each test in a process of its own")
                    .helping("isolate what the tests share, or put them into a test group of .config/nextest.toml with `max-threads = 1`")
                    .fixed_by(Some(fix)),
            );
        }
    }
    Ok(found)
}

fn is_serial(attribute: &Attribute) -> bool {
    matches!(
        attribute
            .path
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice(),
        ["serial" | "parallel"] | ["serial_test", "serial" | "parallel"]
    )
}

/// Removes the attribute and, if nothing else is in it, its line.
fn line_of(source: &Source, node: &Node, attribute: &Attribute) -> Fix {
    let file = &source.model.files[node.file];
    let (mut start, mut end) = (attribute.extent.start, attribute.extent.end);
    let before = &file.text[..start];
    let indentation = before.len() - before.trim_end_matches([' ', '\t']).len();
    let alone = before.len() == indentation || before[..before.len() - indentation].ends_with('\n');
    if alone && file.text[end..].starts_with('\n') {
        start -= indentation;
        end += 1;
    }
    Fix {
        file: file.path.clone(),
        start,
        end,
        replacement: String::new(),
    }
}
