//! Puts what is granted now behind what an executable was granted before, and files among those that it carries.
//!
//! A folder becomes a root of its own. A single file joins the files that are carried where it belongs, so that it hides nothing
//! beside it: the longest granted name that holds it decides, as it does for the app. Where that is a directory of the host, or
//! nothing, the file is in a root of its own under that name, or that of its folder.

use std::path::Path;

use payload::{FilesGrant, Grants, GuestName, Mount, tree::Entry};

use super::{Grant, Pack, needless};
use crate::{
    Error, Kind,
    input::files::{self, Files, Folder, Noticed, own::Own},
    output::archive::SUMS,
    release::sign::Key,
};

/// How many executables that are carried are named in a note.
const EXECUTABLES_NAMED: usize = 5;

/// Adds the grants of `pack` to `old` ones, in their order, and what they carry to `files`, whose roots are the carried ones of
/// `old`. Of directories with one name, and of carried folders with one name, the new ones take the place of the old ones.
/// Returns notes on that, and on what changes nothing.
///
/// # Errors
/// `Files` for what cannot be carried.
pub(super) fn add(old: &mut Grants, files: &mut Files, pack: &Pack) -> Result<Vec<String>, Error> {
    let (new, own) = (&pack.grants, own(pack));
    let mut kept_roots = Vec::new();
    old.mounts.retain(|mount| {
        let is_kept = !new.iter().any(|new| is_instead_of(new, mount));
        if matches!(mount, Mount::Files(_)) {
            kept_roots.push(is_kept);
        }
        is_kept
    });
    files.keep_roots(&kept_roots);
    let (mut out, mut empty) = (Noticed::default(), Vec::new());
    for grant in new {
        match grant {
            Grant::Dir(grant) => old.mounts.push(Mount::Dir(grant.clone())),
            Grant::Files(folder) if folder.is_file() => {}
            Grant::Files(folder) => {
                let root = files::folder(files, &folder.host, &pack.choice, &own, &mut out)?;
                empty.extend(is_empty(&root).then_some(folder));
                files.roots.push(root);
                let (guest, writable) = (folder.guest.clone(), folder.writable);
                old.mounts.push(Mount::Files(FilesGrant { guest, writable }));
            }
        }
    }
    let native = old.native || pack.told.native;
    for grant in new {
        if let Grant::Files(file) = grant
            && file.is_file()
        {
            let entry = files.single(&file.host, &own)?;
            place(old, native, files, file, entry)
                .map_err(|why| Error::new(Kind::Files, why).in_file(&file.host))?;
        }
    }
    let mut notes = notes(pack, &out);
    notes.extend(empty.into_iter().map(|Folder { host, guest, .. }| {
        format!("nothing is carried below {guest}: no files were found in {}", host.display())
    }));
    notes.extend(needless::notes(pack, native));
    Ok(notes)
}

/// Whether there is neither a file nor a link in it.
fn is_empty(entry: &Entry) -> bool {
    matches!(entry, Entry::Dir(children) if children.iter().all(|(_, child)| is_empty(child)))
}

/// What the pack writes, and the key that signs it.
fn own(pack: &Pack) -> Own {
    let is_no_file = pack.to_stdout || pack.memory.is_some();
    let written = pack.outputs.iter().filter(|_| !is_no_file);
    let mut files: Vec<_> = written.map(|place| place.file.clone()).collect();
    if pack.archive.is_some() {
        files.extend(pack.folder.iter().map(|folder| folder.join(SUMS)));
    }
    let secret = pack.sign.as_ref().map(Key::secret);
    Own { files, folder: pack.folder.clone(), stdout: pack.to_stdout, secret }
}

fn is_instead_of(new: &Grant, old: &Mount) -> bool {
    match (new, old) {
        (Grant::Dir(new), Mount::Dir(old)) => new.guest == old.guest,
        (Grant::Files(new), Mount::Files(old)) => !new.is_file() && new.guest == old.guest,
        _ => false,
    }
}

/// Puts `entry`, the content of `file`, where the app will look for it.
///
/// # Errors
/// What stands in its way.
fn place(
    grants: &mut Grants,
    native: bool,
    files: &mut Files,
    file: &Folder,
    entry: Entry,
) -> Result<(), String> {
    let guest = named(file);
    let (parent, name) = guest.path().rsplit_once('/').unwrap_or(("", guest.path()));
    // As it was written: with a slash in front or not.
    let slash = if guest.as_str().starts_with('/') { "/" } else { "" };
    let folder = match (slash, parent) {
        ("", "") => GuestName::from("."),
        _ => GuestName::new(format!("{slash}{parent}")),
    };
    let held = |name: &GuestName| name.below(&folder).is_some();
    let longest =
        grants.mounts.iter().map(Mount::guest).filter(|name| held(name)).max_by_key(|name| name.path().len());
    let holder = match longest {
        Some(longest) => longest.clone(),
        None if native => GuestName::from("/"),
        None => folder.clone(),
    };
    let below = holder.below(&folder).unwrap_or_default().to_owned();
    let mut roots = 0;
    let mut at = None;
    for (index, mount) in grants.mounts.iter().enumerate() {
        let Mount::Files(there) = mount else { continue };
        if there.guest == holder && at.is_none() {
            at = Some((index, roots, there.writable == file.writable));
        }
        roots += 1;
    }
    let root = match at {
        Some((_, root, true)) => root,
        other => {
            // Before what is there under the same name: this file was named, and that was not.
            let (index, root, _) = other.unwrap_or((grants.mounts.len(), files.roots.len(), false));
            grants.mounts.insert(index, Mount::Files(FilesGrant { guest: holder, writable: file.writable }));
            files.roots.insert(root, Entry::Dir(Vec::new()));
            root
        }
    };
    let names: Vec<&str> = below.split('/').chain([name]).filter(|name| !matches!(*name, "" | ".")).collect();
    put(&mut files.roots[root], &names, entry).map_err(|why| format!("cannot be carried as {guest}: {why}"))
}

/// The file's name to the app. A name that ends with a slash is that of its folder.
fn named(file: &Folder) -> GuestName {
    let written = file.guest.as_str();
    if !file.guest.is_root() && !written.ends_with('/') {
        return file.guest.clone();
    }
    let name = file.host.file_name().unwrap_or_default().to_string_lossy();
    let slash = if written.ends_with('/') { "" } else { "/" };
    GuestName::new(format!("{written}{slash}{name}"))
}

/// Puts `entry` at the path `names` below `folder`.
fn put(folder: &mut Entry, names: &[&str], entry: Entry) -> Result<(), String> {
    let (Entry::Dir(children), [name, rest @ ..]) = (folder, names) else {
        return Err("a file or link is in the place of its folder".to_owned());
    };
    if *name == ".." {
        return Err("its name has a .. in it".to_owned());
    }
    let found = children.binary_search_by(|(other, _)| other.as_str().cmp(name));
    let at = match found {
        Ok(at) => at,
        Err(at) => {
            children.insert(at, ((*name).to_owned(), Entry::Dir(Vec::new())));
            at
        }
    };
    let child = &mut children[at].1;
    if !rest.is_empty() {
        return put(child, rest, entry);
    }
    if found.is_ok() && matches!(child, Entry::Dir(_)) {
        return Err("a folder is carried under this name".to_owned());
    }
    *child = entry;
    Ok(())
}

/// The note about executables of ours that are carried, of which some are named.
fn executables(names: &[String]) -> Option<String> {
    let (named, more) = names.split_at(names.len().min(EXECUTABLES_NAMED));
    let all = named.join(", ");
    match (named, more.len()) {
        ([], _) => None,
        ([one], _) => {
            Some(format!("{one} is carried, an executable that wasmpack made (--exclude NAME: without it)"))
        }
        (_, 0) => {
            Some(format!("{all} are carried, executables that wasmpack made (--exclude NAME: without one)"))
        }
        (_, more) => Some(format!(
            "{all} and {more} more are carried, executables that wasmpack made (--exclude NAME: without one)"
        )),
    }
}

/// What there is to say about folders that are carried.
fn notes(pack: &Pack, out: &Noticed) -> Vec<String> {
    let folder = |folder: &Path| format!("{} is not carried: the output goes there", folder.display());
    let mut notes: Vec<String> = out.folders.iter().map(|path| folder(path)).collect();
    notes.extend(pack.grants.iter().filter_map(|grant| match grant {
        // It is looked for anew when the executable starts, on a machine where it may be a directory.
        Grant::Dir(grant) if Path::new(&grant.host).is_file() => Some(format!(
            "{} is a file here, and --dir and --dir-ro grant directories: grant the one around it, or carry it (--files)",
            grant.host
        )),
        _ => None,
    }));
    notes.extend(executables(&out.packed.iter().map(|path| path.display().to_string()).collect::<Vec<_>>()));
    let carries = pack.grants.iter().any(|grant| matches!(grant, Grant::Files(folder) if !folder.is_file()));
    let unused = pack.choice.exclude.iter().filter(|glob| !out.globs.contains(*glob));
    notes.extend(unused.map(|glob| match carries {
        true => format!("--exclude {glob} leaves nothing out"),
        false => format!("--exclude {glob} leaves nothing out: no folder is carried"),
    }));
    notes
}
