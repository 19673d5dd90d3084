//! Detached signatures, as minisign writes and checks them.
//!
//! Each signature has a comment that it signs as well: the file's name, so that one file's signature is not another's, and its
//! SHA-256. It has no time, unless `SOURCE_DATE_EPOCH` names one. The bytes of two signatures differ all the same: minisign's
//! Ed25519 takes random bytes along, so that a fault of the machine does not tell the key.

use std::{
    fmt,
    io::Cursor,
    ops::{Range, RangeFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use minisign::{PublicKey, PublicKeyBox, SecretKey, SecretKeyBox, SignatureBox};
use payload::info::{hex, printable};

use crate::{Error, Kind, read, secret::Secret};

/// What a signature's file name ends with.
pub const SUFFIX: &str = ".minisig";
/// The most bytes of a key or a signature.
const MOST: u64 = 64 * 1024;
/// The bytes of a secret key (minisign's documentation, "Secret key format"), of which two name the way from a password to what
/// hides it, zeros if nothing does, and the last 32 are a checksum.
const SECRET: usize = 158;
const HIDDEN_BY: Range<usize> = 2..4;
const CHECKSUM: RangeFrom<usize> = 126..;

/// A secret key, ready to be used.
#[derive(Clone)]
pub struct Key {
    key: Arc<SecretKey>,
    file: PathBuf,
    /// The file, as what is never handed on.
    secret: Secret,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A secret stands in no message.
        f.write_str("Key")
    }
}

impl Key {
    /// Reads the secret key in `file`. `password` is asked if the key is protected by one.
    ///
    /// # Errors
    /// `Read`; `Sign` for what is no key, or if the password is wrong or cannot be had.
    pub fn open(file: &Path, password: impl FnOnce() -> Result<String, String>) -> Result<Key, Error> {
        let fail = |why: String| Error::new(Kind::Sign, why).in_file(file);
        let text = text(file, "the key")?;
        let secret = Secret::of(text.as_bytes());
        let of = |key| Key { key: Arc::new(key), file: file.to_owned(), secret };
        let no_key = || fail("it is no secret key of minisign; `minisign -G` makes one".to_owned());
        let boxed = || SecretKeyBox::from_string(&text).map_err(|_| no_key());
        let bytes = text.lines().nth(1).and_then(|line| STANDARD.decode(line.trim()).ok());
        let bytes = bytes.filter(|bytes| bytes.len() == SECRET).ok_or_else(no_key)?;
        // Whoever has no password is not asked for it.
        if bytes[HIDDEN_BY] != [0, 0] {
            let password = password().map_err(fail)?;
            let key = SecretKey::from_box(boxed()?, Some(password));
            let closed = "cannot open the key: the password is wrong, or the file is damaged";
            return key.map(of).map_err(|_| fail(closed.to_owned()));
        }
        // minisign 0.11 writes no checksum where there is no password. Such a key has to sign for its own public half.
        let key = match bytes[CHECKSUM].iter().all(|byte| *byte == 0) {
            true => SecretKey::from_bytes(&bytes).ok().filter(is_whole),
            false => SecretKey::from_unencrypted_box(boxed()?).ok(),
        };
        key.map(of).ok_or_else(|| fail("cannot open the key: the file is damaged".to_owned()))
    }

    /// The file that it was read from.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The file that it was read from, which is never handed on.
    pub(crate) fn secret(&self) -> Secret {
        self.secret
    }

    /// The signature of `bytes`, which are those of a file called `name`.
    ///
    /// # Errors
    /// `Sign`, if the system has no random bytes.
    pub fn sign(&self, bytes: &[u8], name: &str, time: Option<u64>) -> Result<String, Error> {
        let time = time.map_or_else(String::new, |time| format!("timestamp:{time}\t"));
        let comment = format!("{time}file:{}\tsha256:{}", printable(name), hex(&payload::sha256(bytes)));
        let untrusted = "signature from wasmpack; check it with minisign or wasmpack verify --pubkey";
        let signed = minisign::sign(None, &self.key, Cursor::new(bytes), Some(&comment), Some(untrusted));
        signed
            .map(SignatureBox::into_string)
            .map_err(|error| Error::new(Kind::Sign, format!("cannot sign {name}: {error}")))
    }
}

/// Whether what `key` signs is valid by the public key in it.
fn is_whole(key: &SecretKey) -> bool {
    let check = || {
        let signed = minisign::sign(None, key, Cursor::new(b"whole"), None, None)?;
        minisign::verify(&PublicKey::from_secret_key(key)?, &signed, Cursor::new(b"whole"), true, false, true)
    };
    check().is_ok()
}

/// The public key that `text` is, or that the file of this name has.
///
/// # Errors
/// `Read`; `Sign` for what is no key.
fn public(text: &str) -> Result<PublicKey, Error> {
    if let Ok(key) = PublicKey::from_base64(text) {
        return Ok(key);
    }
    let file = Path::new(text);
    let is_missing = file.symlink_metadata().is_err();
    let no_key = || Error::new(Kind::Sign, "it is no public key of minisign").in_file(file);
    if is_missing {
        let reason =
            "there is no such file, and it is no public key of minisign (56 letters that begin with RW)";
        return Err(Error::new(Kind::Sign, reason).in_file(file));
    }
    let text = self::text(file, "the key")?;
    // With a comment before the key, or without.
    let boxed = PublicKeyBox::from_string(&text).and_then(PublicKeyBox::into_public_key);
    boxed.or_else(|_| PublicKey::from_base64(text.trim())).map_err(|_| no_key())
}

/// Checks `bytes`, those of `file`, against the signature in `signature` and the public key `key`, or the file that has it. What
/// was signed along with it is returned, or the fault.
///
/// # Errors
/// If the key or the signature cannot be read.
pub fn check(
    bytes: &[u8],
    file: &Path,
    signature: &Path,
    key: &str,
) -> Result<Result<String, String>, Error> {
    let key = public(key)?;
    let boxed = SignatureBox::from_string(&text(signature, "the signature")?);
    let boxed =
        boxed.map_err(|_| Error::new(Kind::Sign, "it is no signature of minisign").in_file(signature))?;
    if boxed.keynum() != key.keynum() {
        return Ok(Err("it was made with another key".to_owned()));
    }
    if minisign::verify(&key, &boxed, Cursor::new(bytes), true, false, true).is_err() {
        return Ok(Err("the file is not the one that was signed".to_owned()));
    }
    let comment = boxed.trusted_comment().unwrap_or_default();
    let of = comment.split('\t').find_map(|part| part.strip_prefix("file:"));
    let name = printable(&file.file_name().unwrap_or_default().to_string_lossy());
    Ok(match of {
        // What comes from a pipe has no name; the signed one is told.
        Some(of) if of != name && read::has_a_name(file) => {
            Err(format!("it is that of a file called {}", printable(of)))
        }
        _ => Ok(format!(
            "of this file, by the owner of the key ({})",
            printable(&comment).replace("\\t", ", ")
        )),
    })
}

fn text(file: &Path, what: &str) -> Result<String, Error> {
    let bytes = read::whole(file, what, MOST)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use minisign::KeyPair;

    use super::*;

    fn no_password() -> Result<String, String> {
        Err("asked".to_owned())
    }

    #[test]
    fn what_was_signed_is_checked_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let KeyPair { pk, sk } = KeyPair::generate_unencrypted_keypair().unwrap();
        std::fs::write(path("key"), sk.to_box(None).unwrap().into_string()).unwrap();
        std::fs::write(path("key.pub"), pk.to_box().unwrap().into_string()).unwrap();
        let key = Key::open(&path("key"), no_password).unwrap();
        std::fs::write(path("a.minisig"), key.sign(b"content", "a", Some(7)).unwrap()).unwrap();
        let check =
            |bytes: &[u8], name: &str, key: &str| check(bytes, &path(name), &path("a.minisig"), key).unwrap();
        for key in [path("key.pub").to_str().unwrap(), &pk.to_base64()] {
            let told = check(b"content", "a", key).unwrap();
            assert!(told.contains("timestamp:7") && told.contains("sha256:"), "{told}");
            assert!(check(b"other", "a", key).unwrap_err().contains("not the one"));
            assert!(check(b"content", "b", key).unwrap_err().contains("called a"));
        }
        let other = KeyPair::generate_unencrypted_keypair().unwrap().pk.to_base64();
        assert!(check(b"content", "a", &other).unwrap_err().contains("another key"));
        // The comment is signed, too.
        let text = std::fs::read_to_string(path("a.minisig")).unwrap();
        std::fs::write(path("a.minisig"), text.replace("file:a", "file:b")).unwrap();
        assert!(check(b"content", "b", &pk.to_base64()).is_err());
        assert!(public("RWnothing").is_err());
        assert!(Key::open(&path("key.pub"), no_password).unwrap_err().reason.contains("no secret key"));
    }

    #[test]
    fn a_key_without_a_checksum_is_opened_if_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        let KeyPair { pk, sk } = KeyPair::generate_unencrypted_keypair().unwrap();
        let written = |bytes: &[u8]| {
            let text = format!("untrusted comment: minisign secret key\n{}\n", STANDARD.encode(bytes));
            std::fs::write(&file, text).unwrap();
            Key::open(&file, no_password)
        };
        let mut bytes = sk.to_bytes();
        bytes[CHECKSUM].fill(0);
        let signed = written(&bytes).unwrap().sign(b"content", "a", None).unwrap();
        let signed = SignatureBox::from_string(&signed).unwrap();
        assert!(minisign::verify(&pk, &signed, Cursor::new(b"content"), true, false, true).is_ok());
        for at in [CHECKSUM.start - 40, CHECKSUM.start - 1] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(written(&damaged).unwrap_err().reason.contains("damaged"), "{at}");
        }
        for at in [CHECKSUM.start - 1, CHECKSUM.start] {
            let mut damaged = sk.to_bytes();
            damaged[at] ^= 1;
            assert!(written(&damaged).unwrap_err().reason.contains("damaged"), "{at}");
        }
    }

    #[test]
    fn a_protected_key_asks_for_its_password() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        let KeyPair { sk, .. } = KeyPair::generate_encrypted_keypair(Some("open".to_owned())).unwrap();
        std::fs::write(&file, sk.to_box(None).unwrap().into_string()).unwrap();
        assert_eq!(Key::open(&file, no_password).unwrap_err().reason, "asked");
        assert!(Key::open(&file, || Ok("shut".to_owned())).unwrap_err().reason.contains("password is wrong"));
        assert!(Key::open(&file, || Ok("open".to_owned())).unwrap().sign(b"x", "x", None).is_ok());
    }
}
