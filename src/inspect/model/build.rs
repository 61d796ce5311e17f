//! From files to modules and nodes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::manifest::normalised;
use super::node::Name;
use super::{FileId, Model, Module, ModuleId, NodeKind, TargetId};
use crate::inspect::syntax::{Attribute, Extent, FileSyntax, Item, ItemKind};

/// A file to be read as a module.
#[derive(Debug)]
pub(super) struct Mount {
    pub(super) path: PathBuf,
    /// where the files of its `mod` lines stand
    children: PathBuf,
    target: TargetId,
    /// the parent module, and the `mod` line
    declared: Option<Declared>,
}

#[derive(Debug)]
struct Declared {
    parent: ModuleId,
    name: String,
    extent: Extent,
    file: FileId,
    test_only: bool,
    platform: bool,
    foreign: bool,
}

/// Where items stand.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) module: ModuleId,
    pub(super) file: FileId,
    /// the directory of the file
    pub(super) directory: PathBuf,
    /// where `mod name;` looks
    pub(super) children: PathBuf,
    pub(super) inline: bool,
    /// inside a macro call under a `cfg` of the platform
    pub(super) platform: bool,
}

#[derive(Debug)]
pub(super) struct Builder {
    pub(super) model: Model,
    wave: Vec<Mount>,
}

impl Builder {
    pub(super) fn new(model: Model) -> Self {
        Self {
            model,
            wave: Vec::new(),
        }
    }

    /// The roots of all targets.
    pub(super) fn roots(&self) -> Vec<Mount> {
        let targets = self.model.targets.iter().enumerate();
        targets
            .map(|(target, it)| Mount {
                path: it.root.clone(),
                children: it.root.parent().unwrap_or(Path::new("")).to_owned(),
                target,
                declared: None,
            })
            .collect()
    }

    /// Builds the modules of `mounts`; returns the files that they declare.
    pub(super) fn mount(&mut self, mounts: Vec<(Mount, FileId)>) -> Vec<Mount> {
        for (mount, file) in mounts {
            let module = self.module_of(&mount, file);
            let Ok(syntax) = &self.model.files[file].syntax else {
                continue;
            };
            let syntax: Arc<FileSyntax> = Arc::clone(syntax);
            if syntax.attributes.iter().any(|it| it.test_only) {
                self.model.modules[module].test_only = true;
            }
            let place = Place {
                module,
                file,
                directory: mount.path.parent().unwrap_or(Path::new("")).to_owned(),
                children: mount.children,
                inline: false,
                platform: false,
            };
            self.items(&syntax.items, &place);
        }
        std::mem::take(&mut self.wave)
    }

    fn module_of(&mut self, mount: &Mount, file: FileId) -> ModuleId {
        match &mount.declared {
            Some(declared) => {
                let module = self.child(declared.parent, &declared.name, file, declared.extent);
                let created = &mut self.model.modules[module];
                created.declared_in = declared.file;
                created.test_only |= declared.test_only;
                created.platform |= declared.platform;
                created.foreign |= declared.foreign;
                module
            }
            None => {
                let path = self.model.targets[mount.target].crate_path();
                let id = self.model.modules.len();
                self.model.modules.push(Module {
                    name: path.clone(),
                    path,
                    parent: None,
                    root: id,
                    target: mount.target,
                    file,
                    extent: Extent::default(),
                    declared_in: file,
                    test_only: false,
                    platform: false,
                    foreign: false,
                    inline: false,
                    block: false,
                    names: HashMap::new(),
                    globs: Vec::new(),
                    imports: Vec::new(),
                    has_imports_node: false,
                });
                id
            }
        }
    }

    /// A new module under `parent`, known there by its name.
    pub(super) fn child(
        &mut self,
        parent: ModuleId,
        name: &str,
        file: FileId,
        extent: Extent,
    ) -> ModuleId {
        let id = self.model.modules.len();
        let above = &mut self.model.modules[parent];
        above
            .names
            .entry(name.to_owned())
            .or_default()
            .push(Name::Module(id));
        let module = Module {
            name: name.to_owned(),
            path: format!("{}::{name}", above.path),
            parent: Some(parent),
            root: above.root,
            target: above.target,
            file,
            extent,
            declared_in: file,
            test_only: above.test_only,
            platform: above.platform,
            foreign: above.foreign,
            inline: false,
            block: false,
            names: HashMap::new(),
            globs: Vec::new(),
            imports: Vec::new(),
            has_imports_node: false,
        };
        self.model.modules.push(module);
        id
    }

    pub(super) fn items(&mut self, items: &[Item], place: &Place) {
        for item in items {
            self.item(item, place);
        }
    }

    fn item(&mut self, item: &Item, place: &Place) {
        match &item.kind {
            ItemKind::Module(module) => match &module.inline {
                Some(items) => self.inline_module(item, items, place),
                None => self.declare(item, place),
            },
            ItemKind::Imports(imports) => self.imports(imports, item, place),
            ItemKind::Function(syntax) => {
                self.function(syntax, place, None, None);
            }
            ItemKind::Type(syntax) => {
                self.node(item, place, NodeKind::Type(Arc::clone(syntax)));
            }
            ItemKind::Trait(methods) => self.interface(item, methods, place),
            ItemKind::Impl(syntax) => self.implementation(item, syntax, place),
            ItemKind::Value(syntax) => {
                let node = self.node(item, place, NodeKind::Value(Arc::clone(syntax)));
                self.block(node, &syntax.body.items, place);
            }
            ItemKind::MacroRules(body) => {
                self.node(item, place, NodeKind::Macro(Arc::clone(body)));
            }
            ItemKind::MacroCall(call) => {
                self.node(item, place, NodeKind::MacroCall(Arc::clone(call)));
                let platform = place.platform || is_of_a_platform(item);
                let place = Place {
                    platform,
                    ..place.clone()
                };
                self.items(&call.items, &place);
            }
            ItemKind::ExternCrate(original) => {
                let import = crate::inspect::syntax::Import {
                    name: Some(item.name.clone()),
                    path: vec![original.clone()],
                    extent: item.extent,
                };
                if item.name != *original {
                    self.imports(&[import], item, place);
                }
            }
        }
    }

    fn inline_module(&mut self, item: &Item, items: &[Item], place: &Place) {
        let module = self.child(place.module, &item.name, place.file, item.extent);
        let created = &mut self.model.modules[module];
        created.inline = true;
        created.test_only |= item.test_only;
        created.platform |= place.platform || is_of_a_platform(item);
        created.foreign |= is_foreign(item);
        let path = item.attributes.iter().find_map(Attribute::file_path);
        let children = path.map_or_else(
            || place.children.join(&item.name),
            |path| normalised(&place.directory.join(path)),
        );
        self.items(
            items,
            &Place {
                module,
                children,
                inline: true,
                ..place.clone()
            },
        );
    }

    /// `mod name;`: finds its file and puts it into the next wave.
    fn declare(&mut self, item: &Item, place: &Place) {
        let name = &item.name;
        let base = if place.inline {
            &place.children
        } else {
            &place.directory
        };
        let explicit = item.attributes.iter().find_map(Attribute::file_path);
        let explicit = explicit.map(|path| normalised(&base.join(path)));
        let file = place.children.join(format!("{name}.rs"));
        let folder = place.children.join(name).join("mod.rs");
        let found = [explicit.clone(), Some(file.clone()), Some(folder)]
            .into_iter()
            .flatten()
            .find(|path| path.is_file());
        let Some(path) = found else {
            let missing = (place.file, item.extent, name.clone());
            self.model.missing.push(missing);
            return;
        };
        let children = if path == file && Some(&path) != explicit.as_ref() {
            place.children.join(name)
        } else {
            path.parent().unwrap_or(Path::new("")).to_owned()
        };
        self.wave.push(Mount {
            path,
            children,
            target: self.model.modules[place.module].target,
            declared: Some(Declared {
                parent: place.module,
                name: name.clone(),
                extent: item.extent,
                file: place.file,
                test_only: item.test_only,
                platform: place.platform || is_of_a_platform(item),
                foreign: is_foreign(item),
            }),
        });
    }

    fn imports(&mut self, imports: &[crate::inspect::syntax::Import], item: &Item, place: &Place) {
        let module = &mut self.model.modules[place.module];
        for import in imports {
            match &import.name {
                Some(name) => {
                    let index = Name::Import(module.imports.len());
                    module.names.entry(name.clone()).or_default().push(index);
                }
                None => module.globs.push(import.path.clone()),
            }
            module.imports.push(import.clone());
        }
        if !std::mem::replace(&mut module.has_imports_node, true) {
            let node = self.node(item, place, NodeKind::Imports);
            "use".clone_into(&mut self.model.nodes[node].name);
        }
    }
}

/// Whether a `cfg` asks for a platform, for the absence of something, or for a flag of the
/// package's own (`fuzzing`, `tokio_unstable`): for more than features and tests. So does a
/// macro that is named for one, `cfg_not_rt! { .. }`.
fn is_of_a_platform(item: &Item) -> bool {
    if let ItemKind::MacroCall(call) = &item.kind
        && call
            .path
            .last()
            .is_some_and(|it| it.starts_with("cfg_not_"))
    {
        return true;
    }
    let mut cfgs = item.attributes.iter().filter(|it| it.name() == "cfg");
    cfgs.any(|it| {
        const EVERYWHERE: [&str; 6] = ["all", "any", "debug_assertions", "doc", "feature", "test"];
        // Outside of quotes there are names and signs.
        let code = it.arguments.split('"').step_by(2);
        let mut words =
            code.flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '_'));
        words.any(|word| !word.is_empty() && !EVERYWHERE.contains(&word))
    })
}

/// Whether a `cfg` asks for a system that is not the one that inspection runs on.
fn is_foreign(item: &Item) -> bool {
    const FOREIGN: [&str; 4] = [
        "windows",
        "target_os=\"windows\"",
        "target_family=\"wasm\"",
        "target_arch=\"wasm32\"",
    ];
    let mut cfgs = item.attributes.iter().filter(|it| it.name() == "cfg");
    cfg!(unix)
        && cfgs.any(|it| {
            let condition = it.arguments.replace(' ', "");
            let first = condition.strip_prefix("all(").unwrap_or(&condition);
            FOREIGN.iter().any(|it| {
                let rest = first.strip_prefix(it);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([',', ')']))
            })
        })
}
