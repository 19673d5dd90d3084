//! Tables that say how to leave a function while an exception looks for its handler.
//!
//! On systems with DWARF, the compiler's sections that hold no code are these tables: `.eh_frame`, and for each
//! function with handlers a table of its own that `.eh_frame` refers to. They hold addresses; here each becomes an
//! offset and a fixup. A program without exceptions gets none: nothing else walks its stack that way.
//!
//! On Windows the system itself must be able to walk over the code, so its function table is always there.

use payload::{
    Target,
    unwind::{Base, Unwind},
};
use wasmer_compiler::{
    ArtifactBuild, ArtifactCreate,
    types::relocation::{RelocationKind, RelocationTarget},
};
use wasmer_types::entity::EntityRef;

use super::{failed, layout::Layout, thunk};
use crate::{Error, Kind};

/// What each of the compiler's tables starts at a multiple of.
const ALIGNMENT: usize = 16;

/// The content of the unwind section, if there is to be one.
pub(super) fn tables(
    build: &ArtifactBuild,
    target: Target,
    layout: &Layout,
) -> Result<Option<Vec<u8>>, Error> {
    if target == Target::WindowsX86_64 {
        return Ok(Some(function_table(layout).to_bytes()));
    }
    if build.module_info().tags.is_empty() {
        return Ok(None);
    }
    let Some(eh_frame) = build.get_unwind_info().eh_frame else {
        if build.get_unwind_info().compact_unwind.is_none() {
            return Ok(None);
        }
        let reason = format!(
            "it throws exceptions, which cannot be caught on {} yet: the compiler writes no tables there that can be \
             registered when the first one is thrown",
            target.name()
        );
        return Err(Error::new(Kind::Proposal, reason));
    };
    dwarf(build, layout, eh_frame.index()).map(|unwind| Some(unwind.to_bytes()))
}

fn dwarf(build: &ArtifactBuild, layout: &Layout, eh_frame: usize) -> Result<Unwind, Error> {
    let sections: Vec<&[u8]> =
        build.get_custom_sections_ref().values().map(|section| section.bytes.as_slice()).collect();
    let is_table = |index: &usize| {
        layout.sections[*index].is_none() && *index != build.get_libcall_trampolines().index()
    };
    // .eh_frame first, the others behind it.
    let order: Vec<usize> = std::iter::once(eh_frame)
        .chain((0..sections.len()).filter(|index| *index != eh_frame && is_table(index)))
        .collect();
    let mut places = vec![None; sections.len()];
    let mut unwind = Unwind { eh_frame_len: sections[eh_frame].len() as u32, ..Unwind::default() };
    for index in &order {
        unwind.tables.resize(unwind.tables.len().next_multiple_of(ALIGNMENT), 0);
        places[*index] = Some(unwind.tables.len());
        unwind.tables.extend_from_slice(sections[*index]);
    }
    let relocations: Vec<_> = build.get_custom_section_relocations_ref().values().collect();
    for index in order {
        let start = places[index].expect("placed above");
        for relocation in relocations[index] {
            if relocation.kind != RelocationKind::Abs8 {
                return Err(failed(format!("a relocation of the kind {:?} in a table", relocation.kind)));
            }
            let inner = |to: i64| (to + relocation.addend) as u64;
            let (base, value) = match relocation.reloc_target {
                RelocationTarget::LocalFunc(function) => {
                    (Base::Code, inner(layout.functions[function.index()].0.into()))
                }
                RelocationTarget::CustomSection(to) => {
                    match (places[to.index()], layout.sections[to.index()]) {
                        (Some(place), _) => (Base::Tables, inner(place as i64)),
                        (None, Some(place)) => (Base::Code, inner(place.into())),
                        (None, None) => return Err(failed("a table refers to code that is not there")),
                    }
                }
                RelocationTarget::LibCall(libcall) => (Base::Libcall(thunk::number(libcall)), inner(0)),
                RelocationTarget::DynamicTrampoline(function) => {
                    (Base::Code, inner(layout.dynamic_trampolines[function.index()].into()))
                }
            };
            let at = start + relocation.offset as usize;
            unwind.tables[at..at + 8].copy_from_slice(&value.to_le_bytes());
            unwind.fixups.push((at as u32, base));
        }
    }
    Ok(unwind)
}

/// The function table of a Windows image, sorted by address (PE format, "The .pdata Section").
fn function_table(layout: &Layout) -> Unwind {
    let mut entries = layout.windows.clone();
    entries.sort_unstable();
    let words = entries.iter().flat_map(|((start, len), unwind)| [*start, start + len, *unwind]);
    let tables: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
    Unwind { eh_frame_len: tables.len() as u32, tables, fixups: Vec::new() }
}
