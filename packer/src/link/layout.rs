//! Where everything lies in the code image: small shared pieces first, then the functions in their order.

use std::collections::HashMap;

use wasmer_compiler::{
    ArtifactBuild,
    types::{
        function::FunctionBody,
        section::{CustomSection, CustomSectionProtection},
        unwind::CompiledFunctionUnwindInfo,
    },
};
use wasmer_types::{LocalFunctionIndex, entity::EntityRef};

/// What every function and section starts at a multiple of: wasmer's own choice, which both compilers rely on for
/// constants that lie beside a function's code.
const ALIGNMENT: u32 = 16;
/// Unwind information for Windows starts at a multiple of this (PE format, "struct UNWIND_INFO").
const UNWIND_ALIGNMENT: u32 = 4;

/// A place in the code image: start and length in bytes.
pub(super) type Extent = (u32, u32);

/// Where everything lies. Offsets are bytes from the start of the code image.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The functions, by index.
    pub(super) functions: Vec<Extent>,
    /// Where each call trampoline begins, by signature.
    pub(super) call_trampolines: Vec<u32>,
    /// Where each dynamic trampoline begins, by imported function.
    pub(super) dynamic_trampolines: Vec<u32>,
    /// Where each of the compiler's sections that hold code begins; `None` for the others and for wasmer's own
    /// trampolines into the runtime, which thunks replace.
    pub(super) sections: Vec<Option<u32>>,
    /// For Windows: code and its unwind information, in the order of their places.
    pub(super) windows: Vec<(Extent, u32)>,
    end: u32,
}

impl Layout {
    /// Lays out what the compiler made, the functions in the order of `order`, each at a multiple of `alignment`, or of
    /// what the compilers need.
    pub(super) fn new(build: &ArtifactBuild, order: &[LocalFunctionIndex], alignment: u32) -> Layout {
        let bodies = build.get_function_bodies_ref();
        let mut layout = Layout { functions: vec![(0, 0); bodies.len()], ..Layout::default() };
        for body in build.get_function_call_trampolines_ref().values() {
            let (start, _) = layout.body(body, ALIGNMENT);
            layout.call_trampolines.push(start);
        }
        for body in build.get_dynamic_function_trampolines_ref().values() {
            let (start, _) = layout.body(body, ALIGNMENT);
            layout.dynamic_trampolines.push(start);
        }
        let runtime = build.get_libcall_trampolines();
        for (index, section) in build.get_custom_sections_ref().iter() {
            let place = (is_code(section) && index != runtime)
                .then(|| layout.reserve(section.bytes.len(), section_alignment(section)).0);
            layout.sections.push(place);
        }
        for index in order {
            layout.functions[index.index()] = layout.body(&bodies[*index], alignment.max(ALIGNMENT));
        }
        layout
    }

    /// Reserves room behind what is there.
    pub(super) fn reserve(&mut self, len: usize, alignment: u32) -> Extent {
        let start = self.end.next_multiple_of(alignment);
        let len = u32::try_from(len).expect("code of 4 GiB is refused before it is linked");
        self.end = start.checked_add(len).expect("code of 4 GiB is refused before it is linked");
        (start, len)
    }

    fn body(&mut self, body: &FunctionBody, alignment: u32) -> Extent {
        let extent = self.reserve(body.body.len(), alignment);
        if let Some(CompiledFunctionUnwindInfo::WindowsX64(unwind)) = &body.unwind_info {
            let (place, _) = self.reserve(unwind.len(), UNWIND_ALIGNMENT);
            self.windows.push((extent, place));
        }
        extent
    }

    /// Bytes of the whole image.
    pub(super) fn len(&self) -> usize {
        self.end as usize
    }

    /// The code image with everything in its place, before relocation.
    pub(super) fn code(&self, build: &ArtifactBuild) -> Vec<u8> {
        let mut code = vec![0; self.len()];
        let put = |code: &mut [u8], start: u32, bytes: &[u8]| {
            code[start as usize..][..bytes.len()].copy_from_slice(bytes);
        };
        let unwind_of: HashMap<u32, u32> =
            self.windows.iter().map(|(extent, place)| (extent.0, *place)).collect();
        let mut body = |start: u32, body: &FunctionBody| {
            put(&mut code, start, &body.body);
            if let Some(CompiledFunctionUnwindInfo::WindowsX64(unwind)) = &body.unwind_info {
                put(&mut code, unwind_of[&start], unwind);
            }
        };
        let trampolines = build.get_function_call_trampolines_ref().values();
        self.call_trampolines.iter().zip(trampolines).for_each(|(start, one)| body(*start, one));
        let trampolines = build.get_dynamic_function_trampolines_ref().values();
        self.dynamic_trampolines.iter().zip(trampolines).for_each(|(start, one)| body(*start, one));
        let functions = build.get_function_bodies_ref().values();
        self.functions.iter().zip(functions).for_each(|(extent, one)| body(extent.0, one));
        for (start, section) in self.sections.iter().zip(build.get_custom_sections_ref().values()) {
            if let Some(start) = start {
                put(&mut code, *start, section.bytes.as_slice());
            }
        }
        code
    }
}

/// True for a section that is executed.
pub(super) fn is_code(section: &CustomSection) -> bool {
    matches!(section.protection, CustomSectionProtection::ReadExecute)
}

fn section_alignment(section: &CustomSection) -> u32 {
    section.alignment.and_then(|wanted| u32::try_from(wanted).ok()).unwrap_or(ALIGNMENT).max(ALIGNMENT)
}
