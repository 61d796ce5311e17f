//! A database that is migrated once per server and cloned for each test.
//!
//! The template is a database of the server beside those of the tests, called
//! `template_<name>_<hash>`; the statements that clone it lie beside the
//! server's data as `<template>.sql`. That file is written last, under a
//! temporary name, so where it exists the template is whole; a database without
//! it is what a killed build left, and built again.

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::Path;

use super::database::plain;
use super::{Database, MySqlError, MySqlServer, client, clone_script};
use crate::fixtures::file_lock::FileLock;
use crate::fixtures::fnv::Fnv;
use crate::whole_file;

type Build = dyn Fn(&Database) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync;

/// A database to be cloned; see [the module](super).
#[must_use = "a template does nothing before `fresh`"]
pub struct Template {
    name: String,
    hash: Fnv,
    build: Option<Box<Build>>,
}

impl Template {
    /// A template called `name`.
    pub fn new(name: &str) -> Self {
        let mut hash = Fnv::new();
        hash.part(name.as_bytes());
        Self {
            name: name.to_owned(),
            hash,
            build: None,
        }
    }

    /// Adds to the key: everything that the build depends on, such as the text
    /// of the migrations. What is not in the key can change during the life of
    /// a server without the template being built again.
    pub fn key(mut self, parts: impl IntoIterator<Item: AsRef<[u8]>>) -> Self {
        for part in parts {
            self.hash.part(part.as_ref());
        }
        self
    }

    /// How to build it: migrates the empty database it is given, and closes
    /// every connection to it.
    pub fn build_with<E>(
        mut self,
        build: impl Fn(&Database) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.build = Some(Box::new(move |database| {
            build(database).map_err(Into::into)
        }));
        self
    }

    /// A fresh clone in `server`, named after the test. Builds the template if
    /// this server has none.
    ///
    /// # Errors
    ///
    /// When the build fails, or leaves what cannot be cloned: only tables can.
    pub fn fresh(&self, server: &MySqlServer) -> Result<Database, MySqlError> {
        let template = format!("template_{:.36}_{:.16}", plain(&self.name), self.hash.hex());
        let path = server.handle().directory().join(format!("{template}.sql"));
        let script = match fs::read_to_string(&path) {
            Ok(script) => script,
            Err(_) => self.build_once(server, &template, &path)?,
        };
        Database::create_with(server, &script)
    }

    /// Builds the template unless another process does first; answers the
    /// statements that clone it.
    fn build_once(
        &self,
        server: &MySqlServer,
        template: &str,
        path: &Path,
    ) -> Result<String, MySqlError> {
        let build = self.build.as_ref().ok_or_else(|| MySqlError::NoBuild {
            name: self.name.clone(),
        })?;
        let lock = path.with_extension("lock");
        let _lock = FileLock::acquire(&lock).map_err(MySqlError::file("lock", &lock))?;
        if let Ok(script) = fs::read_to_string(path) {
            return Ok(script);
        }
        let identifier = client::identifier(template);
        let afresh = format!("DROP DATABASE IF EXISTS {identifier}; CREATE DATABASE {identifier}");
        server.execute(None, &afresh, || {
            format!("create the database `{template}`")
        })?;
        let database = Database::borrowed(server, template);
        build(&database).map_err(|source| MySqlError::Build {
            name: self.name.clone(),
            source,
        })?;
        let script = clone_script::of(&self.name, &database)?;
        whole_file::replace(path, &script).map_err(MySqlError::file("write", path))?;
        Ok(script)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("name", &self.name)
            .field("hash", &self.hash.hex())
            .finish_non_exhaustive()
    }
}
