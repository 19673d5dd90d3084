//! The description of the module for wasmer's loader: its types, imports, exports, tables and globals.
//!
//! It is the very description the code was compiled from, with its names and custom sections taken out: names lie in
//! the frames section, where nobody reads them before something traps, and nothing reads the others.

use std::sync::Arc;

use wasmer_compiler::{
    ArtifactBuild, ArtifactCreate,
    types::{module::CompileModuleInfo, symbols::ModuleMetadata},
};
use wasmer_types::{OwnedDataInitializer, entity::PrimaryMap};

use super::failed;
use crate::Error;

/// The metadata of `build`, with the data segments that are left to wasmer.
pub(super) fn bytes(build: &ArtifactBuild, data: Box<[OwnedDataInitializer]>) -> Result<Vec<u8>, Error> {
    let mut module = build.module_info().clone();
    module.name = None;
    module.function_names.clear();
    module.custom_sections.clear();
    module.custom_sections_data = PrimaryMap::new();
    let metadata = ModuleMetadata {
        compile_info: CompileModuleInfo {
            features: build.features().clone(),
            module: Arc::new(module),
            memory_styles: build.memory_styles().clone(),
            table_styles: build.table_styles().clone(),
        },
        prefix: String::new(),
        data_initializers: data,
        function_body_lengths: PrimaryMap::new(),
        cpu_features: build.cpu_features().as_u64(),
    };
    metadata.serialize().map_err(failed)
}
