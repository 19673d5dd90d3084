//! Embeds the launchers: reads `prebuilt-stubs/`, compresses each, and writes the table that `src/targets/stubs.rs`
//! includes. Compresses the terms of others' software, which `src/notices.rs` includes.
//!
//! `prebuilt-stubs/manifest.toml` lists the launchers, one `[[stub]]` table each; the launcher of a target is
//! the file beside it with the target's name. Without a manifest the packer is built without launchers, which
//! is how the first launcher comes into being: it is packed with `--stub`.
//!
//! `WASMPACK_STUBS_DIR` names another folder of the same form, for developing: `scripts/build-stubs` writes to it
//! as well.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

/// Launchers are decompressed once a pack, and every user downloads them: size counts.
const LEVEL: i32 = 19;

fn main() -> Result<(), Box<dyn Error>> {
    let committed = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../prebuilt-stubs");
    let folder = env::var_os("WASMPACK_STUBS_DIR").map_or(committed, PathBuf::from);
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=WASMPACK_STUBS_DIR");
    println!("cargo::rustc-env=WASMPACK_BUILD={:016x}", build()?);

    let notices = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("assets/notices.toml");
    println!("cargo::rerun-if-changed={}", notices.display());
    fs::write(out.join("notices.zst"), zstd::encode_all(&fs::read(notices)?[..], LEVEL)?)?;

    let manifest = folder.join("manifest.toml");
    let stubs = if manifest.exists() { read(&manifest)? } else { Vec::new() };
    let mut table = String::from("&[\n");
    for (target, sha256) in stubs {
        let stub = folder.join(&target);
        let bytes = fs::read(&stub).map_err(|error| format!("{}: {error}", stub.display()))?;
        let packed = out.join(format!("{target}.zst"));
        fs::write(&packed, zstd::encode_all(&bytes[..], LEVEL)?)?;
        writeln!(
            table,
            "Embedded {{ target: {target:?}, sha256: {sha256:?}, size: {}, zstd: include_bytes!({packed:?}) }},",
            bytes.len()
        )?;
    }
    table.push_str("]\n");
    fs::write(out.join("stubs.rs"), table)?;
    Ok(())
}

/// The targets in the manifest, each with its launcher's SHA-256 in hexadecimal digits.
fn read(manifest: &Path) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let text = fs::read_to_string(manifest)?;
    let table: toml::Table = text.parse()?;
    let Some(stubs) = table.get("stub") else { return Ok(Vec::new()) };
    let stubs = stubs.as_array().ok_or("prebuilt-stubs/manifest.toml: stub is not a list of tables")?;
    stubs
        .iter()
        .map(|stub| {
            let text = |key: &str| {
                let value = stub.get(key).and_then(toml::Value::as_str);
                let missing = || format!("prebuilt-stubs/manifest.toml: a stub has no text {key}");
                value.map(str::to_owned).ok_or_else(missing)
            };
            Ok((text("target")?, text("sha256")?))
        })
        .collect()
}

/// What decides what this packer makes of a program: its sources, and the versions of its crates. What a packer with another
/// hash kept in a cache is not used.
fn build() -> Result<u64, Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("..");
    let mut files = Vec::new();
    for place in [
        "packer/src",
        "packer/lower/src",
        "packer/component/src",
        "payload/src",
        "payload/terms/src",
        "wasi/src",
        "Cargo.lock",
    ] {
        let place = root.join(place);
        println!("cargo::rerun-if-changed={}", place.display());
        collect(&place, &mut files)?;
    }
    files.sort();
    let mut hash = DefaultHasher::new();
    for file in files {
        fs::read(&file)?.hash(&mut hash);
    }
    Ok(hash.finish())
}

/// Adds the files below `place`, or the file that it is. A published crate may lack some.
fn collect(place: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    if place.is_file() {
        files.push(place.to_owned());
    }
    if place.is_dir() {
        for entry in fs::read_dir(place)? {
            collect(&entry?.path(), files)?;
        }
    }
    Ok(())
}
