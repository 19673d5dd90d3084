//! No name becomes code: texts from anywhere are refused, or arrive as they are.

use std::process::Command;

use installers::{Fault, Kind, Meta, Plan};
use proptest::prelude::*;
use terms::Target;

use crate::common::{ALL, Release, meta, stdout, succeeds, there, tool};

/// Texts with what means something in a shell, Ruby, PowerShell, JSON, or a table.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[ -~]{0,6}",
        r#"['"`$\\#(){};&|<>*?!~%@,: \n\r\t]{1,3}"#,
        "\\PC{0,3}",
        Just("$(touch planted)".to_owned()),
        Just("`touch planted`".to_owned()),
        Just("#{`touch planted`}".to_owned()),
        Just("'; touch planted; '".to_owned()),
        Just("\"\ntouch planted\n".to_owned()),
        Just("\u{2019}; touch planted".to_owned()),
        Just("@NAME@".to_owned()),
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

/// A URL with everything that an address may have, and what means something in a shell more often than that.
fn url() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        "(/[a-zA-Z0-9._~!$&'()*+,;=:@%-]{1,12}){0,3}",
        "/[:=/]{1,2}~[/:a-z]{0,3}",
        "/[~$&'()*;=:]{1,8}",
    ];
    ("https://[a-z]{1,8}\\.example", parts).prop_map(|(host, path)| host + &path)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn names_that_are_code_are_refused(text in text()) {
        let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._+-~@/".contains(c));
        let named = Meta { name: text.clone(), ..meta("https://a.example") };
        let versioned = Meta { version: Some(text.clone()), ..meta("https://a.example") };
        let on_npm = Meta { npm_name: Some(text.clone()), ..meta("https://a.example") };
        let on_pypi = Meta { pypi_name: Some(text.clone()), ..meta("https://a.example") };
        for meta in [named, versioned, on_npm, on_pypi] {
            let plan = Plan::new(&meta, &Kind::ALL, &ALL);
            prop_assert!(is_plain || matches!(plan, Err(Fault::Unusable { .. })), "{:?}", text);
        }
        // An address is one, or refused.
        let plan = Plan::new(&meta(&text), &[Kind::Sh], &ALL);
        prop_assert!(plan.is_err() || text.starts_with("http"), "{:?}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn texts_arrive_as_they_are(description in text(), license in text(), author in text(), url in url()) {
        let meta = Meta {
            description: Some(description.clone()),
            license: Some(license),
            author: Some(author),
            ..meta(&url)
        };
        let release = Release::new(&meta, &Kind::ALL, &ALL);
        let shown: String = description.chars().map(|c| if c.is_control() || "\u{2028}\u{2029}\u{feff}".contains(c) { ' ' } else { c }).collect();
        let shown = shown.trim();
        let folder = tempfile::tempdir().unwrap();

        // JSON: Scoop's and npm's.
        let scoop: serde_json::Value = serde_json::from_str(&release.text("notes.json")).unwrap();
        prop_assert_eq!(scoop["description"].as_str().unwrap_or_default(), shown);

        // The shell: it only asks for the address.
        let asked = "curl() { for last do :; done; printf '%s\\n' \"$last\" >&2; return 1; }\n\
            uname() { case $1 in -s) echo Linux ;; *) echo x86_64 ;; esac; }\n";
        for shell in ["sh", "bash", "dash"].iter().filter(|shell| tool(shell).is_some()) {
            let script = format!("{asked}{}", release.text("install.sh"));
            let output = Command::new(shell).arg("-c").arg(&script).env("HOME", folder.path()).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let expected = format!("{}/notes-linux-x86_64-1.2.3-rc.1.tar.gz", url.trim_end_matches('/'));
            prop_assert_eq!(told.lines().next(), Some(expected.as_str()), "{}", shell);
        }

        // PowerShell's text has nothing but ASCII, and each line that sets something is one string.
        let ps1 = release.text("install.ps1");
        prop_assert!(ps1.is_ascii());
        let line = format!("    $url = '{}'", url.trim_end_matches('/').replace('\'', "''"));
        prop_assert!(ps1.lines().any(|found| found == line), "{}", line);

        // Ruby.
        if tool("ruby").is_some() {
            let asked = "class Formula; def self.desc(text) = print(text); def self.test = nil; def self.method_missing(*) = nil; end\nload ARGV[0]";
            let mut ruby = Command::new("ruby");
            ruby.args(["-Ku", "-e", asked]).arg(release.path("notes.rb")).current_dir(folder.path()).env("LC_ALL", "C.UTF-8");
            prop_assert_eq!(stdout(&succeeds(&mut ruby)), shown);
        }
        prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something was planted");
    }
}

#[test]
fn ruby_reads_the_formulas() {
    // The property above asks it where it is; here it is told where it is not.
    there("ruby");
}

#[test]
fn what_is_missing_is_told_with_a_way_out() {
    let bare = Meta { name: "notes".to_owned(), ..Meta::default() };
    let told = Plan::new(&bare, &Kind::ALL, &ALL).unwrap_err().to_string();
    for part in ["version = \"1.2.3\"", "download-url", "homepage", "license", "description", "wasmpack.toml"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(told.lines().count(), 1);
    let plan = Plan::new(&meta("https://a.example"), &Kind::ALL, &[Target::LinuxRiscv64]).unwrap();
    assert_eq!(plan.notes().len(), 3, "{:?}", plan.notes());
    assert!(plan.notes()[0].contains("ps1"));
    // What nobody needs may lack.
    let versioned = Meta { version: Some("1.0.0".to_owned()), ..bare };
    assert!(Plan::new(&versioned, &[Kind::Npm, Kind::Pypi], &ALL).is_ok());
    for (version, kind) in [("1.2", Kind::Npm), ("1.2.3-nightly", Kind::Pypi), ("1.2.3+5", Kind::Pypi)] {
        let told = Plan::new(&Meta { version: Some(version.to_owned()), ..versioned.clone() }, &[kind], &ALL);
        let told = told.unwrap_err().to_string();
        assert!(told.contains(version) && told.contains("such as") || told.contains('+'), "{told}");
    }
}
