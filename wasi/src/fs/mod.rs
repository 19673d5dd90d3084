//! What a descriptor stands for: files and directories, of the host or of trees that come with the program.

pub(crate) mod dir;
pub(crate) mod file;
mod host;
mod layer;
mod layers;
mod listing;
pub(crate) mod tree;
