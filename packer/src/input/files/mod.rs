//! Files that an executable carries: a folder of this machine becomes one root of the payload's tree.
//!
//! A tree depends on names and content alone. Names are sorted, times and modes are not kept, and files with the same
//! content share it. A device, a name that is not UTF-8 or a link out of its folder cannot be carried. Each is an error that
//! names it: an app that misses a file would fail far from here.
//!
//! [`choice`] says which files of a folder are carried, [`own`] which never are, and [`contents`] what there is.

pub mod choice;
mod content;
pub mod contents;
mod fault;
mod folder;
pub mod link;
pub mod own;
#[cfg(test)]
mod tests;
mod walk;

pub use self::{
    content::Files,
    folder::Folder,
    walk::{Noticed, folder},
};
