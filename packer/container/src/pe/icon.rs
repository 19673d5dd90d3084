//! From an .ico file to what the resources of a program hold.
//!
//! Both say the same in almost the same bytes: a directory of six bytes, then an entry for each image. In a file
//! the entry ends with the image's offset (four bytes), in a program with the number of its resource (two).

use crate::{Error, Kind};

const HEAD: usize = 6;
const FILE_ENTRY: usize = 16;
/// Bytes of an entry that mean the same in both.
const COMMON: usize = 12;
/// More sizes than any icon has; numbers of resources are far from running out.
const MAX_IMAGES: usize = 64;

/// The images of an icon, and the directory that names them.
#[derive(Debug)]
pub(super) struct Icon<'a> {
    /// Each becomes a resource, numbered from 1.
    pub(super) images: Vec<&'a [u8]>,
    /// The resource that programs ask for.
    pub(super) group: Vec<u8>,
}

/// Reads an .ico file.
///
/// # Errors
/// `Resource`, with the offset in the file, when it is none or is damaged.
pub(super) fn read(file: &[u8]) -> Result<Icon<'_>, Error> {
    if file.starts_with(b"\x89PNG") {
        return Err(bad(0, "a PNG image; convert it to an .ico file, which may hold it in several sizes"));
    }
    // Reserved, 0; type, 1 for icons; how many.
    let Some(([0, 0, 1, 0, low, high], _)) = file.split_first_chunk::<HEAD>() else {
        return Err(bad(0, "not an .ico file"));
    };
    let count = usize::from(u16::from_le_bytes([*low, *high]));
    if !(1..=MAX_IMAGES).contains(&count) {
        return Err(bad(4, &format!("{count} images; must be 1 to {MAX_IMAGES}")));
    }
    let mut icon = Icon { images: Vec::new(), group: file[..HEAD].to_vec() };
    for number in 0..count {
        let at = HEAD + number * FILE_ENTRY;
        let entry = file.get(at..at + FILE_ENTRY).ok_or_else(|| bad(at, "it is cut short"))?;
        let field = |at: usize| u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]);
        let (len, start) = (field(8) as usize, field(12) as usize);
        let image = file.get(start..).and_then(|rest| rest.get(..len));
        let image = image.ok_or_else(|| bad(at, &format!("image {} lies outside the file", number + 1)))?;
        // A PNG image, or the header of a bitmap, whose first field is its size (wingdi.h, BITMAPINFOHEADER).
        if !image.starts_with(b"\x89PNG") && !image.starts_with(&40u32.to_le_bytes()) {
            return Err(bad(start, &format!("image {} is neither PNG nor a bitmap", number + 1)));
        }
        icon.images.push(image);
        icon.group.extend_from_slice(&entry[..COMMON]);
        icon.group.extend_from_slice(&(number as u16 + 1).to_le_bytes());
    }
    Ok(icon)
}

fn bad(at: usize, what: &str) -> Error {
    Error::at(Kind::Icon, at as u64, what)
}
