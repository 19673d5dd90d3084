//! What holds for every payload: round trips, no damage unnoticed, no panic whatever the bytes.
//!
//! Bytes made at random hardly get past the magic number, so most properties start from a good payload. Where
//! all single edits can be tried, they are.

mod support;

use payload::program::Carried;
use payload::{
    Connect, DirGrant, Encoding, Error, FilesGrant, Grants, Kind, Listen, Locator, Manifest, Mount, Prefix,
    Section, SectionKind, Writer, chunk, chunk::ChunkTable, frames::Frames, header, image::Image, tree::Tree,
    unwind::Unwind,
};
use proptest::{collection::vec, prelude::*};
use support::{reader, samples};

/// A text that a manifest may hold: anything without NUL.
fn text() -> impl Strategy<Value = String> {
    "[^\0]{0,40}"
}

fn variable() -> impl Strategy<Value = String> {
    ("[^\0=]{1,20}", text()).prop_map(|(name, value)| format!("{name}={value}"))
}

fn mount() -> impl Strategy<Value = Mount> {
    let dir = (text(), text(), any::<bool>())
        .prop_map(|(host, guest, read_only)| Mount::Dir(DirGrant { host, guest: guest.into(), read_only }));
    let files = (text(), any::<bool>())
        .prop_map(|(guest, writable)| Mount::Files(FilesGrant { guest: guest.into(), writable }));
    prop_oneof![dir, files]
}

fn sockets() -> impl Strategy<Value = (Vec<Listen>, Vec<Connect>)> {
    let address = (any::<std::net::IpAddr>(), any::<u16>()).prop_map(std::net::SocketAddr::from);
    let listen = address
        .prop_map(|address| Listen::parse(&address.to_string()).expect("an address with a port is one"));
    let connect = ("[a-z*][a-z][a-z0-9-]{0,8}(\\.[a-z]{1,5}){0,3}", 1..=u16::MAX);
    let connect = connect.prop_map(|(name, port)| {
        Connect::parse(&format!("{name}:{port}")).expect("a name with a port is one")
    });
    (vec(listen, 0..3), vec(connect, 0..3))
}

fn grants() -> impl Strategy<Value = Grants> {
    let pass = vec("[^\0=]{1,20}", 0..3);
    let lists = (vec(variable(), 0..5), pass, vec(mount(), 0..8));
    let optional = || proptest::option::of(text());
    (lists, optional(), optional(), sockets()).prop_map(
        |((env, pass, mounts), cwd, tmp, (listen, connect))| Grants {
            env,
            pass,
            mounts,
            cwd,
            tmp: tmp.map(Into::into),
            listen,
            connect,
            ..Grants::default()
        },
    )
}

/// None, or some names of programs of which a payload needs no section.
fn programs(seed: u32) -> Vec<Carried> {
    (0..seed % 4).map(|index| Carried { number: 0, name: format!("{index} {seed}") }).collect()
}

fn manifest() -> impl Strategy<Value = Manifest> {
    let optional = || proptest::option::of(text());
    let names = (text(), text(), any::<[u8; 32]>(), optional(), optional());
    (names, vec(text(), 0..5), grants(), any::<u32>()).prop_map(
        |((producer, app, module_sha256, argv0, version), args, grants, switches)| {
            let switched = samples::switched(switches);
            let Grants { env, pass, mounts, cwd, tmp, listen, connect, .. } = grants;
            let grants = Grants { env, pass, mounts, cwd, tmp, listen, connect, ..switched.grants };
            let max_memory = (switches > u32::MAX / 2).then_some(switches.into());
            Manifest {
                producer,
                app,
                module_sha256,
                argv0,
                args,
                grants,
                version,
                max_memory,
                programs: programs(switches),
                content: None,
                ..switched
            }
        },
    )
}

/// Content as programs have it: runs of one byte, and noise.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let run = (any::<u8>(), 0..6000usize).prop_map(|(byte, len)| vec![byte; len]);
    let noise = vec(any::<u8>(), 0..600);
    vec(prop_oneof![run, noise], 0..8).prop_map(|pieces| pieces.concat())
}

/// The full sample with the digest made again after these bytes were put into it.
fn edited(edits: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut bytes = samples::full().write();
    for (at, byte) in edits {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    seal(&mut bytes);
    bytes
}

/// Makes the digest of whatever prefix the header claims, if there is one.
fn seal(bytes: &mut [u8]) {
    let len = u32::from_le_bytes(bytes[16..20].try_into().expect("four bytes")) as usize;
    if (header::SIZE..=bytes.len()).contains(&len) {
        bytes[64..96].fill(0);
        let digest = payload::sha256(&bytes[..len]);
        bytes[64..96].copy_from_slice(&digest);
    }
}

fn config(cases: u32) -> ProptestConfig {
    // No file of failures beside the tests: a failure worth keeping becomes a vector in golden/bad.
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn any_manifest_round_trips(manifest in manifest(), origin in 0..u64::from(u32::MAX)) {
        prop_assert_eq!(Manifest::parse(&manifest.to_bytes(), origin), Ok(manifest));
    }

    #[test]
    fn any_manifest_round_trips_in_a_payload(manifest in manifest()) {
        let sample = samples::Sample { manifest, ..samples::minimal() };
        let read = reader::read(&sample.write());
        prop_assert_eq!(read.map(|read| read.prefix.manifest), Ok(sample.manifest));
    }

    #[test]
    fn any_locator_round_trips(offset in 1..u64::MAX, len in 1..u64::MAX) {
        let locator = Locator { offset, len };
        let read = Locator::parse(&locator.to_bytes());
        prop_assert_eq!(read.ok(), offset.checked_add(len).map(|_| Some(locator)));
    }

    /// There is one way to write each thing: what a reader takes is what the writer makes of it.
    #[test]
    fn an_accepted_manifest_is_the_one_way_to_write_it(
        manifest in manifest(),
        edits in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = manifest.to_bytes();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(read) = Manifest::parse(&bytes, 0) {
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }

    #[test]
    fn an_accepted_locator_is_the_one_way_to_write_it(at in 0..32usize, byte: u8, offset: u64, len: u64) {
        let mut slot = Locator { offset, len }.to_bytes();
        slot[at] = byte;
        match Locator::parse(&slot) {
            Ok(Some(locator)) => prop_assert_eq!(locator.to_bytes(), slot),
            Ok(None) => prop_assert_eq!(Locator::BARE, slot),
            Err(_) => {}
        }
    }

    /// Edits anywhere, with a digest that fits: the checks behind it get to see them.
    #[test]
    fn edited_payloads_do_not_panic_the_reader(edits in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let bytes = edited(&edits);
        let _ = reader::read(&bytes);
    }

    #[test]
    fn arbitrary_bytes_do_not_panic_the_readers(bytes in vec(any::<u8>(), 0..400), len: u64, index: u16) {
        let _ = Prefix::len(&bytes, len);
        let _ = Prefix::parse(&bytes, len);
        let _ = Manifest::parse(&bytes, 0);
        if let Some(slot) = bytes.first_chunk() {
            let _ = Locator::parse(slot);
        }
        let section = Section {
            kind: SectionKind::Metadata,
            encoding: Encoding::Chunked { chunk_size: chunk::MIN_SIZE << (index % 13) },
            offset: 4096,
            stored_len: bytes.len() as u64,
            len: len % (chunk::MAX_SECTION_LEN + 1),
        };
        let _ = ChunkTable::parse(&bytes, &section);
        let table = one_chunk(bytes.len() as u64 + 1);
        let _ = table.decode(0, &bytes, &mut [0; 100]);
    }

    #[test]
    fn arbitrary_bytes_do_not_panic_the_readers_of_tables(bytes in vec(any::<u8>(), 0..400), code_len: u64, memory_len: u64) {
        let _ = Image::parse(&bytes, code_len, memory_len);
        let _ = Unwind::parse(&bytes);
        let _ = Tree::parse(&bytes).and_then(|tree| tree.entries(1, 1000));
        let _ = Frames::parse(&bytes);
    }

    /// There is one way to write each thing here, too.
    #[test]
    fn accepted_tables_are_the_one_way_to_write_them(at: prop::sample::Index, byte: u8) {
        let image = Image { metadata: vec![7; 9], functions: vec![0, 16], table_offset: 0x1_0000, ..Image::default() };
        let mut bytes = image.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Image::parse(&bytes, 32, 0x2000) {
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }

    /// After its magic number and a checksum that fits by chance at most, an LZ4 block is up to the decoder.
    #[test]
    fn arbitrary_blocks_do_not_decode(bytes in vec(any::<u8>(), 0..200)) {
        let frame = [b"LZ4b".as_slice(), &bytes].concat();
        let result = one_chunk(frame.len() as u64).decode(0, &frame, &mut [0; 100]);
        let refused = matches!(result, Err(Error { kind: Kind::Chunk { index: 0, .. }, .. }));
        prop_assert!(refused);
    }

    /// After the magic number zstd believes it: the rest is up to the decoder.
    #[test]
    fn arbitrary_frames_do_not_decode(bytes in vec(any::<u8>(), 0..100), descriptor: u8) {
        let frame = [&[0x28, 0xb5, 0x2f, 0xfd, descriptor], bytes.as_slice()].concat();
        let result = one_chunk(frame.len() as u64).decode(0, &frame, &mut [0; 100]);
        let refused = matches!(result, Err(Error { kind: Kind::Chunk { index: 0, .. }, .. }));
        prop_assert!(refused);
    }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn any_content_round_trips_through_chunks(content in content(), shift in 0..5u32, level in 0..10i32) {
        let chunk_size = chunk::MIN_SIZE << shift;
        let frame = |(index, piece): (usize, &[u8])| match (index as i32 + level) % 3 {
            0 => chunk::compress_fast(piece),
            _ => chunk::compress(piece, level),
        };
        let frames: Vec<_> = content.chunks(chunk_size as usize).enumerate().map(frame).collect();
        let minimal = samples::minimal();
        let bytes = Writer::new(minimal.header, &minimal.manifest)
            .chunked(SectionKind::Metadata, content.len() as u64, chunk_size, &frames)
            .finish();
        let read = reader::read(&bytes).map(|read| read.contents);
        prop_assert_eq!(read, Ok(vec![(SectionKind::Metadata, content)]));
    }
}

#[test]
fn any_other_byte_in_the_prefix_is_noticed() {
    let bytes = samples::full().write();
    let prefix_len = Prefix::len(&bytes, bytes.len() as u64).unwrap();
    let mut prefix = bytes[..prefix_len].to_vec();
    for at in 0..prefix_len {
        for change in 1..=255 {
            prefix[at] ^= change;
            assert!(
                Prefix::parse(&prefix, bytes.len() as u64).is_err(),
                "byte {at:#x} changed by {change:#x}"
            );
            prefix[at] ^= change;
        }
    }
}

/// Behind the prefix each frame has its own checksum; the table has none, but a wrong end cuts a frame. zstd can
/// say the same bytes in several ways, so a change may go unnoticed when it changes nothing that is read.
#[test]
fn any_other_byte_in_the_chunk_store_is_noticed_or_means_the_same() {
    let good = samples::full().write();
    let expected = reader::read(&good);
    let section = samples::sections(&samples::full())[1];
    let mut bytes = good.clone();
    for at in section.offset as usize..good.len() {
        for change in 1..=255 {
            bytes[at] ^= change;
            let read = reader::read(&bytes);
            assert!(read.is_err() || read == expected, "byte {at:#x} changed by {change:#x}");
            bytes[at] ^= change;
        }
    }
}

#[test]
fn a_payload_cut_anywhere_is_refused() {
    let bytes = samples::full().write();
    for len in 0..bytes.len() {
        // The locator still says the old length, or tells the new one.
        assert!(reader::read_located(&bytes[..len], bytes.len() as u64).is_err(), "{len} bytes");
        assert!(reader::read(&bytes[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn a_prefix_needs_exactly_its_bytes() {
    let bytes = samples::full().write();
    let total = bytes.len() as u64;
    let prefix_len = Prefix::len(&bytes, total).unwrap();
    for len in (header::SIZE..=bytes.len()).filter(|len| *len != prefix_len) {
        let error = Prefix::parse(&bytes[..len], total).unwrap_err();
        let (need, have) = (prefix_len as u64, len as u64);
        assert_eq!(error.kind, Kind::Truncated { need, have }, "{len} bytes");
    }
}

#[test]
fn a_manifest_cut_between_records_lacks_one_and_elsewhere_is_truncated() {
    let manifest = samples::minimal().manifest;
    let bytes = manifest.to_bytes();
    for len in 0..bytes.len() {
        let error = Manifest::parse(&bytes[..len], 0).unwrap_err();
        let whole_records = [0, 20, 31].contains(&len);
        let lacks_one = matches!(error.kind, Kind::Mismatch { found: 0, .. });
        assert_eq!(lacks_one, whole_records, "{len} bytes: {error}");
    }
}

#[test]
fn a_chunk_table_or_frame_cut_anywhere_is_refused() {
    let frames = samples::frames(&samples::content());
    let section = samples::sections(&samples::full())[1];
    let stored = chunk::assemble(&frames);
    let table_len = ChunkTable::size(section.len, samples::CHUNK_SIZE) as usize;
    for len in 0..table_len {
        let error = ChunkTable::parse(&stored[..len], &section).unwrap_err();
        assert!(matches!(error.kind, Kind::Truncated { .. }), "{len} bytes: {error}");
    }
    let table = ChunkTable::parse(&stored[..table_len], &section).unwrap();
    for (index, frame) in frames.iter().enumerate() {
        let range = table.decoded_range(index);
        let mut out = vec![0; (range.end - range.start) as usize];
        for len in 0..frame.len() {
            let error = table.decode(index, &frame[..len], &mut out).unwrap_err();
            assert!(matches!(error.kind, Kind::Chunk { .. }), "{len} bytes: {error}");
        }
        assert_eq!(table.decode(index, frame, &mut out), Ok(()));
    }
}

#[test]
fn a_raw_section_has_no_chunk_table() {
    let section = samples::sections(&samples::minimal())[0];
    let error = ChunkTable::parse(&[], &section).unwrap_err();
    assert_eq!(error.kind, Kind::Value { field: "section encoding", found: 0 });
}

/// The next multiple of 16 after such a section does not fit 64 bits.
#[test]
fn a_section_after_one_that_ends_at_the_last_byte_is_refused() {
    let mut bytes = samples::full().write();
    let found = u64::from_le_bytes(bytes[144..152].try_into().unwrap());
    bytes[40..48].fill(0xff);
    bytes[112..120].copy_from_slice(&(u64::MAX - 176).to_le_bytes());
    bytes[120..128].copy_from_slice(&(u64::MAX - 176).to_le_bytes());
    seal(&mut bytes);
    let error = reader::read_located(&bytes, u64::MAX).unwrap_err();
    assert_eq!((error.at, error.kind), (144, Kind::Value { field: "section offset", found }));
}

/// The table of a section that holds one chunk of 100 bytes, stored in `frame_len`.
fn one_chunk(frame_len: u64) -> ChunkTable {
    let section = Section {
        kind: SectionKind::Metadata,
        encoding: Encoding::Chunked { chunk_size: chunk::MIN_SIZE },
        offset: 4096,
        stored_len: 8 + frame_len,
        len: 100,
    };
    ChunkTable::parse(&frame_len.to_le_bytes(), &section).expect("one chunk is a good table")
}

#[test]
fn there_are_not_too_many_names_of_programs() {
    let read = |count: usize| {
        let mut sample = samples::full();
        let name = |number: usize| Carried { number: 0, name: number.to_string() };
        sample.manifest.programs = (0..count).map(name).collect();
        let bytes = sample.write();
        let len = Prefix::len(&bytes, bytes.len() as u64)?;
        Prefix::parse(&bytes[..len], bytes.len() as u64)
    };
    let most = payload::program::MOST_NAMES;
    assert_eq!(read(most).expect("that many can be carried").manifest.programs.len(), most);
    let found = most as u64 + 1;
    assert_eq!(read(most + 1).unwrap_err().kind, Kind::Value { field: "number of program names", found });
}
