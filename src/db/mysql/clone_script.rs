//! The statements that make an empty database a copy of another one.
//!
//! A table is created from the server's own description of it, which has the
//! keys, the foreign keys and the next automatic number, and is filled by
//! `INSERT .. SELECT` where it has rows. What else a database can hold is
//! refused aloud, because its description names the database it came from.

use std::fmt::Write as _;

use super::client::{identifier, literal, unescape};
use super::{Database, MySqlError};

/// Writes the statements that copy `template` into the database in use.
pub(super) fn of(name: &str, template: &Database) -> Result<String, MySqlError> {
    refuse_all_but_tables(name, template)?;
    let schema = literal(template.name());
    let listed = template.execute(&format!(
        "SELECT table_name FROM information_schema.tables
         WHERE table_schema = {schema} ORDER BY table_name"
    ))?;
    let tables: Vec<String> = listed.lines().map(unescape).collect();
    if tables.is_empty() {
        return Ok(String::new());
    }
    let mut script = "SET foreign_key_checks = 0, unique_checks = 0,
        sql_mode = 'NO_AUTO_VALUE_ON_ZERO';\n"
        .to_owned();
    let describe: String = tables
        .iter()
        .map(|table| format!("SHOW CREATE TABLE {};\n", identifier(table)))
        .collect();
    for line in template.execute(&describe)?.lines() {
        let create = line.split_once('\t').map_or("", |(_, create)| create);
        let _ = writeln!(script, "{};", unescape(create));
    }
    // Bulk inserts without an undo record each only go into tables as new as these.
    for table in &tables {
        script.push_str(&copy_rows(template, table)?);
    }
    Ok(script)
}

/// The statement that copies the rows of `table`; none for an empty table.
fn copy_rows(template: &Database, table: &str) -> Result<String, MySqlError> {
    let (schema, text, source) = (literal(template.name()), literal(table), identifier(table));
    let found = template.execute(&format!(
        "SELECT EXISTS (SELECT 1 FROM {source});
         SELECT column_name FROM information_schema.columns
         WHERE table_schema = {schema} AND table_name = {text}
           AND coalesce(generation_expression, '') = '' ORDER BY ordinal_position"
    ))?;
    let mut lines = found.lines();
    if lines.next() != Some("1") {
        return Ok(String::new());
    }
    let columns: Vec<String> = lines.map(|line| identifier(&unescape(line))).collect();
    let columns = columns.join(", ");
    Ok(format!(
        "INSERT INTO {source} ({columns}) SELECT {columns} FROM {}.{source};\n",
        identifier(template.name())
    ))
}

fn refuse_all_but_tables(name: &str, template: &Database) -> Result<(), MySqlError> {
    let schema = literal(template.name());
    let found = template.execute(&format!(
        "SELECT lower(table_type), table_name FROM information_schema.tables
         WHERE table_schema = {schema} AND table_type <> 'BASE TABLE'
         UNION SELECT 'trigger', trigger_name FROM information_schema.triggers
         WHERE trigger_schema = {schema}
         UNION SELECT lower(routine_type), routine_name FROM information_schema.routines
         WHERE routine_schema = {schema}
         UNION SELECT 'event', event_name FROM information_schema.events
         WHERE event_schema = {schema} LIMIT 1"
    ))?;
    match found.lines().next().and_then(|line| line.split_once('\t')) {
        None => Ok(()),
        Some((kind, object)) => Err(MySqlError::NotCloneable {
            name: name.to_owned(),
            kind: kind.to_owned(),
            object: unescape(object),
        }),
    }
}
