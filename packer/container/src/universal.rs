//! Universal files of macOS: executables for several CPUs in one file, each as it is alone.
//!
//! Nothing in a slice knows where it lies: its segments, its signature and its locator count from its own start. So a universal
//! file is put together and taken apart without a byte of an executable changing, by this packer as by anybody's `lipo`.

use std::{iter, ops::Range};

use payload::{
    Target,
    universal::{self, ALIGN, Machine, Slice},
};

use crate::{
    Error, Kind,
    limit::{MAX_LEN, too_long},
};

/// Where the executables in `file` lie: each in a universal file, the whole of any other.
///
/// # Errors
/// `NotPacked` for a universal file that macOS does not start.
pub fn executables(file: &[u8]) -> Result<Vec<Range<usize>>, Error> {
    if !universal::is_universal(file) {
        return Ok(iter::once(0..file.len()).collect());
    }
    // They lie inside the file, so that they fit.
    let place = |slice: &Slice| slice.offset as usize..slice.place().end as usize;
    Ok(slices(file)?.iter().map(place).collect())
}

/// The list of executables in `file`; none for a file that is not universal.
///
/// # Errors
/// As [`executables`].
pub fn slices(file: &[u8]) -> Result<Vec<Slice>, Error> {
    if !universal::is_universal(file) {
        return Ok(Vec::new());
    }
    universal::slices(file, file.len() as u64).map_err(|fault| Error::new(Kind::NotPacked, fault.to_string()))
}

/// The one file that holds `executables`, each for another CPU of macOS.
///
/// They stand in the order in which `lipo` puts them, Apple silicon last, and start at multiples of 16 KiB on both CPUs: an
/// Apple CPU may run either.
///
/// # Errors
/// `TooLarge` from [`MAX_LEN`] bytes on; `Verify` if the result does not read back, as for a target that is not macOS'.
pub fn join(executables: &[(Target, Vec<u8>)]) -> Result<Vec<u8>, Error> {
    let mistake = |what: &str| Error::new(Kind::Verify, what);
    let mut parts = Vec::new();
    for (target, bytes) in executables {
        let machine = Machine::of(target.cpu()).filter(|machine| machine.target() == Some(*target));
        let machine = machine.ok_or_else(|| mistake("an executable in it is not for macOS"))?;
        parts.push((machine, bytes.as_slice()));
    }
    parts.sort_by_key(|(machine, _)| *machine == Machine::ARM64);
    let mut end = universal::MOST_HEAD as u64;
    let slices: Vec<Slice> = parts
        .iter()
        .map(|(machine, bytes)| {
            let offset = end.next_multiple_of(1 << ALIGN);
            end = offset + bytes.len() as u64;
            Slice { machine: *machine, offset, len: bytes.len() as u64, align: ALIGN }
        })
        .collect();
    if end >= MAX_LEN {
        return Err(too_long(end));
    }
    let mut file = universal::header(&slices);
    file.reserve_exact(end as usize - file.len());
    for (slice, (_, bytes)) in slices.iter().zip(&parts) {
        file.resize(slice.offset as usize, 0);
        file.extend_from_slice(bytes);
    }
    verify(&file, &parts)?;
    Ok(file)
}

/// Checks that `file` holds `parts`, and between them zeros.
fn verify(file: &[u8], parts: &[(Machine, &[u8])]) -> Result<(), Error> {
    let mistake = |what: String| Error::new(Kind::Verify, what);
    let slices = universal::slices(file, file.len() as u64).map_err(|fault| mistake(fault.to_string()))?;
    let read =
        slices.iter().map(|slice| (slice.machine, &file[slice.offset as usize..slice.place().end as usize]));
    if !read.eq(parts.iter().copied()) {
        return Err(mistake("its executables are not those that were put into it".to_owned()));
    }
    gaps(file, &slices).map_err(mistake)
}

/// Checks that nothing but zeros lies outside of the executables, where no signature covers it.
///
/// # Errors
/// The place of the first byte that is not zero.
pub fn gaps(file: &[u8], slices: &[Slice]) -> Result<(), String> {
    let mut places: Vec<Range<usize>> =
        slices.iter().map(|slice| slice.offset as usize..slice.place().end as usize).collect();
    places.sort_by_key(|place| place.start);
    let mut end = universal::HEADER + universal::ENTRY * slices.len();
    for place in places.into_iter().chain(iter::once(file.len()..file.len())) {
        if let Some(used) = file[end..place.start].iter().position(|byte| *byte != 0) {
            return Err(format!(
                "at {:#x}: a byte that belongs to no executable, and no signature covers",
                end + used
            ));
        }
        end = place.end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTEL: Target = Target::MacosX86_64;
    const ARM: Target = Target::MacosArm64;

    #[test]
    fn executables_come_out_as_they_were_put_in() {
        let (intel, arm) = (vec![1; 0x1_0003], vec![2; 77]);
        let file = join(&[(ARM, arm.clone()), (INTEL, intel.clone())]).unwrap();
        assert_eq!(executables(&file), Ok(vec![0x4000..0x1_4003, 0x1_8000..0x1_804d]));
        assert_eq!(file.len(), 0x1_804d);
        assert_eq!((&file[0x4000..0x1_4003], &file[0x1_8000..]), (&intel[..], &arm[..]));
        assert_eq!(join(&[(INTEL, intel), (ARM, arm)]), Ok(file.clone()), "in lipo's order");
        assert_eq!(gaps(&file, &slices(&file).unwrap()), Ok(()));
        for at in [48, 0x3fff, 0x1_4003, 0x1_7fff] {
            let mut changed = file.clone();
            changed[at] = 1;
            assert!(
                gaps(&changed, &slices(&changed).unwrap()).unwrap_err().starts_with(&format!("at {at:#x}"))
            );
        }
    }

    #[test]
    fn any_other_file_is_one() {
        for file in [&b"\x7fELF"[..], b"", b"\xca\xfe\xba\xbe\0\0\0\x34java"] {
            let whole = iter::once(0..file.len()).collect();
            assert_eq!(executables(file), Ok(whole));
            assert_eq!(slices(file), Ok(vec![]));
        }
        let error = executables(b"\xca\xfe\xba\xbf\0\0\0\x02").unwrap_err();
        assert_eq!((error.kind, error.what.contains("64 bits")), (Kind::NotPacked, true));
    }

    #[test]
    fn what_is_no_program_for_macos_and_what_is_there_twice_is_refused() {
        for parts in
            [vec![(Target::LinuxArm64, vec![1])], vec![(ARM, vec![1]), (ARM, vec![2])], vec![(ARM, vec![])]]
        {
            assert_eq!(join(&parts).unwrap_err().kind, Kind::Verify);
        }
    }
}
