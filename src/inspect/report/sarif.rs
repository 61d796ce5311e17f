//! For code hosts and editors: SARIF 2.1.0 (OASIS), the subset that they read:
//! rules with help, results with locations, and stable fingerprints.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::inspect::finding::{Finding, Place, Severity};
use crate::inspect::rule_named;
use crate::inspect::run::Report;

pub(super) fn render(report: &Report) -> String {
    let names: BTreeSet<&str> = report.findings.iter().map(|it| it.rule.as_str()).collect();
    let rules: Vec<Value> = names.iter().map(|name| rule(name)).collect();
    let results: Vec<Value> = report.findings.iter().map(result).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "shakedown",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&document).expect("a JSON value prints") + "\n"
}

fn rule(name: &str) -> Value {
    match rule_named(name) {
        Ok(rule) => json!({
            "id": name,
            "shortDescription": { "text": rule.summary() },
            "help": { "text": rule.documentation, "markdown": rule.documentation },
        }),
        Err(_) => json!({ "id": name }),
    }
}

fn result(finding: &Finding) -> Value {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
        Severity::Off => "none",
    };
    let mut text = vec![finding.message.clone()];
    text.extend(finding.notes.iter().cloned());
    text.extend(finding.help.iter().cloned());
    let related: Vec<Value> = finding.related.iter().map(location).collect();
    json!({
        "ruleId": finding.rule,
        "level": level,
        "message": { "text": text.join("\n") },
        "locations": [location(&finding.place)],
        "relatedLocations": related,
        "partialFingerprints": {
            "shakedown/v1": format!("{}|{}|{}", finding.rule, finding.item, finding.subject),
        },
    })
}

fn location(place: &Place) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": place.file, "uriBaseId": "%SRCROOT%" },
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "byteOffset": place.start,
                "byteLength": place.end.saturating_sub(place.start),
            },
        },
    });
    if !place.label.is_empty() {
        location["message"] = json!({ "text": place.label });
    }
    location
}
