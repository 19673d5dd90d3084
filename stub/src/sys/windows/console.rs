//! Standard streams, and windows where there are none.
#![allow(unsafe_code)]

use std::io::{self, IsTerminal, Read, Write};

use windows_sys::Win32::Foundation::{HWND, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::WriteFile;
use windows_sys::Win32::System::Console::{
    GetConsoleProcessList, GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, SetConsoleMode,
};
use windows_sys::Win32::System::LibraryLoader::{
    GetModuleHandleW, GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, TerminateProcess};
use windows_sys::core::{PCWSTR, w};

/// Prints to standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}

/// Prints to standard error, or shows a window where a program without a console has none.
pub(crate) fn print_error(line: &str) {
    if is_gui() && !has_stderr() {
        message_box(line);
    } else {
        // That this itself may fail changes nothing.
        let _ = io::stderr().write_all(line.as_bytes());
    }
}

/// Prints to standard error what need not be read: no window is opened for it.
pub(crate) fn print_note(line: &str) {
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Waits for a key, where the console window was opened for this program alone (by a double click) and would close before
/// anybody has read what is in it.
pub(crate) fn linger() {
    let mut process = [0];
    // SAFETY: the buffer has room for the one number that the count promises; more processes only change the result.
    let sharing = unsafe { GetConsoleProcessList(process.as_mut_ptr(), 1) };
    let seen = io::stdin().is_terminal() && io::stderr().is_terminal();
    if sharing != 1 || !seen {
        return;
    }
    let _ = io::stderr().write_all(b"\nPress a key to close this window.");
    // Without a mode the console hands on each key, and not only whole lines.
    // SAFETY: both functions take a number and a handle, which was just seen to be a console's.
    unsafe { SetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), 0) };
    let _ = io::stdin().read(&mut [0]);
}

fn has_stderr() -> bool {
    // SAFETY: the function takes a number and has no preconditions.
    let handle = unsafe { GetStdHandle(STD_ERROR_HANDLE) };
    !handle.is_null() && handle != INVALID_HANDLE_VALUE
}

/// True if the packer made this a program without a console. Others have no standard error when they are started as
/// a service, where a window would wait for ever.
fn is_gui() -> bool {
    /// Where the header of a loaded file says how long its first part is (PE format, "MS-DOS Stub").
    const E_LFANEW: usize = 0x3c;
    /// `Subsystem`: signature 4, COFF header 20, 68 bytes into the optional header.
    const SUBSYSTEM: usize = 4 + 20 + 68;
    const GUI: u16 = 2;
    // SAFETY: without a name the function returns where this program's own file is loaded.
    let base = unsafe { GetModuleHandleW(std::ptr::null()) }.cast::<u8>();
    // SAFETY: the loader read these headers from there before it started the program, and leaves them readable.
    unsafe {
        let header = base.add(E_LFANEW).cast::<u32>().read_unaligned();
        base.add(header as usize + SUBSYSTEM).cast::<u16>().read_unaligned() == GUI
    }
}

/// Shows `text`. user32 is loaded only here: it would double the time that every start takes.
fn message_box(text: &str) {
    type MessageBoxW = unsafe extern "system" fn(HWND, PCWSTR, PCWSTR, u32) -> i32;
    /// The button OK and the sign for an error (winuser.h, `MB_ICONERROR`).
    const STYLE: u32 = 0x10;
    // SAFETY: both names end with a zero, and the library is never unloaded.
    let function = unsafe {
        let user32 = LoadLibraryExW(w!("user32.dll"), std::ptr::null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32);
        if user32.is_null() {
            return;
        }
        GetProcAddress(user32, c"MessageBoxW".as_ptr().cast())
    };
    let Some(function) = function else { return };
    let text: Vec<u16> = text.replace('\0', "").encode_utf16().chain([0]).collect();
    // SAFETY: this is the type that winuser.h gives the function; both texts end with a zero and outlive the call.
    unsafe {
        let function = std::mem::transmute::<unsafe extern "system" fn() -> isize, MessageBoxW>(function);
        function(std::ptr::null_mut(), text.as_ptr(), w!("Error"), STYLE);
    }
}

/// Writes `line` to standard error and ends the process with `code`. Needs nothing: no memory, no lock.
pub(crate) fn end(line: &[u8], code: i32) -> ! {
    let mut written = 0;
    // SAFETY: writes these bytes to standard error, if there is one; that it may fail changes nothing.
    unsafe {
        let handle = GetStdHandle(STD_ERROR_HANDLE);
        WriteFile(handle, line.as_ptr(), line.len() as u32, &mut written, std::ptr::null_mut());
    }
    // SAFETY: ends this process, without running anything more.
    unsafe { TerminateProcess(GetCurrentProcess(), code as u32) };
    std::process::abort()
}
