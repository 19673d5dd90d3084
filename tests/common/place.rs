//! Executables that a test writes itself, to start them.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes `bytes` as the executable `path`.
///
/// Another process writes it. A test that starts something at the moment when this process writes an executable hands the open
/// file on to its child, and until that has begun its own program nobody can start the file: "Text file busy".
pub fn executable(path: &Path, bytes: &[u8]) {
    if cfg!(not(unix)) {
        return std::fs::write(path, bytes).expect("a file can be written");
    }
    let mut writer = Command::new("sh")
        .args(["-c", r#"cat >"$1" && chmod 755 "$1""#, "sh"])
        // A name may begin with a dash.
        .arg(Path::new(".").join(path))
        .stdin(Stdio::piped())
        .spawn()
        .expect("there is sh");
    let mut input = writer.stdin.take().expect("it is a pipe");
    input.write_all(bytes).expect("the bytes can be handed on");
    drop(input);
    assert!(writer.wait().expect("a child can be waited for").success(), "{} is written", path.display());
}
