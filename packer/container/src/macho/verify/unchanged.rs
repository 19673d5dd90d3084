//! The rule that a packed file is its stub otherwise: each byte of it is there, and each table that the stub's
//! load commands name is found, byte for byte, where the file's load commands name it.

use std::ops::Range;

use goblin::mach::load_command::{CommandVariant, LoadCommand};

use super::{
    super::{error::wrong, names::PAYLOAD_SEGMENT},
    structure::View,
};
use crate::Error;

/// A table in the file that a load command names.
struct Table {
    /// Where in the command its offset is: from the command's start, and how long that field is.
    field: Range<usize>,
    offset: u64,
    len: u64,
}

/// Checks `file` against `stub`. `slot` is the locator's place in both, `signature` where the file's starts.
pub(in crate::macho) fn check(
    file: &View,
    stub: &View,
    slot: &Range<usize>,
    signature: usize,
) -> Result<(), Error> {
    check_bytes(file, stub, slot)?;
    let (now, before) = (kept(file), kept(stub));
    if now.len() != before.len() {
        return Err(wrong(
            16,
            &format!("{} load commands of the stub's, {} expected", now.len(), before.len()),
        ));
    }
    for (now, before) in now.into_iter().zip(before) {
        check_command(file, stub, now, before, signature)?;
    }
    Ok(())
}

/// The load commands, without what packing adds or replaces.
fn kept<'a>(view: &'a View) -> Vec<&'a LoadCommand> {
    let is_kept = |command: &&LoadCommand| match &command.command {
        CommandVariant::Segment64(segment) => segment.segname != PAYLOAD_SEGMENT,
        CommandVariant::CodeSignature(_) => false,
        _ => true,
    };
    view.commands.iter().filter(is_kept).collect()
}

/// The header, and all from the first section to the payload's segment, but for the slot.
fn check_bytes(file: &View, stub: &View, slot: &Range<usize>) -> Result<(), Error> {
    let end = file.payload_segment().fileoff as usize;
    let first = file.first_section();
    // Between the load commands and the first section, nothing is new but what was added to the commands.
    let same = [0..16, 24..32, file.commands_end..first, first..slot.start, slot.end..end];
    let differs = |range: &Range<usize>| {
        let now = file.file.get(range.clone());
        now.is_none() || now != stub.file.get(range.clone())
    };
    match same.iter().find(|range| differs(range)) {
        Some(range) => Err(wrong(range.start, "bytes of the stub other than its locator were changed")),
        None => Ok(()),
    }
}

fn check_command(
    file: &View,
    stub: &View,
    now: &LoadCommand,
    before: &LoadCommand,
    signature: usize,
) -> Result<(), Error> {
    let changed = |what: &str| wrong(now.offset, &format!("a load command of the stub's changed: {what}"));
    let (mut new, mut old) = (raw(file, now), raw(stub, before));
    if let CommandVariant::Segment64(segment) = &now.command
        && segment.segname.starts_with(b"__LINKEDIT\0")
    {
        // Address, sizes and offset, which the structure's rules have.
        clear(&mut new, 24..56);
        clear(&mut old, 24..56);
    }
    let (tables, expected) = (tables(now, &new), tables(before, &old));
    if tables.len() != expected.len() {
        return Err(changed("another kind"));
    }
    let linkedit = file.segments[file.segments.len() - 1].0.fileoff;
    for (table, expected) in tables.iter().zip(&expected) {
        clear(&mut new, table.field.clone());
        clear(&mut old, expected.field.clone());
        if (table.offset == 0) != (expected.offset == 0) || table.len != expected.len {
            return Err(changed("a table"));
        }
        let content = content(file, table);
        if content.is_none() || content != self::content(stub, expected) {
            return Err(changed("it names a table that is not the stub's"));
        }
        let inside =
            (linkedit..=signature as u64).contains(&(table.offset + table.len)) && table.offset >= linkedit;
        if table.offset != 0 && !inside && table.offset != expected.offset {
            return Err(changed("it names a table outside __LINKEDIT"));
        }
    }
    if new == old { Ok(()) } else { Err(changed("its fields")) }
}

fn raw(view: &View, command: &LoadCommand) -> Vec<u8> {
    view.file[command.offset..command.offset + command.command.cmdsize()].to_vec()
}

fn content<'a>(view: &View<'a>, table: &Table) -> Option<&'a [u8]> {
    let start = usize::try_from(table.offset).ok()?;
    view.file.get(start..start.checked_add(usize::try_from(table.len).ok()?)?)
}

/// Sets a field to zero, as far as it is there.
fn clear(raw: &mut [u8], field: Range<usize>) {
    if let Some(field) = raw.get_mut(field) {
        field.fill(0);
    }
}

/// The tables that `command` names; `raw` are its bytes.
fn tables(command: &LoadCommand, raw: &[u8]) -> Vec<Table> {
    let narrow = |field: usize, offset: u32, count: u32, size: u64| Table {
        field: field..field + 4,
        offset: offset.into(),
        len: u64::from(count) * size,
    };
    match &command.command {
        // nlist_64 has 16 bytes.
        CommandVariant::Symtab(c) => {
            vec![narrow(8, c.symoff, c.nsyms, 16), narrow(16, c.stroff, c.strsize, 1)]
        }
        // dylib_table_of_contents, dylib_module_64, reference, index, relocation_info twice.
        CommandVariant::Dysymtab(c) => vec![
            narrow(32, c.tocoff, c.ntoc, 8),
            narrow(40, c.modtaboff, c.nmodtab, 56),
            narrow(48, c.extrefsymoff, c.nextrefsyms, 4),
            narrow(56, c.indirectsymoff, c.nindirectsyms, 4),
            narrow(64, c.extreloff, c.nextrel, 8),
            narrow(72, c.locreloff, c.nlocrel, 8),
        ],
        CommandVariant::DyldInfo(c) | CommandVariant::DyldInfoOnly(c) => vec![
            narrow(8, c.rebase_off, c.rebase_size, 1),
            narrow(16, c.bind_off, c.bind_size, 1),
            narrow(24, c.weak_bind_off, c.weak_bind_size, 1),
            narrow(32, c.lazy_bind_off, c.lazy_bind_size, 1),
            narrow(40, c.export_off, c.export_size, 1),
        ],
        CommandVariant::SegmentSplitInfo(c)
        | CommandVariant::FunctionStarts(c)
        | CommandVariant::DataInCode(c)
        | CommandVariant::DylibCodeSignDrs(c)
        | CommandVariant::LinkerOptimizationHint(c)
        | CommandVariant::DyldExportsTrie(c)
        | CommandVariant::DyldChainedFixups(c) => vec![narrow(8, c.dataoff, c.datasize, 1)],
        CommandVariant::TwolevelHints(c) => vec![narrow(8, c.offset, c.nhints, 4)],
        CommandVariant::EncryptionInfo64(c) => vec![narrow(8, c.cryptoff, c.cryptsize, 1)],
        CommandVariant::Note(c) => vec![Table { field: 24..32, offset: c.offset, len: c.size }],
        // Atom info, function variants and their fixups: dataoff, datasize.
        CommandVariant::Unimplemented(c) if (0x36..=0x38).contains(&c.cmd) && raw.len() >= 16 => {
            let field = |at: usize| u32::from_le_bytes([raw[at], raw[at + 1], raw[at + 2], raw[at + 3]]);
            vec![narrow(8, field(8), field(12), 1)]
        }
        _ => Vec::new(),
    }
}
