//! The target in the name of an output file, and the name without it.
//!
//! `app-linux-arm64`, `app-apple-arm64`, `app-windows-x86_64.exe`, `app.exe`. The first word is the app's own name
//! and chooses nothing, unless the whole name is a target's: a program may be called `linux`. Words that are words
//! of the language too (`apple`, `riscv`) count only beside another part.

use payload::Target;

use super::{
    Os, Said, all, misspelt,
    platform::Platform,
    words::{Part, WORDS, word, words},
};

/// The extension of executables on Windows.
const EXE: &str = "exe";

/// The parts of a target in the file name `name`.
pub fn said(name: &str) -> Said {
    let words = words(name);
    let exe = name.to_ascii_lowercase().ends_with(".exe");
    let words = &words[..words.len() - usize::from(exe && words.last().is_some_and(|last| last == EXE))];
    let mut said = Said::default();
    let known = |text: &String| word(text).is_some_and(|part| part != Part::Other);
    let whole = words.iter().all(known);
    let counted = if whole { words } else { words.get(1..).unwrap_or_default() };
    counted.iter().filter_map(|text| word(text)).for_each(|part| said.add(part));
    if said.systems.is_empty() || said.cpus.is_empty() {
        // One part alone: not from the first word, and not from a word of the language.
        said = Said::default();
        let strong = |text: &&String| !["apple", "riscv"].contains(&text.as_str());
        words.iter().skip(1).filter(strong).filter_map(|text| word(text)).for_each(|part| said.add(part));
    }
    if exe {
        said.add(Part::Os(Os::Windows));
    }
    said
}

/// The target that an output called `name` is for, on a machine that is `host`.
///
/// # Errors
/// If the name does not name exactly one target; if it names none and this machine is not a target.
pub fn target(name: &str, host: Option<Target>) -> Result<Platform, String> {
    let said = said(name);
    let words = words(stem(name));
    // `app-linux-mips`: a part is known, and another is of no target. `freebsd-x64`: the whole is no app's name.
    let other = |text: &String| word(text) == Some(Part::Other);
    let is_whole = words.len() > 1 && words.iter().all(|text| word(text).is_some());
    let counted = words.get(usize::from(!is_whole)..).unwrap_or_default();
    let is_other = !said.is_nothing() && counted.iter().any(other);
    if is_other || misspelt::ends_like_one(&words) {
        let meant = misspelt::meant(counted);
        let all = all(meant.as_deref(), &[]);
        return Err(format!("the output's name {name} names no target; {all}"));
    }
    if said.is_nothing() {
        let here = host.map(Platform::One);
        return here.ok_or_else(|| "this machine is not a target of wasmpack".to_owned());
    }
    said.resolve(host).map_err(|why| {
        let why = why.replacen("is not a target", "names no target", 1);
        format!("the output's name {name} {why}")
    })
}

/// `name` without an extension that names no part of a target, nor a version: `.bin`, `.exe`.
fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, ending))
            if !stem.is_empty()
                && word(&ending.to_ascii_lowercase()).is_none()
                && (2..=4).contains(&ending.len())
                && ending.starts_with(|c: char| c.is_ascii_alphabetic()) =>
        {
            stem
        }
        _ => name,
    }
}

/// The app's name in the file name `name`: without `.exe`, and without a target at its end.
pub fn app(name: &str) -> &str {
    let mut app = match name.len().checked_sub(4) {
        Some(at) if at > 0 && name.is_char_boundary(at) && name[at..].eq_ignore_ascii_case(".exe") => {
            &name[..at]
        }
        _ => name,
    };
    if said(name).is_nothing() {
        return app;
    }
    while let Some(shorter) = without_last(app) {
        app = shorter;
    }
    app
}

/// `name` without a target's word at its end and what separates it; `None` when there is none, or nothing else.
fn without_last(name: &str) -> Option<&str> {
    let lower = name.to_ascii_lowercase();
    let spelled = WORDS.iter().filter(|(_, part)| *part != Part::Other).map(|(word, _)| *word);
    let shorter = spelled.chain(["x86-64"]).filter_map(|word| {
        let rest = lower.strip_suffix(word)?;
        let before = rest.strip_suffix(['-', '_', '.', ' '])?;
        (!before.is_empty()).then_some(before.len())
    });
    shorter.min().map(|len| &name[..len])
}

/// The name of the file for `target` where several are written: `NAME-TARGET`, with `.exe` for Windows.
pub fn of(app: &str, target: impl Into<Platform>) -> String {
    let target = target.into();
    bare(&format!("{app}-{}", target.name()), target)
}

/// The name of a file for `target`, without the target in it.
pub fn bare(app: &str, target: impl Into<Platform>) -> String {
    format!("{app}{}", target.into().os().program_suffix())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: Option<Target> = Some(Target::LinuxX86_64);

    #[test]
    fn names_say_their_target() {
        use Target::*;
        let names = [
            (
                LinuxArm64,
                "app-linux-arm64 app_linux_aarch64 app-1.2.3-linux-arm64 app.linux.arm64 linux-arm64 app-arm64",
            ),
            (MacosArm64, "app-apple-arm64 app-macos-arm64 app-aarch64-apple-darwin my-tool-darwin-arm64"),
            (MacosX86_64, "app-apple-x86_64 app-macos-x64"),
            (
                WindowsX86_64,
                "app-windows-x86_64.exe app.exe app-windows app-win-x64 APP.EXE app-x86_64-pc-windows-msvc.exe",
            ),
            (LinuxRiscv64, "app-linux-riscv64 app-riscv64"),
            (LinuxX86_64, "app-linux-x86_64 app-linux app-x86_64 app-linux-amd64.bin"),
        ];
        for (expected, names) in names {
            for name in names.split(' ') {
                assert_eq!(target(name, LINUX), Ok(expected.into()), "{name}");
            }
        }
    }

    #[test]
    fn a_name_that_says_nothing_means_this_machine() {
        for name in [
            "app",
            "linux",
            "win",
            "arm64",
            "apple",
            "big-apple",
            "learn-riscv",
            "app-universal",
            "universal",
            "my-arm",
            "x86",
            "windowsill",
            "exe",
            "",
        ] {
            assert!(said(name).is_nothing(), "{name}");
            assert_eq!(target(name, Some(Target::MacosArm64)), Ok(Target::MacosArm64.into()), "{name}");
        }
        assert!(target("app", None).is_err());
    }

    #[test]
    fn a_name_that_says_several_or_none_is_refused() {
        assert!(target("app-macos-universal-arm64", LINUX).unwrap_err().contains("names no target"));
        assert!(target("app-linux-macos", LINUX).unwrap_err().contains("app-linux-macos could be linux"));
        assert!(target("app-linux-arm64.exe", LINUX).unwrap_err().contains("could be linux-arm64"));
        assert!(target("app-windows-arm64", LINUX).unwrap_err().contains("by emulation"));
        for name in [
            "app-linux-mips",
            "app-linux-sparc",
            "app-linux-loong64",
            "app-linux-arm",
            "app-freebsd-x64",
            "app-linux-i686",
            "app_linux_s390x",
        ] {
            assert!(target(name, LINUX).unwrap_err().contains("he targets are linux-x86_64"), "{name}");
        }
    }

    #[test]
    fn a_name_that_ends_like_a_target_that_does_not_exist_is_refused() {
        for (name, meant) in [
            ("app-linux-amr64", "linux-arm64"),
            ("app-macos-amr64", "macos-arm64"),
            ("app-linux-x68_64", "linux-x86_64"),
            ("app-linux-aarch46.bin", "linux-arm64"),
            ("app-1.2-linux-risv64", "linux-riscv64"),
            ("app-linux-arm64v8", "linux-arm64"),
            ("app-linux-arm", "linux-arm64"),
            ("app-linux-x86", "linux-x86_64"),
            ("app-linx-arm64", "linux-arm64"),
            ("app-x64-widnows", "windows-x86_64"),
            ("app-amr64-linux", "linux-arm64"),
            ("app-windows-x68_64.exe", "windows-x86_64"),
            ("app-amr64", "arm64"),
            ("app-macso", "macos"),
            ("app-arm64v8", "arm64"),
            ("app-amd46-unknown-linux-gnu", "linux-x86_64"),
            ("app-linux-gnu-amr64", "linux-arm64"),
        ] {
            let error = target(name, LINUX).unwrap_err();
            assert!(
                error.contains(&format!("names no target; did you mean {meant}? The targets are")),
                "{error}"
            );
        }
        for name in [
            "app-freebsd",
            "app-android.bin",
            "app-netbsd",
            "app-freebsd13",
            "app-solaris",
            "app_illumos",
            "app-i686",
            "app-s390x",
            "freebsd-x64",
            "app-windows-amr64",
        ] {
            let error = target(name, LINUX).unwrap_err();
            assert!(error.contains("names no target; the targets are") && !error.contains("mean"), "{error}");
        }
        let emulated = "the output's name app-windows-arm64 names no target; Windows on Arm runs";
        assert!(target("app-windows-arm64", LINUX).unwrap_err().starts_with(emulated));
    }

    #[test]
    fn ordinary_names_are_taken_as_they_are() {
        for name in [
            "app-linux-tools",
            "app-linux-arch",
            "arch-linux",
            "app-linux-server-2",
            "app-linux-1.2.3",
            "app-linux-x86_64-v2",
            "app-linux.bin",
            "app-linux.tar",
            "hello-wasi",
            "hello-wasm32",
            "my-arm",
            "freebsd",
            "my-window",
            "base64",
            "app-base64",
            "app-md5",
            "app-sha256",
            "app-army",
            "app-x",
            "link-x64",
            "app-64",
            "app-v2",
        ] {
            assert_eq!(target(name, LINUX), Ok(Target::LinuxX86_64.into()), "{name}");
        }
    }

    #[test]
    fn a_name_with_macos_and_no_cpu_is_for_both_macs_on_any_machine() {
        for name in ["app-macos", "app-1.2-darwin", "my_app.osx", "app-macos-universal", "app-universal-mac"]
        {
            for host in [LINUX, Some(Target::MacosArm64), None] {
                assert_eq!(target(name, host), Ok(Platform::Macos), "{name}");
            }
        }
        assert_eq!(app("app-macos"), "app");
        assert_eq!(app("app-macos-universal"), "app");
        assert_eq!(of("my-app", Platform::Macos), "my-app-macos");
        assert_eq!(app("my-universal"), "my-universal");
    }

    #[test]
    fn names_allow_what_agrees() {
        assert!(said("app-apple-arm64").allows(Target::MacosArm64.into()));
        assert!(!said("app-apple-arm64").allows(Target::MacosX86_64.into()));
        assert!(!said("app.exe").allows(Target::LinuxX86_64.into()));
        assert!(said("app").allows(Target::LinuxRiscv64.into()));
        assert!(said("app-arm64").allows(Target::MacosArm64.into()));
        assert!(said("app-macos").allows(Target::MacosArm64.into()));
        assert!(!said("app-macos-universal").allows(Target::MacosArm64.into()));
        for (name, agrees) in
            [("app", true), ("app-macos", true), ("app-macos-arm64", false), ("app.exe", false)]
        {
            assert_eq!(said(name).allows(Platform::Macos), agrees, "{name}");
        }
    }

    #[test]
    fn the_apps_name_is_what_is_left() {
        let names = [
            ("app-linux-arm64", "app"),
            ("app-windows-x86_64.exe", "app"),
            ("my.app-1.2-x86_64-unknown-linux-musl", "my.app-1.2"),
            ("App_Darwin_X86-64", "App"),
            ("tool.exe", "tool"),
            ("linux-arm64", "linux"),
            ("big-apple", "big-apple"),
            (".exe", ".exe"),
            ("ä.exe", "ä"),
        ];
        for (name, expected) in names {
            assert_eq!(app(name), expected, "{name}");
        }
        for target in Target::ALL {
            assert_eq!(app(&of("my-app", target)), "my-app");
            assert_eq!(super::target(&of("my-app", target), None), Ok(target.into()));
        }
    }
}
