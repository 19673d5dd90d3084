//! Finished executables: what is found lies in the file, and checking whatever it is never panics.
//!
//! The first byte of the input chooses: the rest is a file itself, behind the first bytes of a format; or changes to a
//! small executable of that format, which was right, of four bytes of place and one of value each, cut as the second
//! byte says.
#![no_main]

use std::sync::LazyLock;

use container::{
    check,
    testing::{elf, macho, pe},
};
use libfuzzer_sys::fuzz_target;
use payload::{Locator, Target};

/// A launcher of each format, and the executable that was packed with it.
static PACKED: LazyLock<[(Vec<u8>, Vec<u8>); 4]> = LazyLock::new(|| {
    [
        (Target::LinuxX86_64, elf::stub(&Locator::BARE)),
        (Target::WindowsX86_64, pe::stub(&Locator::BARE)),
        (Target::MacosArm64, macho::stub(macho::ARM64, &Locator::BARE).build()),
        (Target::MacosX86_64, macho::stub(macho::X86_64, &Locator::BARE).build()),
    ]
    .map(|(target, stub)| {
        let file = wasmpack_fuzz::packed(&stub, target).expect("the small launchers are right");
        (stub, file)
    })
});

fuzz_target!(|data: &[u8]| {
    let [mode, cut, rest @ ..] = data else { return };
    let (stub, packed) = &PACKED[usize::from(mode % 4)];
    let mut file = match mode & 4 {
        0 => [&stub[..8], rest].concat(),
        _ => wasmpack_fuzz::changed(packed.clone(), rest, 4096),
    };
    if mode & 8 != 0 {
        file.truncate(file.len() * usize::from(*cut) / 255);
    }
    for place in container::universal::executables(&file).unwrap_or_default() {
        assert!(file.get(place).is_some());
    }
    let Ok(found) = container::find(&file) else { return };
    assert!(container::is_executable(&file));
    assert!(file.get(found.slot..found.slot + 32).is_some() && !file[found.payload.clone()].is_empty());
    assert_eq!(check::checks(&file, &found, Some("app")).len(), 2);
    let _ = check::is_made_of(&file, &found, stub);
});
