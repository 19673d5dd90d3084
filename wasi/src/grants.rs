//! From grants to preopens: which names are one to a program, and what lies over what.
//!
//! wasi-libc takes `/` and `./` off the front of the names of preopens and of every path, and of preopens with equal
//! names it uses only the last; so what is granted under names that are equal to it becomes one preopen with layers.
//! It also answers `noent` by itself where no preopen fits. So there is always a root, an empty one if nothing was granted as
//! it: wasi-libc then asks about every path, and what was missed can be noted.
//!
//! A program has no working directory but the root, since `/x` and `x` are one path to it. Where it is to stand is
//! therefore a layer of the root, below what is embedded and above what else is granted as `/`.

use std::sync::Arc;

use terms::GuestName;

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
    cwd: Option<GuestName>,
}

/// What was granted under one name.
#[derive(Debug, Default)]
struct Name {
    /// As it was first written.
    written: GuestName,
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
    pub(crate) fn host(&mut self, guest: &GuestName, layer: Layer) {
        let name = self.name(guest);
        let layers = if guest.is_relative_root() { &mut name.standing } else { &mut name.hosts };
        layers.insert(0, layer);
    }

    /// Grants an embedded tree.
    pub(crate) fn tree(&mut self, guest: &GuestName, layer: Layer) {
        self.name(guest).trees.push(layer);
    }

    /// Says where the program stands.
    pub(crate) fn cwd(&mut self, guest: &GuestName) {
        self.cwd = Some(guest.clone());
    }

    fn name(&mut self, guest: &GuestName) -> &mut Name {
        let at = self.names.iter().position(|name| name.written == *guest).unwrap_or_else(|| {
            self.names.push(Name { written: guest.clone(), relative: true, ..Name::default() });
            self.names.len() - 1
        });
        let name = &mut self.names[at];
        name.relative &= guest.is_relative_root();
        name
    }

    /// The directories that the program starts with. `trees` is how many trees there are already.
    ///
    /// # Errors
    /// That of opening the directory where the program is to stand.
    pub(crate) fn preopens(mut self, trees: usize, clocks: &Arc<Clocks>) -> Result<Vec<Dir>> {
        let cwd = self.cwd.take().filter(|cwd| !cwd.is_root());
        let standing = cwd.map(|cwd| self.open(&cwd)).transpose()?;
        if let Some(dir) = standing {
            self.name(&"/".into()).standing.extend(dir.into_layers());
        }
        let has_root = self.names.iter().any(|name| name.written.is_root());
        let mut dirs = self.names.into_iter().map(Name::preopen).collect::<Result<Vec<Dir>>>()?;
        if !has_root {
            dirs.push(Dir::assumed(Layer::Tree(TreeDir::nothing(trees, clocks))));
        }
        Ok(dirs)
    }

    /// Opens a directory by its name in the program's world, as a C library finds it.
    fn open(&self, guest: &GuestName) -> Result<Dir> {
        let below = |Name { written, .. }: &Name| Some((written.path().len(), written.below(guest)?));
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
    fn preopen(self) -> Result<Dir> {
        let guest = match self.written.is_root() {
            true if self.relative => self.written.to_string(),
            true => String::from("/"),
            // wasi-libc finds nothing below a name that ends with a slash.
            false => self.written.as_str().trim_end_matches('/').to_owned(),
        };
        let shown = (!self.standing.is_empty()).then_some((self.trees.len(), self.standing.len()));
        let mut layers = self.trees.into_iter().chain(self.standing).chain(self.hosts);
        // There is no name without a grant.
        let first = layers.next().ok_or(wasip1::ERRNO_NOENT)?;
        Ok(Dir::granted(guest, Layers::new(first, layers.collect(), shown)))
    }
}
