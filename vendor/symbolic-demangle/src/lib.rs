//! Names of functions as they are: of the crate of this name, what wasmer calls.
//!
//! wasmer shows errors with names that it demangles for C++, Rust, Swift and Microsoft's compilers. Nobody here has it show any:
//! the launcher says by itself what a trap is, by names that the packer has written down. But what could be shown is linked, and
//! so every launcher had 200 KB of parsers for names.

use std::borrow::Cow;

/// The name `ident`, as it is.
pub fn demangle(ident: &str) -> Cow<'_, str> {
    Cow::Borrowed(ident)
}
