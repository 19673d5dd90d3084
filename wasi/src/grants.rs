//! From grants to preopens: which names are one to a program, what lies over what, and under which names it is offered.
//!
//! wasi-libc takes `/` and `./` off the front of the names of preopens and of every path, and of preopens with equal
//! names it uses only one; so what is granted under names that are equal to it becomes one directory with layers. A program
//! has no working directory but the root, since `/x` and `x` are one path to it. Where it is to stand is therefore a layer
//! of the root, below what is embedded and above what else is granted as `/`.
//!
//! The root is always there, and knows what was granted below it, so that a path finds the same whoever looks for it:
//! - `/` is the first one. Go takes the working directory from it and names everything absolutely; Zig and AssemblyScript use
//!   descriptor 3 and nothing else.
//! - `.` is the second. Older C libraries use it for relative names, and `/` for absolute ones; newer ones use the one that
//!   comes later.
//! - What was granted follows, for who looks for a name. What lies around comes before what lies below: of names that fit, older C
//!   libraries take the last.
//!
//! Natively `/x` and `x` differ, and where a program does not stand at the root. There `.` comes first and is where it stands, `/` is
//! the root, and one more at the end, which only newer C libraries use, is both: natively whichever is meant (see
//! [`crate::fs::rule`]), otherwise one over the other.

use std::sync::Arc;

use terms::GuestName;

use crate::clock::Clocks;
use crate::errno::Result;
use crate::fs::dir::Dir;
use crate::fs::layer::Layer;
use crate::fs::layers::Layers;
use crate::fs::names::names;
use crate::fs::native::Native;
use crate::fs::place::Place;
use crate::fs::space::{ROOT, Space, Standing};
use crate::fs::spelled::Side;
use crate::fs::tree::dir::TreeDir;
use crate::strings::Strings;
use crate::words::{Open, Opened};

/// What was granted, in the order of the grants.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    names: Vec<Name>,
    cwd: Option<GuestName>,
    native: Option<Roots>,
}

/// What a native program starts with.
#[derive(Debug)]
struct Roots {
    /// Where the user stands, if that can be opened.
    here: Option<Layer>,
    /// The system's root.
    root: Layer,
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
    /// True for what nobody granted, and is below the root all the same.
    is_only_below: bool,
}

/// The name of the last preopen, where `/x` and `x` differ. Newer C libraries make of it what they make of `/` and `.`; others find
/// nothing by it.
const EITHER: &str = "././";

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

    /// Puts a tree below the root, before anything is granted. It is no preopen: of those with names of their own some C libraries of
    /// WASIX find nothing.
    pub(crate) fn below(&mut self, guest: &GuestName, layer: Layer) {
        let (written, trees) = (guest.clone(), vec![layer]);
        self.names.push(Name { written, trees, is_only_below: true, ..Name::default() });
    }

    /// Says where the program stands.
    pub(crate) fn cwd(&mut self, guest: &GuestName) {
        self.cwd = Some(guest.clone());
    }

    /// Grants what a native program could open. What is granted as `.` or `/` takes the place of either.
    pub(crate) fn native(&mut self, here: Option<Layer>, root: Layer) {
        self.native = Some(Roots { here, root });
    }

    fn name(&mut self, guest: &GuestName) -> &mut Name {
        let at = self.names.iter().position(|name| name.written == *guest).unwrap_or_else(|| {
            self.names.push(Name { written: guest.clone(), ..Name::default() });
            self.names.len() - 1
        });
        self.names[at].is_only_below = false;
        &mut self.names[at]
    }

    /// The directories that the program starts with. `trees` is how many trees there are already; `arguments` and `variables`
    /// tell which of two names is meant.
    ///
    /// # Errors
    /// That of opening the directory where the program is to stand.
    pub(crate) fn preopens(
        mut self,
        mut trees: usize,
        clocks: &Arc<Clocks>,
        arguments: &Strings,
        variables: &Strings,
    ) -> Result<Vec<Dir>> {
        let mut nothing = || {
            trees += 1;
            Layer::Tree(TreeDir::nothing(trees - 1, clocks))
        };
        let root_names = self.names.iter().position(|name| name.written.is_root());
        let mut root = root_names.map_or_else(Name::default, |at| self.names.remove(at));
        let assumed = root_names.is_none() && self.native.is_none();
        let cwd = self.cwd.take().filter(|cwd| !cwd.is_root());
        if cwd.is_some() && self.native.is_none() {
            // Who stands elsewhere is not where `.` was granted: that is the root then, in front of what is granted as such.
            let dots = std::mem::take(&mut root.standing);
            root.hosts.splice(..0, dots);
        }
        let standing = cwd.as_ref().map(|cwd| self.open(&root, cwd)).transpose()?;
        root.standing.extend(standing.into_iter().flat_map(Layers::into_iter));

        let mut space = match self.native.take() {
            Some(roots) => {
                let lost = roots.here.is_none() && root.standing.is_empty();
                let (here, root) = root.sides(roots, &mut nothing)?;
                let native = Native::new((here, lost), root, &arguments.all(), &variables.all());
                Space::new(Arc::clone(native.side(Side::Here)), None, Some(native))
            }
            None if root.is_empty() => Space::new(Layers::new(nothing(), Vec::new(), None), None, None),
            // Who stands at the root sees all that it has of its own.
            None => match cwd {
                None => Space::new(root.layers(true)?, None, None),
                // Who stands elsewhere sees what is there, and by a slash the root.
                Some(cwd) => {
                    let whole = root.again()?;
                    let here = std::mem::take(&mut root.standing);
                    let here = Name { standing: here, ..Name::default() }.layers(false)?;
                    let alone = match root.is_empty() {
                        true => Layers::new(nothing(), Vec::new(), None),
                        false => root.layers(true)?,
                    };
                    let cwd = Standing { name: cwd, here: Arc::new(here), root: Arc::new(alone) };
                    Space::new(whole.layers(false)?, Some(cwd), None)
                }
            },
        };
        // A name that is longer lies below one that is shorter, whichever was granted first.
        self.names.sort_by_key(|name| names(name.written.path()).count());
        let mut granted = Vec::new();
        for name in self.names {
            let (written, is_offered) = (name.written.clone(), !name.is_only_below);
            let layers = Arc::new(name.layers(true)?);
            let id = space.put(&written, &layers, |around, name| around.between(name, nothing()))?;
            if is_offered {
                granted.push((written, layers, id));
            }
        }

        let space = Arc::new(space);
        let root = |name: &str, side| {
            let dir = Arc::clone(space.root(side));
            let dir = Dir::granted(name.to_owned(), dir, Place::granted(&space, ROOT, side));
            if assumed { dir.assumed() } else { dir }
        };
        let mut dirs = if space.has_sides() {
            vec![root(".", Some(Side::Here)), root("/", Some(Side::Root))]
        } else {
            vec![root("/", None), root(".", None)]
        };
        dirs.extend(granted.into_iter().map(|(name, layers, id)| {
            // wasi-libc finds nothing below a name that ends with a slash.
            let guest = name.as_str().trim_end_matches('/').to_owned();
            Dir::granted(guest, layers, Place::granted(&space, id, None))
        }));
        if space.has_sides() {
            dirs.push(root(EITHER, None));
        }
        Ok(dirs)
    }

    /// Opens a directory by its name in the program's world. `root` is what was granted as the root.
    fn open(&self, root: &Name, guest: &GuestName) -> Result<Layers> {
        let below = |Name { written, .. }: &Name| Some((written.path().len(), written.below(guest)?));
        let is_granted = |name: &&Name| !name.is_empty();
        let names = self.names.iter().chain(std::iter::once(root).filter(is_granted));
        let fitting = names.filter_map(|name| Some((below(name)?, name)));
        let longest = fitting.max_by_key(|((len, _), _)| *len);
        let ((_, rest), name) = longest.ok_or(wasip1::ERRNO_NOENT)?;
        let rest = if rest.is_empty() { "." } else { rest };
        match name.again()?.layers(true)?.open(rest, Open::DIRECTORY)? {
            Opened::Dir(layers) => Ok(layers),
            Opened::File(_) => Err(wasip1::ERRNO_NOTDIR.into()),
        }
    }
}

impl Name {
    fn is_empty(&self) -> bool {
        self.trees.is_empty() && self.standing.is_empty() && self.hosts.is_empty()
    }

    /// The same directories once more.
    fn again(&self) -> Result<Name> {
        let again = |layers: &[Layer]| layers.iter().map(Layer::again).collect::<Result<Vec<Layer>>>();
        Ok(Name {
            written: self.written.clone(),
            trees: again(&self.trees)?,
            standing: again(&self.standing)?,
            hosts: again(&self.hosts)?,
            is_only_below: self.is_only_below,
        })
    }

    /// All that was granted, as one directory. Where the program stands is what it sees, with what is embedded if that is `also`
    /// to be seen.
    fn layers(self, also: bool) -> Result<Layers> {
        let (trees, standing) = (self.trees.len(), self.standing.len());
        let shown = (standing > 0).then_some(if also { (0, trees + standing) } else { (trees, standing) });
        let mut layers = self.trees.into_iter().chain(self.standing).chain(self.hosts);
        // There is no name without a grant.
        let first = layers.next().ok_or(wasip1::ERRNO_NOENT)?;
        Ok(Layers::new(first, layers.collect(), shown))
    }

    /// The two places of a native root: where the user stands, and the system's root. What is embedded as the root lies over both.
    fn sides(self, roots: Roots, nothing: &mut impl FnMut() -> Layer) -> Result<(Layers, Layers)> {
        let again = self.again()?;
        let mut here = Name { hosts: Vec::new(), ..self };
        let mut root = Name { standing: Vec::new(), ..again };
        if here.standing.is_empty() {
            here.standing.push(roots.here.unwrap_or_else(nothing));
        }
        if root.hosts.is_empty() {
            root.hosts.push(roots.root);
        }
        Ok((here.layers(false)?, root.layers(true)?))
    }
}
