//! The password of a secret key.

use std::{
    env,
    io::{self, IsTerminal},
    path::Path,
};

use crate::release::sign::Key;

/// The variable that holds it, for machines.
const VARIABLE: &str = "WASMPACK_SIGN_PASSWORD";

/// Opens the secret key in `file`. A password that it needs comes from the variable, or is asked for.
///
/// # Errors
/// The sentence to say.
pub(super) fn key(file: &Path) -> Result<Key, String> {
    Key::open(file, || {
        if let Some(password) = env::var_os(VARIABLE) {
            return password.into_string().map_err(|_| format!("the variable {VARIABLE} is not UTF-8"));
        }
        if !io::stdin().is_terminal() {
            return Err(format!("the key is protected by a password; set the variable {VARIABLE} to it"));
        }
        // It is asked and read at the terminal, whatever the streams are.
        rpassword::prompt_password(format!("password of {}: ", file.display())).map_err(|error| {
            format!("cannot ask for the key's password: {error}; set the variable {VARIABLE} to it")
        })
    })
    .map_err(|error| error.to_string())
}
