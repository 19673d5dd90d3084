//! What happened when a program trapped, and where: the app's functions that were active, innermost first.
//!
//! Nothing about this is known to wasmer: its tables would have to be read at every start. When the CPU traps (a
//! division by zero, an access out of bounds), the store's trap hook notes the program counter and follows the frame
//! pointers that both compilers keep. When the engine itself raises a trap, the way into it was noted ([`sys::cross`]).
//! The addresses are looked up in the frames section when the program has ended.

use payload::frames::{Frames, Function};
use payload::{Compiler, SectionKind};
use wasmer::{RuntimeError, Store};
use wasmer_types::TrapCode;

use crate::image::{Code, Placed, placed};
use crate::sys;
use crate::sys::frames::Noted;

/// One of the app's functions that were active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The function's index in the module.
    pub(crate) index: u32,
    /// Its name; empty where it has none.
    pub(crate) name: String,
    /// Bytes from the start of the module.
    pub(crate) module_offset: u32,
}

impl Frame {
    /// Functions that the packer added lie nowhere in the module, which begins with its head.
    fn is_the_apps(&self) -> bool {
        self.module_offset != 0
    }
}

/// To be called when the code is in its place: notes in `store` where the CPU traps.
pub(crate) fn install(store: &mut Store) {
    if let Some(Placed { stored, code }) = placed() {
        // Bytes behind the frame pointer: Singlepass for Arm saves two registers before it sets it.
        let singlepass = stored.compiler() == Compiler::Singlepass;
        let record = if cfg!(target_arch = "aarch64") && singlepass { 16 } else { 0 };
        sys::frames::follow(code.range(), record);
    }
    sys::frames::watch(store);
}

/// What `trap` is called, and the app's functions that were active. `number` tells what the exported i32 global of a name holds.
pub(crate) fn describe(
    trap: &RuntimeError,
    number: &mut dyn FnMut(&str) -> Option<u32>,
) -> (String, Vec<Frame>) {
    let message = trap.message();
    let Some((code, frames)) = tables() else { return (message, Vec::new()) };
    let noted = sys::frames::noted();
    if let Some(noted) = noted.filter(|noted| code.offset(noted.pc).is_some()) {
        let told = trap.clone().to_trap();
        let message = trap_at(&frames, code, &noted, told).map_or(message, |code| code.message().to_owned());
        return (message, cpu_frames(&frames, code, &noted));
    }
    // The engine raised it. Errors of other functions say what they are, and came by another way. Where the CPU trapped in
    // other code than the app's, the engine was entered by a frame that was active then, or not at all.
    let is_active = |frame_pointer: usize| noted.is_none_or(|noted| frame_pointer >= noted.sp);
    let crossed = sys::cross::last()
        .filter(|(frame_pointer, _)| trap.clone().to_trap().is_some() && is_active(*frame_pointer));
    let Some((frame_pointer, address)) = crossed else { return (message, Vec::new()) };
    let meant = added(&frames, code, address);
    if let Some((TrapCode::UncaughtException, entry)) = meant {
        // The app's functions have returned to it.
        let thrower = number(&entry.name).and_then(|offset| at(&frames, offset));
        return (TrapCode::UncaughtException.message().to_owned(), thrower.into_iter().collect());
    }
    let outer = sys::frames::walk(frame_pointer);
    let returns = std::iter::once(address).chain(outer.addresses[..outer.count].iter().copied());
    let active = returns.map_while(|address| caller(&frames, code, address));
    let message = meant.map_or(message, |(code, _)| code.message().to_owned());
    (message, active.filter(Frame::is_the_apps).collect())
}

/// The tables, read now.
fn tables() -> Option<(Code, Frames)> {
    let Placed { stored, code } = placed()?;
    let content = stored.whole(SectionKind::Frames).ok()?;
    Some((code, Frames::parse(&content).ok()?))
}

/// What the compiler says that a trap at this instruction means; `None` if that is what wasmer `told`, from the signal
/// or from the instruction itself.
fn trap_at(frames: &Frames, code: Code, noted: &Noted, told: Option<TrapCode>) -> Option<TrapCode> {
    let offset = code.offset(noted.pc)?;
    let function = frames.find(offset)?.function;
    let is_the_apps = function.module_start != 0;
    let trap = function.traps.iter().find(|(at, _)| is_the_apps && *at == offset - function.start);
    match trap {
        Some((_, number)) => trap_code(*number),
        // The table leaves out accesses out of bounds; wasmer, without a table, takes what it does not know for the
        // end of the stack.
        None => (!noted.about_address && told == Some(TrapCode::StackOverflow))
            .then_some(TrapCode::HeapAccessOutOfBounds),
    }
}

/// The trap with this number.
fn trap_code(number: u32) -> Option<TrapCode> {
    use TrapCode::*;
    let all = [
        StackOverflow,
        HeapAccessOutOfBounds,
        HeapMisaligned,
        TableAccessOutOfBounds,
        IndirectCallToNull,
        BadSignature,
        IntegerOverflow,
        IntegerDivisionByZero,
        BadConversionToInteger,
        UnreachableCodeReached,
        UnalignedAtomic,
        UncaughtException,
        UninitializedExnRef,
        YieldOutsideAsyncContext,
        HostInterrupt,
        ReadonlyTableModified,
    ];
    all.into_iter().find(|code| *code as u32 == number)
}

fn frame(frames: &Frames, offset: u32) -> Option<Frame> {
    let found = frames.find(offset)?;
    let name = found.function.name.clone();
    Some(Frame { index: found.index, name, module_offset: found.module_offset })
}

/// What a trap means that was raised by the call which returns to `address`, if that is in a function that the packer added.
fn added(frames: &Frames, code: Code, address: usize) -> Option<(TrapCode, &Function)> {
    let function = frames.find(code.offset(address.checked_sub(1)?)?)?.function;
    let (_, number) = function.traps.first().filter(|_| function.module_start == 0)?;
    Some((trap_code(*number)?, function))
}

/// The function that has the instruction at `offset` of the module.
fn at(frames: &Frames, offset: u32) -> Option<Frame> {
    let functions = frames.functions.iter().zip(frames.imported..);
    let before = functions.filter(|(function, _)| (1..=offset).contains(&function.module_start));
    let (function, index) = before.max_by_key(|(function, _)| function.module_start)?;
    Some(Frame { index, name: function.name.clone(), module_offset: offset })
}

/// The function that a call returns to at `address`.
fn caller(frames: &Frames, code: Code, address: usize) -> Option<Frame> {
    // A return address is that of the instruction after the call.
    frame(frames, code.offset(address.checked_sub(1)?)?)
}

fn cpu_frames(frames: &Frames, code: Code, noted: &Noted) -> Vec<Frame> {
    let Some(innermost) = code.offset(noted.pc).and_then(|offset| frame(frames, offset)) else {
        return Vec::new();
    };
    let returns = &noted.returns;
    let outer: Vec<Frame> = returns.addresses[..returns.count]
        .iter()
        .map_while(|address| caller(frames, code, *address))
        .collect();
    // Only a function without a frame of its own has its caller there; in others it is any value, most often none of
    // the app's code or a place in the function itself.
    let leaf = caller(frames, code, noted.leaf_return).filter(|frame| {
        frame.index != innermost.index
            && outer.first().is_none_or(|first| first.module_offset != frame.module_offset)
    });
    std::iter::once(innermost).chain(leaf).chain(outer).filter(Frame::is_the_apps).collect()
}
