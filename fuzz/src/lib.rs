//! Helpers shared by the fuzz targets of the containers.

use std::path::Path;

use container::{Error, pe::PeOptions};
use payload::{Compiler, CpuFeatures, Engine, Header, Locator, Manifest, Target, Writer};

/// Packs the launcher that `data` describes, and reads the result again as anybody would.
///
/// The first byte chooses: the rest is a launcher itself, behind the right first bytes (arbitrary ones rarely get past
/// them); or changes to `small`, which is right; or changes to the real launcher in prebuilt-stubs/, if it is there. A
/// change is four bytes of place and one of value.
pub fn pack(data: &[u8], target: Target, magic: &[u8], small: &[u8]) {
    let [mode, rest @ ..] = data else { return };
    let real = || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../prebuilt-stubs");
        std::fs::read(folder.join(target.name())).unwrap_or_else(|_| small.to_vec())
    };
    let stub = match mode % 4 {
        0 => rest.to_vec(),
        1 => [magic, rest].concat(),
        2 => changed(small.to_vec(), rest, u32::MAX),
        // Of a real one the headers are what is looked at; the last tables are, too.
        _ => changed(real(), rest, 16 * 1024),
    };
    let payload = payload(target);
    let options = PeOptions { gui: mode & 4 != 0, ..options() };
    let Ok(file) = container::embed(&stub, target, &payload, &options) else { return };
    // It was verified before it was handed out; so a locator that leads to the payload is in it.
    let head = &Locator::BARE[..16];
    let found = file.windows(32).filter(|slot| &slot[..16] == head).any(|slot| {
        let slot: &[u8; 32] = slot.try_into().expect("32 bytes");
        let locator = Locator::parse(slot).ok().flatten();
        locator.is_some_and(|locator| {
            let start = locator.offset as usize;
            file.get(start..start + locator.len as usize) == Some(&payload[..])
        })
    });
    assert!(found, "a packed file has a locator that leads to its payload");
}

/// The executable made of `stub` and a payload with nothing in it.
pub fn packed(stub: &[u8], target: Target) -> Result<Vec<u8>, Error> {
    container::embed(stub, target, &payload(target), &options())
}

fn payload(target: Target) -> Vec<u8> {
    let header =
        Header { target, engine: Engine::PINNED, compiler: Compiler::Cranelift, cpu: CpuFeatures::NONE };
    Writer::new(header, &Manifest::default()).finish()
}

fn options() -> PeOptions {
    PeOptions { app: "app".to_owned(), ..PeOptions::default() }
}

/// `stub` with changes in its first `head` bytes or its last 4 KiB.
pub fn changed(mut stub: Vec<u8>, changes: &[u8], head: u32) -> Vec<u8> {
    let (len, head) = (stub.len(), stub.len().min(head as usize));
    for change in changes.chunks_exact(5) {
        let place = u32::from_le_bytes([change[0], change[1], change[2], change[3]]) as usize;
        let at = if place & 1 << 31 == 0 { place % head } else { len - 1 - place % len.min(4096) };
        stub[at] = change[4];
    }
    stub
}
