//! The header: what this payload needs before anything in it may run.
//!
//! Its fields stand in docs/format.md, "Header".

pub use crate::limits::VERSION;
use crate::{CpuFeatures, Error, Kind, Target, bytes::Cursor, bytes::equal};

/// Size of the header in bytes.
pub const SIZE: usize = 96;
/// The first eight bytes: not text, and damaged by every tool that changes line ends.
pub const MAGIC: [u8; 8] = [0x89, b'W', b'P', b'K', 0x0d, 0x0a, 0x1a, 0x0a];
/// The longest prefix a reader accepts; a bound so that a damaged length cannot ask for all memory.
pub const MAX_PREFIX_LEN: u32 = 16 * 1024 * 1024;
pub(crate) const PAYLOAD_LEN_AT: u64 = 40;
pub(crate) const DIGEST_AT: usize = 64;

/// The engine whose artifacts a payload carries. Artifacts load only in the very version that wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engine {
    /// wasmer's version: major, minor, patch.
    pub version: [u16; 3],
    /// wasmer's artifact ABI number.
    pub abi: u32,
}

impl Engine {
    /// The engine that this version of wasmpack is pinned to. A test in the packer compares it with wasmer.
    pub const PINNED: Engine = Engine { version: [7, 2, 0], abi: 21 };
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.version;
        write!(f, "wasmer {major}.{minor}.{patch}, abi {}", self.abi)
    }
}

/// The compiler that made the machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compiler {
    /// wasmer's Cranelift: the default, fast code.
    Cranelift,
    /// wasmer's Singlepass: fast compilation.
    Singlepass,
}

impl Compiler {
    /// The number that stands for this compiler in a header.
    pub fn id(self) -> u16 {
        match self {
            Compiler::Cranelift => 1,
            Compiler::Singlepass => 2,
        }
    }

    /// The compiler with this number, if there is one.
    pub fn from_id(id: u16) -> Option<Compiler> {
        match id {
            1 => Some(Compiler::Cranelift),
            2 => Some(Compiler::Singlepass),
            _ => None,
        }
    }

    /// The name that `--compiler` takes.
    pub fn name(self) -> &'static str {
        match self {
            Compiler::Cranelift => "cranelift",
            Compiler::Singlepass => "singlepass",
        }
    }
}

/// The header's content. Lengths, counts and the digest are computed on writing and checked on reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The OS and CPU the code is for.
    pub target: Target,
    /// The engine the artifact is for.
    pub engine: Engine,
    /// The compiler that made it.
    pub compiler: Compiler,
    /// CPU features the code uses.
    pub cpu: CpuFeatures,
}

/// The header's numbers about the payload itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) section_count: u32,
    pub(crate) prefix_len: u32,
    pub(crate) payload_len: u64,
}

impl Header {
    pub(crate) fn write(&self, extent: Extent) -> [u8; SIZE] {
        let mut out = Vec::with_capacity(SIZE);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.target.id().to_le_bytes());
        out.extend_from_slice(&extent.section_count.to_le_bytes());
        out.extend_from_slice(&extent.prefix_len.to_le_bytes());
        out.extend_from_slice(&self.engine.abi.to_le_bytes());
        self.engine.version.iter().for_each(|part| out.extend_from_slice(&part.to_le_bytes()));
        out.extend_from_slice(&self.compiler.id().to_le_bytes());
        out.extend_from_slice(&self.cpu.bits().to_le_bytes());
        out.extend_from_slice(&extent.payload_len.to_le_bytes());
        out.resize(SIZE, 0);
        out.try_into().expect("resized to SIZE")
    }

    /// Reads the header; `payload_len` is the length that the locator gave.
    pub(crate) fn read(bytes: &[u8], payload_len: u64) -> Result<(Header, Extent), Error> {
        let mut cursor = Cursor::new(bytes, 0);
        if cursor.array::<8>()? != MAGIC {
            return Err(Error::new(0, Kind::NotAPayload));
        }
        let version = cursor.u16()?;
        if version != VERSION {
            return Err(Error::new(8, Kind::Version { found: version }));
        }
        let value = |at, field, found: u64| Error::new(at, Kind::Value { field, found });
        let target_id = cursor.u16()?;
        let target = Target::from_id(target_id).ok_or_else(|| value(10, "target", target_id.into()))?;
        let section_count = cursor.u32()?;
        if section_count == 0 || section_count > crate::section::MAX_SECTIONS {
            return Err(value(12, "section count", section_count.into()));
        }
        let prefix_len = cursor.u32()?;
        let least = SIZE as u64 + u64::from(section_count) * crate::section::ENTRY_SIZE as u64;
        if u64::from(prefix_len) < least || prefix_len > MAX_PREFIX_LEN {
            return Err(value(16, "prefix length", prefix_len.into()));
        }
        let abi = cursor.u32()?;
        let version = [cursor.u16()?, cursor.u16()?, cursor.u16()?];
        let compiler_id = cursor.u16()?;
        let compiler =
            Compiler::from_id(compiler_id).ok_or_else(|| value(30, "compiler", compiler_id.into()))?;
        let cpu_bits = cursor.u64()?;
        let cpu = CpuFeatures::from_bits(cpu_bits).ok_or_else(|| value(32, "CPU features", cpu_bits))?;
        equal(PAYLOAD_LEN_AT, "payload length", payload_len, cursor.u64()?)?;
        cursor.expect_u64("header reserved", 0)?;
        cursor.expect_u64("header reserved", 0)?;
        let header = Header { target, engine: Engine { version, abi }, compiler, cpu };
        Ok((header, Extent { section_count, prefix_len, payload_len }))
    }
}

/// The length of the payload that `bytes` begin with, as its header tells it.
pub(crate) fn payload_len(bytes: &[u8]) -> Result<u64, Error> {
    let have = bytes.len() as u64;
    let head = bytes.get(..SIZE).ok_or(Error::new(0, Kind::Truncated { need: SIZE as u64, have }))?;
    Cursor::new(&head[PAYLOAD_LEN_AT as usize..], PAYLOAD_LEN_AT).u64()
}
