//! Resources: manifest, version information and icon, in a section of their own.
//!
//! The editpe crate builds the tree; where it goes in the file is our business ([`section`]), so that every byte
//! outside of it stays as it is.

use std::collections::BTreeMap;

use editpe::{ResourceData, ResourceDirectory, ResourceEntry, ResourceEntryName, ResourceTable, constants};

use super::{
    headers::{self, Headers, optional, put},
    icon,
    options::PeOptions,
    section, version,
};
use crate::{Error, Kind};

/// What a Windows program should say of itself: it asks for no rights, knows long paths and speaks UTF-8.
pub(super) const MANIFEST: &str = include_str!("app.manifest");
/// The name of the section, which some readers look for.
pub(super) const SECTION: [u8; 8] = *b".rsrc\0\0\0";
/// Number of the manifest among manifests: that of a program (winuser.h, `CREATEPROCESS_MANIFEST_RESOURCE_ID`).
const PROGRAM_MANIFEST: u32 = 1;
/// Resources start at multiples of this many bytes, as resource compilers do it; readers rely on it.
const ALIGNMENT: usize = 4;
/// Size of the description of a resource: address, length, code page, reserved.
const DESCRIPTION: usize = 16;
/// Bytes of tables and descriptions that a resource takes at most: three tables of 24, and [`DESCRIPTION`].
const OVERHEAD: usize = 96;
/// More than any manifest or icon has; the sum of all stays far from the limits of the format.
const MAX_LEN: usize = 16 << 20;

/// The resources of a program, by kind and number.
#[derive(Debug, Default)]
pub(super) struct Resources(BTreeMap<(u16, u32), Vec<u8>>);

impl Resources {
    /// The resources that `options` asks for; `None` when the stub has some and `options` wants no others.
    ///
    /// # Errors
    /// `Stub` when both have; `Icon`, `Version` or `Manifest` when something in `options` cannot be used.
    pub(super) fn collect(options: &PeOptions, stub_has: bool) -> Result<Option<Resources>, Error> {
        let PeOptions { icon, version_info, manifest, app: _, gui: _ } = options;
        if stub_has {
            if icon.is_none() && version_info.is_empty() && manifest.is_none() {
                return Ok(None);
            }
            let reason = "the launcher has resources of its own: build it without them, or pack without an \
                          icon, version information and a manifest";
            return Err(Error::new(Kind::Stub, reason));
        }
        let mut resources = Resources::default();
        let mut add =
            |kind: u16, number: u32, data: &[u8]| drop(resources.0.insert((kind, number), data.to_vec()));
        let manifest = manifest.as_deref().unwrap_or(MANIFEST);
        add(constants::RT_MANIFEST, PROGRAM_MANIFEST, check(Kind::Manifest, manifest.as_bytes())?);
        add(constants::RT_VERSION, 1, &version::build(options)?);
        if let Some(file) = icon {
            let icon = icon::read(check(Kind::Icon, file)?)?;
            add(constants::RT_GROUP_ICON, 1, &icon.group);
            for (number, image) in (1..).zip(&icon.images) {
                add(constants::RT_ICON, number, image);
            }
        }
        Ok(Some(resources))
    }

    /// No fewer bytes than the section will have.
    pub(super) fn bound(&self) -> usize {
        self.0.values().map(|data| data.len() + ALIGNMENT + OVERHEAD).sum::<usize>() + OVERHEAD
    }

    /// The section's bytes, if it is loaded at `address`.
    fn build(&self, address: u32) -> Vec<u8> {
        let mut directory = ResourceDirectory::default();
        let root = directory.root_mut();
        for (&(kind, number), data) in &self.0 {
            insert(root, kind, number, data);
        }
        let descriptions = (root.tables_size() + root.strings_size()) as usize;
        let mut bytes = directory.build(address);
        // editpe pads nothing, so the data was padded before; here each description gets the true length.
        for (number, data) in self.0.values().enumerate() {
            put(&mut bytes, descriptions + number * DESCRIPTION + 4, &(data.len() as u32).to_le_bytes());
        }
        bytes
    }
}

/// Appends `resources` as a section, and names it in the headers.
///
/// # Errors
/// Those of [`section`].
pub(super) fn append(file: &mut Vec<u8>, resources: &Resources) -> Result<(), Error> {
    let place = section::next(file, 1)?;
    let content = resources.build(place.address);
    section::append(file, SECTION, place, &content)?;
    let headers = Headers::parse(file)?;
    let at = headers.optional + optional::DIRECTORIES + 8 * headers::RESOURCES;
    put(file, at, &place.address.to_le_bytes());
    put(file, at + 4, &(content.len() as u32).to_le_bytes());
    Ok(())
}

/// Puts `data` into the tree under its kind, its number and its language.
fn insert(root: &mut ResourceTable, kind: u16, number: u32, data: &[u8]) {
    let mut padded = data.to_vec();
    padded.resize(data.len().next_multiple_of(ALIGNMENT), 0);
    let mut resource = ResourceData::default();
    resource.set_data(padded);
    let mut languages = ResourceTable::default();
    languages
        .insert(ResourceEntryName::ID(constants::LANGUAGE_ID_EN_US.into()), ResourceEntry::Data(resource));
    let kind = ResourceEntryName::ID(kind.into());
    if root.get(&kind).is_none() {
        root.insert(&kind, ResourceEntry::Table(ResourceTable::default()));
    }
    let numbers = root.get_mut(&kind).and_then(ResourceEntry::as_table_mut).expect("inserted as a table");
    numbers.insert(ResourceEntryName::ID(number), ResourceEntry::Table(languages));
}

fn check(kind: Kind, bytes: &[u8]) -> Result<&[u8], Error> {
    if bytes.is_empty() || bytes.len() > MAX_LEN {
        return Err(Error::new(kind, format!("it has {} bytes, at most {MAX_LEN} allowed", bytes.len())));
    }
    Ok(bytes)
}
