//! A launcher that launches nothing: a small Mach-O file, written by hand, that the packer takes for a stub.
//!
//! Every table in `__LINKEDIT` has bytes of its own, so that one which is looked for in the wrong place is found
//! to be another.

/// `cputype` and `cpusubtype` of Apple silicon.
pub const ARM64: (u32, u32) = (0x0100_000c, 0);
/// `cputype` and `cpusubtype` of Intel Macs.
pub const X86_64: (u32, u32) = (0x0100_0007, 3);

/// Declares the numbers of load commands that tests need.
macro_rules! commands {
    ($($name:ident = $number:literal;)*) => {
        $(#[doc = concat!("The number of the load command `", stringify!($name), "`.")]
        pub const $name: u32 = $number;)*
    };
}

commands! {
    LC_SYMTAB = 0x2;
    LC_DYSYMTAB = 0xb;
    LC_LOAD_DYLIB = 0xc;
    LC_LOAD_DYLINKER = 0xe;
    LC_SEGMENT_64 = 0x19;
    LC_UUID = 0x1b;
    LC_CODE_SIGNATURE = 0x1d;
    LC_DYLD_INFO_ONLY = 0x8000_0022;
    LC_FUNCTION_STARTS = 0x26;
    LC_MAIN = 0x8000_0028;
    LC_BUILD_VERSION = 0x32;
}

/// Where `__LINKEDIT` starts in memory.
const BASE: u64 = 0x1_0000_0000;

/// The launcher to build; [`stub`] has the usual answers.
#[derive(Clone, Debug)]
pub struct Stub {
    /// `cputype` and `cpusubtype`.
    pub cpu: (u32, u32),
    /// The alignment of segments, in bytes.
    pub page: u64,
    /// Whether it has a signature, as zig's linker gives to arm64 and not to x86_64.
    pub signed: bool,
    /// Free bytes between the load commands and the first section.
    pub room: usize,
    /// The sections of `__DATA`: name, content, and flags; the slot is one of them.
    pub data: Vec<(&'static str, Vec<u8>, u32)>,
    /// More commands: number, and what follows the length.
    pub extra: Vec<(u32, Vec<u8>)>,
    /// A command to leave out.
    pub without: u32,
}

/// A stub as it should be, with the bytes `slot` as its locator.
pub fn stub(cpu: (u32, u32), slot: &[u8]) -> Stub {
    let arm = cpu == ARM64;
    Stub {
        cpu,
        page: if arm { 0x4000 } else { 0x1000 },
        signed: arm,
        room: 168,
        data: vec![("__data", b"data".to_vec(), 0), ("__wasmpack", slot.to_vec(), 0), ("__bss", vec![], 1)],
        extra: vec![],
        without: 0,
    }
}

/// The tables in `__LINKEDIT`: 1 to 9 are the bytes they are made of.
const TABLES: [(u8, usize); 9] =
    [(1, 24), (2, 16), (3, 8), (4, 16), (5, 8), (6, 8), (7, 3 * 16), (8, 3 * 4), (9, 21)];

impl Stub {
    /// The bytes of the file.
    pub fn build(&self) -> Vec<u8> {
        // Commands have a length that does not depend on offsets: the first pass finds it.
        let len = self.commands(0).1.len();
        let start = 32 + len + self.room;
        let (mut file, commands) = self.commands(start as u64);
        let mut header = Vec::new();
        let count = commands.count;
        for field in [0xfeed_facf, self.cpu.0, self.cpu.1, 2, count, len as u32, 0x20_0085, 0] {
            header.extend_from_slice(&field.to_le_bytes());
        }
        header.extend_from_slice(&commands.bytes);
        file[..header.len()].copy_from_slice(&header);
        file
    }

    /// The file without its header and commands, and the commands. `text` is where the first section starts.
    fn commands(&self, text: u64) -> (Vec<u8>, Commands) {
        let up = |value: usize| value.next_multiple_of(self.page as usize);
        let mut file = vec![0; text as usize];
        file.extend_from_slice(b"no code in here");
        let text_size = file.len() as u64;
        let mut commands = Commands { without: self.without, ..Commands::default() };
        commands.segment("__PAGEZERO", [0, BASE, 0, 0], 0, &[]);
        let sections = [section("__text", "__TEXT", BASE + text, text_size - text, text, 0)];
        commands.segment("__TEXT", [BASE, text_size, 0, text_size], 5, &sections);

        file.resize(up(file.len()), 0);
        let (data_at, mut sections) = (file.len() as u64, Vec::new());
        for (name, content, flags) in &self.data {
            let at = if *flags == 1 { 0 } else { file.len() as u64 };
            let size = if *flags == 1 { 16 } else { content.len() as u64 };
            sections.push(section(name, "__DATA", BASE + file.len() as u64, size, at, *flags));
            file.extend_from_slice(content);
        }
        let size = file.len() as u64 - data_at;
        commands.segment("__DATA", [BASE + data_at, size + 16, data_at, size], 3, &sections);

        file.resize(up(file.len()), 0);
        let linkedit = file.len() as u64;
        let (at, end) = self.linkedit(&mut file);
        let size = file.len() as u64 - linkedit;
        let in_memory = BASE + linkedit;
        commands.segment("__LINKEDIT", [in_memory, size.next_multiple_of(self.page), linkedit, size], 1, &[]);
        self.tables(&mut commands, &at, text as u32);
        for (number, body) in &self.extra {
            commands.add(*number, body);
        }
        if self.signed {
            commands.fields(LC_CODE_SIGNATURE, &[end as u32, (file.len() - end) as u32]);
        }
        (file, commands)
    }

    /// Writes `__LINKEDIT`: returns where its tables start, and where they end.
    fn linkedit(&self, file: &mut Vec<u8>) -> (Vec<u32>, usize) {
        let mut at = Vec::new();
        for (byte, len) in TABLES {
            at.push(file.len() as u32);
            file.resize(file.len() + len, byte);
        }
        let end = file.len().next_multiple_of(16);
        if self.signed {
            file.resize(end, 0);
            file.extend_from_slice(b"a signature that is replaced");
        }
        (at, end)
    }

    fn tables(&self, commands: &mut Commands, at: &[u32], text: u32) {
        let len = |index: usize| TABLES[index].1 as u32;
        let info: Vec<u32> = (0..5).flat_map(|index| [at[index], len(index)]).collect();
        commands.fields(LC_DYLD_INFO_ONLY, &info);
        commands.fields(LC_FUNCTION_STARTS, &[at[5], len(5)]);
        commands.fields(LC_SYMTAB, &[at[6], 3, at[8], len(8)]);
        let symbols = [0, 1, 1, 1, 2, 1, 0, 0, 0, 0, 0, 0, at[7], 3, 0, 0, 0, 0];
        commands.fields(LC_DYSYMTAB, &symbols);
        commands.add(LC_LOAD_DYLINKER, b"\x0c\0\0\0/usr/lib/dyld\0\0\0\0\0\0\0");
        commands.fields(LC_MAIN, &[text, 0, 0, 0]);
        commands.fields(LC_BUILD_VERSION, &[1, 0xb_0000, 0xf_0000, 0]);
        commands.add(LC_UUID, b"sixteen bytes it");
        commands.add(
            LC_LOAD_DYLIB,
            b"\x18\0\0\0\x02\0\0\0\0\0\x01\0\0\0\x01\0/usr/lib/libSystem.B.dylib\0\0\0\0\0\0",
        );
    }
}

/// Where the `n`th command of a number starts.
pub fn command(file: &[u8], number: u32, n: usize) -> usize {
    let (mut at, mut found) = (32, 0);
    for _ in 0..u32_at(file, 16) {
        if u32_at(file, at) == number {
            if found == n {
                return at;
            }
            found += 1;
        }
        at += u32_at(file, at + 4) as usize;
    }
    panic!("{found} commands {number:#x}, but {} was asked for", n + 1)
}

/// The little-endian number at `at`.
pub fn u32_at(file: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(*file[at..].first_chunk().expect("four bytes are there"))
}

/// Load commands that grow.
#[derive(Default)]
struct Commands {
    bytes: Vec<u8>,
    count: u32,
    without: u32,
}

impl Commands {
    fn len(&self) -> usize {
        self.bytes.len()
    }

    fn add(&mut self, number: u32, body: &[u8]) {
        if number != self.without {
            self.count += 1;
            self.bytes.extend_from_slice(&number.to_le_bytes());
            self.bytes.extend_from_slice(&(body.len() as u32 + 8).to_le_bytes());
            self.bytes.extend_from_slice(body);
        }
    }

    fn fields(&mut self, number: u32, fields: &[u32]) {
        let body: Vec<u8> = fields.iter().flat_map(|field| field.to_le_bytes()).collect();
        self.add(number, &body);
    }

    /// `place`: address, size in memory, file offset, size in the file.
    fn segment(&mut self, name: &str, place: [u64; 4], protection: u32, sections: &[Vec<u8>]) {
        let mut body = name16(name);
        place.iter().for_each(|field| body.extend_from_slice(&field.to_le_bytes()));
        for field in [protection, protection, sections.len() as u32, 0] {
            body.extend_from_slice(&field.to_le_bytes());
        }
        sections.iter().for_each(|section| body.extend_from_slice(section));
        self.add(LC_SEGMENT_64, &body);
    }
}

fn section(name: &str, segment: &str, address: u64, size: u64, offset: u64, flags: u32) -> Vec<u8> {
    let mut section = name16(name);
    section.extend_from_slice(&name16(segment));
    section.extend_from_slice(&address.to_le_bytes());
    section.extend_from_slice(&size.to_le_bytes());
    for field in [offset as u32, 0, 0, 0, flags, 0, 0, 0] {
        section.extend_from_slice(&field.to_le_bytes());
    }
    section
}

fn name16(name: &str) -> Vec<u8> {
    let mut field = name.as_bytes().to_vec();
    field.resize(16, 0);
    field
}
