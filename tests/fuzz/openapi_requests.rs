//! Requests made up from an OpenAPI document: valid ones, and ones with one thing wrong.

use serde_json::{Map, Value, json};

/// A small generator of pseudo-random numbers (xorshift64*): the same seed gives the same requests.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x9E37_79B9_7F4A_7C15 | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }

    pub(crate) fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn choose<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        match self.below(4) {
            0 => low,
            1 => high,
            2 => low.saturating_add(self.below(50) as i64).min(high),
            _ => {
                let width = u64::try_from(high - low).expect("low is not above high") + 1;
                low + i64::try_from(self.next() % width).expect("within the range")
            }
        }
    }

    /// Text without control characters.
    fn text(&mut self, length: usize) -> String {
        const LETTERS: [&str; 14] = [
            "a",
            "Z",
            "0",
            " ",
            "%",
            "_",
            "'",
            "\"",
            "\\",
            "é",
            "\u{1f41d}",
            "/",
            "&",
            "=",
        ];
        (0..length).map(|_| *self.choose(&LETTERS)).collect()
    }
}

/// Values for members that only the service knows to be right.
pub(crate) type Known<'a> = &'a [(&'a str, &'a str)];

/// The parts of a document that make values.
#[derive(Debug)]
pub(crate) struct Schemas {
    document: Value,
}

impl Schemas {
    pub(crate) fn new(document: Value) -> Self {
        Self { document }
    }

    /// Follows references, and takes what is not null out of a choice.
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference
                .strip_prefix('#')
                .expect("a reference into the document");
            let found = self.document.pointer(pointer);
            return self.resolve(found.unwrap_or_else(|| panic!("no {reference}")));
        }
        match schema["oneOf"].as_array() {
            Some(choices) => {
                let real = choices.iter().find(|choice| choice["type"] != "null");
                self.resolve(real.expect("a choice that is not null"))
            }
            None => schema,
        }
    }

    /// The type that is not null.
    fn kind(schema: &Value) -> &str {
        match &schema["type"] {
            Value::String(kind) => kind,
            Value::Array(kinds) => {
                let real = kinds.iter().find(|kind| *kind != "null");
                real.and_then(Value::as_str)
                    .expect("a type that is not null")
            }
            other => panic!("no type in {schema}: {other}"),
        }
    }

    /// A value that `schema` allows.
    pub(crate) fn valid(&self, dice: &mut Dice, schema: &Value, known: Known<'_>) -> Value {
        let schema = self.resolve(schema);
        if let Some(values) = schema["enum"].as_array() {
            return dice.choose(values).clone();
        }
        match (Self::kind(schema), schema["format"].as_str()) {
            ("integer", _) => {
                let low = schema["minimum"].as_i64().unwrap_or(0);
                let high = schema["maximum"].as_i64().unwrap_or(i64::from(i32::MAX));
                dice.between(low, high).into()
            }
            ("string", Some("date-time")) => {
                let (year, second) = (dice.between(1, 9998), dice.below(60));
                let offset = *dice.choose(&["Z", "+02:00", "-11:30", ".123456Z", ""]);
                format!("{year:04}-12-31T23:59:{second:02}{offset}").into()
            }
            ("string", Some("ip")) => match dice.below(3) {
                0 => format!("2001:db8::{:x}", dice.below(65_536)).into(),
                _ => format!("10.{}.0.{}", dice.below(3), dice.below(256)).into(),
            },
            ("string", _) => {
                let low = schema["minLength"].as_u64().unwrap_or(0).max(1);
                let high = schema["maxLength"].as_u64().unwrap_or(64).min(600);
                let (low, high) = (low.cast_signed(), high.cast_signed());
                let length = dice.between(low, high);
                dice.text(usize::try_from(length).expect("a length")).into()
            }
            ("boolean", _) => dice.one_in(2).into(),
            ("object", _) => self.object(dice, schema, known),
            (kind, _) => panic!("no values of type {kind}"),
        }
    }

    fn object(&self, dice: &mut Dice, schema: &Value, known: Known<'_>) -> Value {
        let mut object = Map::new();
        let Some(members) = schema["properties"].as_object() else {
            for _ in 0..dice.below(4) {
                let (name, value) = (dice.text(3), any(dice));
                object.insert(name, value);
            }
            return object.into();
        };
        for (name, member) in members {
            let value = match known.iter().find(|(known, _)| known == name) {
                Some((_, value)) => (*value).into(),
                None if !required(schema, name) && dice.one_in(2) => continue,
                None if !required(schema, name) && dice.one_in(8) => Value::Null,
                None => self.valid(dice, member, known),
            };
            object.insert(name.clone(), value);
        }
        object.into()
    }

    /// A value that `schema` does not allow, as it is written in a query string.
    pub(crate) fn invalid_parameter(&self, dice: &mut Dice, schema: &Value) -> String {
        let schema = self.resolve(schema);
        if schema["enum"].is_array() {
            return dice
                .choose(&["", "RECENT", "none", "\0", "recent "])
                .to_string();
        }
        if Self::kind(schema) == "integer" {
            let low = schema["minimum"].as_i64().expect("a minimum") - 1;
            let high = schema["maximum"].as_i64().expect("a maximum") + 1;
            let (low, high) = (low.to_string(), high.to_string());
            let huge = "9".repeat(40);
            let bad = [
                "", "x", "1.5", "1e2", "0x1", " 1", "\u{663}", "\0", &low, &high, &huge,
            ];
            return dice.choose(&bad).to_string();
        }
        if schema["format"] == "date-time" {
            let bad = [
                "now",
                "0",
                "2026-02-30T00:00:00Z",
                "12:00",
                "\0",
                "2026-01-01T00:00:00+99:00",
            ];
            return dice.choose(&bad).to_string();
        }
        let most = schema["maxLength"].as_u64().expect("a length limit");
        let long = dice.text(usize::try_from(most + 1).expect("a length"));
        dice.choose(&[long.as_str(), "\0", "a\nb", "\u{7f}"])
            .to_string()
    }

    /// A body that is an object but not one that `schema` allows.
    pub(crate) fn invalid_object(&self, dice: &mut Dice, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        let mut object = self.object(dice, schema, &[]);
        let members = schema["properties"].as_object().expect("members");
        let names: Vec<&String> = members.keys().collect();
        let name = *dice.choose(&names);
        let map = object.as_object_mut().expect("an object");
        match dice.below(3) {
            0 => {
                map.insert(
                    dice.choose(&["unknown", "", "\u{0}", "é"]).to_string(),
                    any(dice),
                );
            }
            1 if required(schema, name) => {
                map.remove(name);
            }
            _ => {
                let text = Self::kind(self.resolve(&members[name])) == "string";
                let wrong = if text { json!(12) } else { json!("text") };
                map.insert(
                    name.clone(),
                    dice.choose(&[wrong, json!(true), json!([1])]).clone(),
                );
            }
        }
        object
    }
}

fn required(schema: &Value, name: &str) -> bool {
    schema["required"]
        .as_array()
        .is_some_and(|names| names.iter().any(|one| one == name))
}

/// Any small JSON value.
fn any(dice: &mut Dice) -> Value {
    match dice.below(7) {
        0 => Value::Null,
        1 => json!(dice.one_in(2)),
        2 => json!(dice.next()),
        3 => json!(-1.5e300),
        4 => json!([1, "two", null]),
        5 => json!({"nested": {"deep": "\u{0}"}}),
        _ => dice.text(5).into(),
    }
}
