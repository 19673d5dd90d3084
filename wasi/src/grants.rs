//! From grants to preopens: which names are one to a program, and what lies over what.
//!
//! wasi-libc takes `/` and `./` off the front of the names of preopens and of every path, and of preopens with equal
//! names it uses only the last; so what is granted under names that are equal to it becomes one preopen with layers.
//! It also answers `noent` by itself where no preopen fits. So that there is always one that does, and it is seen
//! what a program looks for, there is always a root, if an empty one.
//!
//! A program has no working directory but the root, since `/x` and `x` are one path to it. Where it is to stand is
//! therefore a layer of the root, below what is embedded and above what else is granted as `/`.

use std::sync::Arc;

use crate::clock::Clocks;
use crate::errno::Result;
use crate::fs::dir::Dir;
use crate::fs::layer::Layer;
use crate::fs::layers::Layers;
use crate::fs::tree::dir::TreeDir;
use crate::words::{Open, Opened};

/// What was granted, in the order of the grants.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    names: Vec<Name>,
    cwd: Option<String>,
}

/// What was granted under one name.
#[derive(Debug, Default)]
struct Name {
    /// As it was first written.
    written: String,
    /// The embedded trees, the first one given first.
    trees: Vec<Layer>,
    /// For the root: where the program stands.
    standing: Vec<Layer>,
    /// The directories of the host, the last one given first.
    hosts: Vec<Layer>,
    /// True if every grant was written as `.`.
    relative: bool,
}

impl Grants {
    /// Grants a directory of the host.
    pub(crate) fn host(&mut self, guest: &str, layer: Layer) {
        let name = self.name(guest);
        let layers = if is_relative_root(guest) { &mut name.standing } else { &mut name.hosts };
        layers.insert(0, layer);
    }

    /// Grants an embedded tree.
    pub(crate) fn tree(&mut self, guest: &str, layer: Layer) {
        self.name(guest).trees.push(layer);
    }

    /// Says where the program stands.
    pub(crate) fn cwd(&mut self, guest: &str) {
        self.cwd = Some(guest.to_owned());
    }

    fn name(&mut self, guest: &str) -> &mut Name {
        let key = normal(guest);
        let at = self.names.iter().position(|name| normal(&name.written) == key).unwrap_or_else(|| {
            self.names.push(Name { written: guest.to_owned(), relative: true, ..Name::default() });
            self.names.len() - 1
        });
        let name = &mut self.names[at];
        name.relative &= is_relative_root(guest);
        name
    }

    /// The directories that the program starts with. `trees` is how many trees there are already.
    ///
    /// # Errors
    /// That of opening the directory where the program is to stand.
    pub(crate) fn preopens(mut self, trees: usize, clocks: &Arc<Clocks>) -> Result<Vec<Dir>> {
        let cwd = self.cwd.take().filter(|cwd| !normal(cwd).is_empty());
        let standing = cwd.map(|cwd| self.open(&cwd)).transpose()?;
        if let Some(dir) = standing {
            self.name("/").standing.extend(dir.into_layers());
        }
        let has_root = self.names.iter().any(Name::is_root);
        let mut dirs = self.names.into_iter().map(Name::preopen).collect::<Result<Vec<Dir>>>()?;
        if !has_root {
            dirs.push(Dir::assumed(Layer::Tree(TreeDir::nothing(trees, clocks))));
        }
        Ok(dirs)
    }

    /// Opens a directory by its name in the program's world, as a C library finds it.
    fn open(&self, guest: &str) -> Result<Dir> {
        let path = normal(guest);
        let below = |name: &Name| {
            let name = normal(&name.written);
            let rest = path.strip_prefix(name)?;
            let fits = name.is_empty() || rest.is_empty() || rest.starts_with('/');
            fits.then(|| (name.len(), rest.trim_start_matches('/')))
        };
        let fitting = self.names.iter().filter_map(|name| Some((below(name)?, name)));
        let longest = fitting.max_by_key(|((len, _), _)| *len);
        let ((_, rest), name) = longest.ok_or(wasip1::ERRNO_NOENT)?;
        let again = |layers: &[Layer]| layers.iter().map(Layer::again).collect::<Result<Vec<Layer>>>();
        let name = Name {
            trees: again(&name.trees)?,
            standing: again(&name.standing)?,
            hosts: again(&name.hosts)?,
            ..Name::default()
        };
        let rest = if rest.is_empty() { "." } else { rest };
        match name.preopen()?.open(rest, Open::DIRECTORY)? {
            Opened::Dir(dir) => Ok(dir),
            Opened::File(_) => Err(wasip1::ERRNO_NOTDIR.into()),
        }
    }
}

impl Name {
    fn is_root(&self) -> bool {
        normal(&self.written).is_empty()
    }

    fn preopen(self) -> Result<Dir> {
        let guest = match self.is_root() {
            true if self.relative => self.written,
            true => String::from("/"),
            // wasi-libc finds nothing below a name that ends with a slash.
            false => self.written.trim_end_matches('/').to_owned(),
        };
        let shown = (!self.standing.is_empty()).then_some((self.trees.len(), self.standing.len()));
        let mut layers = self.trees.into_iter().chain(self.standing).chain(self.hosts);
        // There is no name without a grant.
        let first = layers.next().ok_or(wasip1::ERRNO_NOENT)?;
        Ok(Dir::granted(guest, Layers::new(first, layers.collect(), shown)))
    }
}

/// What wasi-libc makes of a name: without `/` and `./` in front, and `.` alone is nothing. A slash behind says
/// nothing about a directory.
fn normal(guest: &str) -> &str {
    let mut rest = guest.trim_end_matches('/');
    loop {
        rest = match rest.strip_prefix('/').or_else(|| rest.strip_prefix("./")) {
            Some(stripped) => stripped,
            None if rest == "." => "",
            None => return rest,
        };
    }
}

/// True for the root written as where one stands.
fn is_relative_root(guest: &str) -> bool {
    normal(guest).is_empty() && !guest.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_equal_where_a_c_library_takes_them_for_equal() {
        for name in ["", "/", ".", "./", "//", "/.", "/./", "././", "./."] {
            assert_eq!(normal(name), "", "{name}");
        }
        for name in ["a", "/a", "./a", "a/", "//a//", "/./a", ".//a"] {
            assert_eq!(normal(name), "a", "{name}");
        }
        for name in ["..", ".a", "a/b", "a/."] {
            assert_eq!(normal(name), name);
        }
    }

    #[test]
    fn only_a_dot_is_where_one_stands() {
        assert!([".", "./", "././", ""].into_iter().all(is_relative_root));
        assert!(!["/", "/.", "a", "./a"].into_iter().any(is_relative_root));
    }
}
