//! Trees of files that come with the program instead of from the host.
//!
//! A tree is what its [`Files`] say it is, looked at one directory at a time: a directory is asked for what it holds
//! when a path first leads into it, and content is read when the program reads it, so a tree of thousands of files
//! costs nothing at the start. What the program changes is kept in memory beside what the files say, block by block,
//! and is gone when it ends; the files themselves never change.
//!
//! ```text
//! source     where a tree comes from
//! dir, open, file  what a descriptor of a tree does: the verbs
//! hold       what descriptors share, and the node that each keeps
//! walk       from a path to a place in the tree
//! nodes      the tree as far as it is known: directories, files, links, and how often each is named and held
//! content    the bytes of one file
//! ```
//!
//! Answers are those of a Linux file system below a cap-std handle; a test compares them call by call.

mod content;
pub(crate) mod dir;
pub(crate) mod file;
mod hold;
mod known;
mod nodes;
mod open;
pub(crate) mod source;
mod walk;
