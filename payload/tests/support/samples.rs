//! The payloads that the golden vectors hold, as values.

use payload::{
    About, Compiler, Connect, CpuFeatures, DirGrant, Encoding, Engine, FilesGrant, Grants, Header, Listen,
    Manifest, Mount, Section, SectionKind, Target, Writer, chunk, header, program::Carried,
};

/// The chunk size of the sample with chunks: the smallest, to have many from little content.
pub const CHUNK_SIZE: u32 = chunk::MIN_SIZE;
/// The level it is compressed at. Another level may give other bytes.
pub const LEVEL: i32 = 19;
/// The line that the chunked content repeats.
pub const LINE: &[u8] = b"wasmpack golden vector\n";
/// Length of the chunked content: two chunks and a part.
pub const CONTENT_LEN: usize = 2 * CHUNK_SIZE as usize + 1000;

/// One payload as a value.
pub struct Sample {
    /// The vector's name, without `.hex`.
    pub name: &'static str,
    /// What a reader of the vector should know, one line each.
    pub story: &'static [&'static str],
    /// Its header.
    pub header: Header,
    /// Its manifest.
    pub manifest: Manifest,
    /// The content of its artifact section, if it has one.
    pub artifact: Option<Vec<u8>>,
}

impl Sample {
    /// The payload's bytes, as the crate writes them.
    pub fn write(&self) -> Vec<u8> {
        let mut writer = Writer::new(self.header, &self.manifest);
        if let Some(content) = &self.artifact {
            let frames = frames(content);
            writer = writer.chunked(SectionKind::Metadata, content.len() as u64, CHUNK_SIZE, &frames);
        }
        writer.finish()
    }
}

/// The chunks of `content`, compressed: the shorter last one to be decoded fast.
pub fn frames(content: &[u8]) -> Vec<Vec<u8>> {
    let frame = |piece: &[u8]| match piece.len() {
        len if len < CHUNK_SIZE as usize => chunk::compress_fast(piece),
        _ => chunk::compress(piece, LEVEL),
    };
    content.chunks(CHUNK_SIZE as usize).map(frame).collect()
}

/// The chunked content: [`LINE`] again and again, cut off at [`CONTENT_LEN`].
pub fn content() -> Vec<u8> {
    LINE.iter().copied().cycle().take(CONTENT_LEN).collect()
}

/// The smallest useful payload: a manifest of what is never optional, and no other section.
pub fn minimal() -> Sample {
    Sample {
        name: "minimal",
        story: &[
            "the smallest payload: no section but the manifest, no record that may be left out",
            "module: SHA-256 of the empty module, 00 61 73 6d 01 00 00 00",
        ],
        header: Header {
            target: Target::LinuxX86_64,
            engine: Engine { version: [7, 2, 0], abi: 21 },
            compiler: Compiler::Singlepass,
            cpu: CpuFeatures::NONE,
        },
        manifest: Manifest {
            producer: "wasmpack 0.1.0".to_owned(),
            app: "hello".to_owned(),
            module_sha256: empty_module(),
            ..Manifest::default()
        },
        artifact: None,
    }
}

/// A manifest with those of the `switches` that the format knows, and nothing else that may be left out. They are asked of the
/// reader and named nowhere here, so a new one is tested without a word about it.
pub fn switched(switches: u32) -> Manifest {
    let read = |switches: u32| {
        let record = [&[10, 0, 4, 0, 0, 0], &switches.to_le_bytes()[..]].concat();
        Manifest::parse(&[minimal().manifest.to_bytes(), record].concat(), 0)
    };
    let known = (0..32).map(|bit| 1 << bit).filter(|bit| switches & bit != 0 && read(*bit).is_ok());
    match known.fold(0, |all, bit| all | bit) {
        0 => minimal().manifest,
        known => read(known).expect("switches do not depend on each other"),
    }
}

/// A payload that uses every record and has a section in chunks.
pub fn full() -> Sample {
    let switched = switched(u32::MAX);
    Sample {
        name: "full",
        story: &[
            "every kind of record, and an artifact in three chunks of 4096, 4096 and 1000 bytes",
            "the artifact's content is the line \"wasmpack golden vector\" with its line feed, repeated and cut off",
            "after 9192 bytes; no launcher can run it",
            "two chunks are frames of zstd 1.5.7, the version in Cargo.lock, at level 19, the last is a block of LZ4 1.10",
            "at its highest level: another version may write others, and a reader must take those too",
        ],
        header: Header {
            target: Target::LinuxX86_64,
            engine: Engine { version: [7, 2, 0], abi: 21 },
            compiler: Compiler::Cranelift,
            cpu: CpuFeatures::SSE3.union(CpuFeatures::AVX),
        },
        manifest: Manifest {
            producer: "wasmpack 0.1.0".to_owned(),
            app: "notes".to_owned(),
            module_sha256: empty_module(),
            argv0: Some("notes".to_owned()),
            args: vec!["--color".to_owned(), String::new(), "naïve".to_owned()],
            grants: Grants {
                env: vec!["LANG=C".to_owned(), "EMPTY=".to_owned()],
                pass: vec!["HOME".to_owned()],
                mounts: vec![
                    dir(".", "/data", false),
                    dir("/usr/share", "/share", true),
                    Mount::Files(FilesGrant { guest: "/lib".into(), writable: true }),
                ],
                cwd: Some("/data".to_owned()),
                tmp: Some("/tmp".into()),
                listen: ["127.0.0.1:8080", "[::]:80"]
                    .map(|text| Listen::parse(text).expect("it is one"))
                    .to_vec(),
                connect: ["*.example.com:443", "10.0.0.5:*"]
                    .map(|text| Connect::parse(text).expect("it is one"))
                    .to_vec(),
                ..switched.grants
            },
            version: Some("1.2.3".to_owned()),
            about: About {
                author: Some("Ada Notes".to_owned()),
                homepage: Some("https://notes.example".to_owned()),
                license: Some("MIT".to_owned()),
            },
            max_memory: Some(64 << 20),
            programs: ["notes", "list notes"]
                .map(|name| Carried { number: 0, name: name.to_owned() })
                .to_vec(),
            content: None,
            ..switched
        },
        artifact: Some(content()),
    }
}

/// The section table that `sample` must be read with, computed here from the rules of docs/format.md.
pub fn sections(sample: &Sample) -> Vec<Section> {
    let count = 1 + sample.artifact.iter().count();
    // The writer adds a hash of what follows: six bytes and 32 of content.
    let hash = if sample.artifact.is_some() { 38 } else { 0 };
    let manifest_len = sample.manifest.to_bytes().len() as u64 + hash;
    let offset = ((header::SIZE + count * 40) as u64).next_multiple_of(16);
    let mut sections = vec![Section {
        kind: SectionKind::Manifest,
        encoding: Encoding::Raw,
        offset,
        stored_len: manifest_len,
        len: manifest_len,
    }];
    if let Some(content) = &sample.artifact {
        let frames = frames(content);
        sections.push(Section {
            kind: SectionKind::Metadata,
            encoding: Encoding::Chunked { chunk_size: CHUNK_SIZE },
            offset: (offset + manifest_len).next_multiple_of(16),
            stored_len: frames.iter().map(|frame| 8 + frame.len() as u64).sum(),
            len: content.len() as u64,
        });
    }
    sections
}

fn dir(host: &str, guest: &str, read_only: bool) -> Mount {
    Mount::Dir(DirGrant { host: host.to_owned(), guest: guest.into(), read_only })
}

fn empty_module() -> [u8; 32] {
    payload::sha256(b"\0asm\x01\0\0\0")
}
