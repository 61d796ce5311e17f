//! The operations of decnet's OpenAPI document, and requests to them: with nothing
//! wrong, or with one flaw.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use crate::in_process::{PASSWORD, Service};
use crate::openapi_requests::{Dice, Schemas};

/// What makes the two operations on passwords succeed.
const KNOWN: [(&str, &str); 4] = [
    ("username", "admin"),
    ("password", PASSWORD),
    ("old_password", PASSWORD),
    ("new_password", PASSWORD),
];

/// An operation of the document.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    parameters: Vec<(String, Value)>,
    body: Option<Value>,
    secured: bool,
    /// The status codes that the document knows.
    pub(crate) responses: Vec<String>,
}

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    Nothing,
    BadParameter,
    UnknownParameter,
    RepeatedParameter,
    BrokenEscape,
    BadMember,
    BrokenBody,
    WrongType,
    NoToken,
    BadToken,
    WrongMethod,
    WrongPath,
}

/// The operations of the document.
pub(crate) fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        // Named by digests of content, which no schema can make up; `decnet_artifacts`.
        if path.starts_with("/api/v1/artifacts/") {
            continue;
        }
        for (method, operation) in methods.as_object().expect("methods") {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            operations.push(Operation {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                parameters: parameters
                    .map(|parameter| {
                        let name = parameter["name"].as_str().expect("a name");
                        (name.to_owned(), parameter["schema"].clone())
                    })
                    .collect(),
                body: (!body.is_null()).then(|| body.clone()),
                secured: operation["security"].is_array(),
                responses: operation["responses"]
                    .as_object()
                    .expect("responses")
                    .keys()
                    .cloned()
                    .collect(),
            });
        }
    }
    operations
}

impl Operation {
    /// The flaws that a request to this operation can have.
    pub(crate) fn flaws(&self) -> Vec<Flaw> {
        let mut flaws = vec![Flaw::WrongMethod, Flaw::WrongPath];
        if self.secured {
            flaws.extend([Flaw::NoToken, Flaw::BadToken]);
            if self.method == Method::GET {
                flaws.push(Flaw::UnknownParameter);
            }
        }
        if !self.parameters.is_empty() {
            flaws.extend([
                Flaw::BadParameter,
                Flaw::RepeatedParameter,
                Flaw::BrokenEscape,
            ]);
        }
        if self.body.is_some() {
            flaws.extend([Flaw::BadMember, Flaw::BrokenBody, Flaw::WrongType]);
        }
        flaws
    }

    /// Makes the request, keeping a copy to show.
    pub(crate) fn request(
        &self,
        dice: &mut Dice,
        schemas: &Schemas,
        flaw: Flaw,
        service: &Service,
    ) -> (Request<Body>, String) {
        let query = self.query(dice, schemas, flaw);
        let (content, kind) = self.content(dice, schemas, flaw);
        let mut path = self.path.clone();
        let mut method = self.method.clone();
        match flaw {
            Flaw::WrongMethod => {
                // No path has these.
                method = dice.choose(&[Method::DELETE, Method::PATCH]).clone();
            }
            Flaw::WrongPath => {
                let wrong = dice.choose(&["/", "x", "/%00", "/..", "%2f"]);
                path.push_str(wrong);
            }
            _ => {}
        }
        if !query.is_empty() {
            path = format!("{path}?{query}");
        }
        let shown = format!(
            "{method} {path} ({kind}) {}",
            String::from_utf8_lossy(&content)
        );
        let mut request = service.request(method, &path, Body::from(content));
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, kind.parse().expect("a header value"));
        match flaw {
            Flaw::NoToken => drop(headers.remove(header::AUTHORIZATION)),
            Flaw::BadToken => {
                let bad = *dice.choose(&["Bearer", "Bearer x", "Basic YTpi", "", "Bearer a.b.c"]);
                headers.insert(header::AUTHORIZATION, bad.parse().expect("a header value"));
            }
            _ => {}
        }
        (request, shown)
    }

    fn query(&self, dice: &mut Dice, schemas: &Schemas, flaw: Flaw) -> String {
        let mut pairs = Vec::new();
        let mut times = Vec::new();
        for (name, schema) in &self.parameters {
            if dice.one_in(2) {
                continue;
            }
            let value = schemas.valid(dice, schema, &[]);
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            if schema["format"] == "date-time" {
                times.push((pairs.len(), value.clone()));
            }
            pairs.push((name.clone(), value));
        }
        // A range that ends before it starts is an error of its own.
        if let [(at, _), (end, _)] = times.as_slice() {
            pairs[*at].1 = "0001-01-01T00:00:00Z".to_owned();
            pairs[*end].1 = "9999-01-01T00:00:00Z".to_owned();
        }
        let mut raw = None;
        match flaw {
            Flaw::BadParameter => {
                let (name, schema) = dice.choose(&self.parameters);
                let value = schemas.invalid_parameter(dice, schema);
                pairs.retain(|(given, _)| given != name);
                pairs.push((name.clone(), value));
            }
            Flaw::RepeatedParameter => {
                let (name, schema) = dice.choose(&self.parameters);
                let value = schemas.valid(dice, schema, &[]).to_string();
                pairs.extend([(name.clone(), value.clone()), (name.clone(), value)]);
            }
            Flaw::UnknownParameter => {
                pairs.push((
                    (*dice.choose(&["", "unknown", "LIMIT", "é"])).to_owned(),
                    String::new(),
                ));
            }
            Flaw::BrokenEscape => {
                let (name, _) = dice.choose(&self.parameters);
                let escape = dice.choose(&["%", "%f", "%zz", "%ff", "%C3%28", "%ED%A0%80"]);
                pairs.retain(|(given, _)| given != name);
                raw = Some(format!("{name}={escape}"));
            }
            _ => {}
        }
        let mut parts: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
            .collect();
        parts.extend(raw);
        parts.join("&")
    }

    /// A body and its content type.
    fn content(&self, dice: &mut Dice, schemas: &Schemas, flaw: Flaw) -> (Vec<u8>, &'static str) {
        const JSON: &str = "application/json";
        let Some(schema) = &self.body else {
            return (Vec::new(), JSON);
        };
        let deckies = self.path.ends_with("/deckies");
        let valid = if deckies {
            valid_deckies(dice)
        } else {
            schemas.valid(dice, schema, &KNOWN)
        };
        let batches = self.path.ends_with("/logs");
        match flaw {
            Flaw::BadMember if deckies => (invalid_deckies(dice).to_string().into_bytes(), JSON),
            Flaw::BadMember => {
                let bad = schemas.invalid_object(dice, schema);
                match dice.below(3) {
                    0 if batches => (format!("[{valid},{bad}]").into_bytes(), JSON),
                    1 if batches => (
                        format!("{valid}\n{bad}\n").into_bytes(),
                        "application/x-ndjson",
                    ),
                    _ => (bad.to_string().into_bytes(), JSON),
                }
            }
            Flaw::BrokenBody => {
                let mut text = valid.to_string().into_bytes();
                match dice.below(4) {
                    0 => text.truncate(dice.below(text.len())),
                    1 => text.push(b'}'),
                    2 => text[0] = *dice.choose(&[0, 0xff, b'x']),
                    _ => text.splice(1..1, *b"\"\\ud800\":1,").for_each(drop),
                }
                (text, JSON)
            }
            Flaw::WrongType => {
                let kinds = [
                    "text/plain",
                    "application/x-www-form-urlencoded",
                    "nonsense",
                    "",
                ];
                (valid.to_string().into_bytes(), *dice.choose(&kinds))
            }
            _ if batches && dice.one_in(3) => (format!("[{valid},{valid}]").into_bytes(), JSON),
            _ if batches && dice.one_in(3) => (
                format!("{valid}\n\n{valid}").into_bytes(),
                "application/x-ndjson",
            ),
            _ => (valid.to_string().into_bytes(), JSON),
        }
    }
}

/// A registration, which has rules beyond its schema: names are printable and
/// stand there once, addresses are addresses.
fn valid_deckies(dice: &mut Dice) -> Value {
    let deckies = (0..dice.below(4)).map(|number| {
        json!({
            "name": format!("decky-{number}"),
            "ip": format!("127.0.0.{}", dice.below(200) + 2),
            "hostname": *dice.choose(&["web-1", "srv", "ADMINPC"]),
            "services": *dice.choose(&[&["ssh"][..], &["http", "ftp"], &[]]),
        })
    });
    deckies.collect()
}

/// A registration with one fault.
fn invalid_deckies(dice: &mut Dice) -> Value {
    let mut decky = json!({
        "name": "decky-1", "ip": "127.0.0.2", "hostname": "web-1", "services": ["ssh"],
    });
    let member = *dice.choose(&["name", "ip", "hostname", "services"]);
    match dice.below(3) {
        0 => drop(decky.as_object_mut().and_then(|decky| decky.remove(member))),
        1 => decky[member] = dice.choose(&[json!(12), json!(true), json!(null)]).clone(),
        _ => match member {
            "services" => decky[member] = json!(["ssh", ""]),
            _ => decky[member] = dice.choose(&[json!(""), json!("a\nb")]).clone(),
        },
    }
    match dice.below(2) {
        0 => json!([decky]),
        _ => json!([decky.clone(), decky]),
    }
}

fn escape(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
