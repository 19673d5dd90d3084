//! A formula for Homebrew.

use terms::{
    Target,
    target::{Cpu, Os},
};

use crate::{Build, File, known::Known, machine, quote::ruby};

/// The class that Homebrew looks for in the file of the formula `name`, which is lower-case.
///
/// # Errors
/// If no class can be called so.
pub(crate) fn class(name: &str) -> Result<String, String> {
    let mut class = String::new();
    let mut is_first = true;
    for c in name.chars() {
        match c {
            '-' | '_' | '.' => is_first = true,
            '+' => class.push('x'),
            c if is_first => {
                class.push(c.to_ascii_uppercase());
                is_first = false;
            }
            c => class.push(c),
        }
    }
    let is_class = class.starts_with(|c: char| c.is_ascii_uppercase()) && !name.ends_with(['-', '_', '.']);
    match is_class && !["--", "__", ".."].iter().any(|two| name.contains(two)) {
        true => Ok(class),
        false => Err(format!("{name:?} cannot be the name of a formula, as Ruby has no class of that name")),
    }
}

/// The terms, as Homebrew writes them; `:cannot_represent` for what is no list of SPDX identifiers.
fn license(terms: &str) -> String {
    let is_name = |text: &&str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-.+".contains(c))
    };
    for (word, key) in [(" OR ", "any_of"), (" AND ", "all_of")] {
        let names: Vec<&str> = terms.split(word).map(str::trim).collect();
        if names.len() > 1 && names.iter().all(is_name) {
            let names: Vec<String> = names.into_iter().map(ruby).collect();
            return format!("{key}: [{}]", names.join(", "));
        }
    }
    if is_name(&terms) { ruby(terms) } else { ":cannot_represent".to_owned() }
}

pub(crate) fn file(known: &Known, builds: &[Build]) -> Option<File> {
    let formula = known.command.to_ascii_lowercase();
    let class = class(&formula).ok()?;
    let targets: Vec<Target> = builds.iter().map(|build| build.target).collect();
    let mut blocks = String::new();
    let mut systems = Vec::new();
    for (os, word) in [(Os::Macos, "macos"), (Os::Linux, "linux")] {
        let on = [(Cpu::Arm64, "arm", "arm64"), (Cpu::X86_64, "intel", "x86_64")];
        let found: Vec<_> = on
            .into_iter()
            .filter_map(|(cpu, on, arch)| Some((&builds[machine::build(os, cpu, &targets)?], on, arch)))
            .collect();
        if found.is_empty() {
            continue;
        }
        systems.push(word);
        blocks += &format!("\n  on_{word} do\n");
        if let [(_, _, arch)] = found[..] {
            blocks += &format!("    depends_on arch: :{arch}\n\n");
        }
        for (at, (build, on, _)) in found.iter().enumerate() {
            let url = ruby(&format!("{}/{}", known.url, build.archive));
            let sum = crate::known::hex(&build.sha256);
            let space = if at == 0 { "" } else { "\n" };
            blocks += &format!("{space}    on_{on} do\n      url {url}\n      sha256 \"{sum}\"\n    end\n");
        }
        blocks += "  end\n";
    }
    let only = match systems[..] {
        [] => return None,
        [one] => format!("\n  depends_on :{one}\n"),
        _ => String::new(),
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let program = ruby(&known.command);
    let formula_text = format!(
        "# Written by wasmpack.\nclass {class} < Formula\n  desc {}\n  homepage {}\n  version {}\n  license {}\n{only}{blocks}\n  \
         def install\n    bin.install {program}\n  end\n\n  test do\n    assert_path_exists bin/{program}\n  end\nend\n",
        ruby(&text(&known.description)),
        ruby(&text(&known.homepage)),
        ruby(&known.version),
        license(&text(&known.license)),
    );
    Some(File { name: format!("{formula}.rb"), bytes: formula_text.into_bytes(), executable: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_have_homebrews_classes() {
        for (name, expected) in
            [("notes", "Notes"), ("foo-bar", "FooBar"), ("c++filt", "Cxxfilt"), ("a.b_c", "ABC")]
        {
            assert_eq!(class(name).as_deref(), Ok(expected), "{name}");
        }
        for name in ["7z", "a-", "a--b"] {
            assert!(class(name).is_err(), "{name}");
        }
    }

    #[test]
    fn terms_are_lists_of_identifiers_or_not_told() {
        assert_eq!(license("MIT OR Apache-2.0"), "any_of: [\"MIT\", \"Apache-2.0\"]");
        assert_eq!(license("MIT"), "\"MIT\"");
        assert_eq!(license("ask #{me}"), ":cannot_represent");
    }
}
