//! An Authenticode signature that somebody put on a finished file: whether it is for these bytes.
//!
//! The digest is computed again as "Windows Authenticode Portable Executable Signature Format" has it, and compared
//! with the one that was signed. Who signed, and whether their certificate is to be trusted, is not looked at: that
//! takes a store of certificates, which systems have.

use super::{
    certificate,
    der::{CONTEXT_0, Der, INTEGER, OCTETS, OID, SEQUENCE, SET},
    headers::{CERTIFICATES, Headers, optional, u16_at, u32_at},
};

/// Before the content of a `WIN_CERTIFICATE`: its length, revision and type.
const CERTIFICATE_HEAD: usize = 8;
/// `WIN_CERT_REVISION_2_0`.
const REVISION: u16 = 0x200;
/// `WIN_CERT_TYPE_PKCS_SIGNED_DATA`.
const PKCS7: u16 = 2;

/// signedData, 1.2.840.113549.1.7.2 (RFC 2315).
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// SPC_INDIRECT_DATA, 1.3.6.1.4.1.311.2.1.4.
const INDIRECT_DATA: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04];
/// SHA-256, 2.16.840.1.101.3.4.2.1.
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// The finding about the signature of `file`, whose headers these are.
///
/// # Errors
/// Its fault: an invalid table of certificates, or a digest of other bytes.
pub(super) fn check(file: &[u8], headers: &Headers) -> Result<String, String> {
    let place = headers.directory(file, CERTIFICATES);
    if place.is_empty() {
        return Ok("none".to_owned());
    }
    certificate::without(file, headers).map_err(|error| error.to_string())?;
    let (code, table) = file.split_at(place.start as usize);
    let signed = first(table, place.start)?;
    let (algorithm, digest) = signed_digest(signed)
        .ok_or_else(|| format!("the signature at {:#x} has no Authenticode digest", place.start))?;
    if algorithm != SHA256 {
        return Ok(
            "signed with a digest other than SHA-256, which was not compared; nor was who signed".to_owned()
        );
    }
    if authenticode_sha256(code, headers) != *digest {
        return Err(format!(
            "the signature at {:#x} is for other bytes: the file was changed after it was signed; sign it again",
            place.start
        ));
    }
    Ok("Authenticode, its SHA-256 is this file's; certificates were not verified".to_owned())
}

/// The content of the first certificate in `table`, which must be a row of them and lies at `at`.
fn first(table: &[u8], at: u64) -> Result<&[u8], String> {
    let (mut contents, mut offset) = (Vec::new(), 0);
    while offset < table.len() {
        let wrong = |what: &str| format!("the table of certificates at {:#x}: {what}", at + offset as u64);
        let entry = &table[offset..];
        let field = |at: usize| u16_at(entry, at).map_err(|_| wrong("it is cut short"));
        let len = u32_at(entry, 0).map_err(|_| wrong("it is cut short"))? as usize;
        if (field(4)?, field(6)?) != (REVISION, PKCS7) {
            return Err(wrong("not a signature of this kind (PKCS #7, revision 2)"));
        }
        contents.push(entry.get(CERTIFICATE_HEAD..len).ok_or_else(|| wrong("an invalid length"))?);
        offset += len.next_multiple_of(8);
    }
    contents.first().copied().ok_or_else(|| format!("the table of certificates at {at:#x} is empty"))
}

/// Algorithm and value of the digest that `signed` is a signature of: by the one way that leads there, and never by
/// searching.
///
/// ```text
/// ContentInfo { signedData, [0] SignedData { version, digestAlgorithms,
///     ContentInfo { SPC_INDIRECT_DATA, [0] SpcIndirectDataContent { data, DigestInfo { algorithm { oid, … }, digest } } } … } }
/// ```
fn signed_digest(signed: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut info = Der(signed).enter(SEQUENCE)?;
    info.next(OID).filter(|oid| *oid == SIGNED_DATA)?;
    let mut data = info.enter(CONTEXT_0)?.enter(SEQUENCE)?;
    data.next(INTEGER)?;
    data.next(SET)?;
    let mut content = data.enter(SEQUENCE)?;
    content.next(OID).filter(|oid| *oid == INDIRECT_DATA)?;
    let mut indirect = content.enter(CONTEXT_0)?.enter(SEQUENCE)?;
    indirect.next(SEQUENCE)?;
    let mut digest = indirect.enter(SEQUENCE)?;
    let algorithm = digest.enter(SEQUENCE)?.next(OID)?;
    Some((algorithm, digest.next(OCTETS)?))
}

/// SHA-256 of the file before its certificates, without what signing changes: the checksum and where certificates lie.
/// Headers and sections follow each other without a gap, so hashing them in turn is hashing the file.
fn authenticode_sha256(code: &[u8], headers: &Headers) -> [u8; 32] {
    let checksum = headers.optional + optional::CHECKSUM;
    let directory = headers.optional + optional::DIRECTORIES + 8 * CERTIFICATES;
    payload::sha256(&[&code[..checksum], &code[checksum + 4..directory], &code[directory + 8..]].concat())
}
