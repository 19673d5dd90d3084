//! What a descriptor stands for: files and directories, of the host or of trees that come with the program.
//!
//! ```text
//! dir      a descriptor's directory: where it stands, and what is read through fd_readdir
//! space    the name space: what was granted under which names, and where a path leads
//! native   in a native root: which of two places a name means; spelled, what arguments and variables say of that
//! names    what is done with the text of a path alone
//! layers   the directories that are one to the program, one over the other
//! file, layer   the choice between the two worlds below (for files also the null device)
//! host     files and directories of the host: cap-std, and below it sys
//! tree     files and directories that come with the program
//! ```
//!
//! `host` and `tree` have the same verbs and know nothing of each other.

pub(crate) mod dir;
pub(crate) mod file;
pub(crate) mod host;
pub(crate) mod layer;
pub(crate) mod layers;
pub(crate) mod listing;
pub(crate) mod names;
pub(crate) mod native;
pub(crate) mod null;
pub(crate) mod place;
pub(crate) mod rule;
pub(crate) mod seen;
pub(crate) mod space;
pub(crate) mod spelled;
pub(crate) mod tree;
