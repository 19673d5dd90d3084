//! Texts that stay texts.

/// `text` as one word of a POSIX shell.
pub(crate) fn sh(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `text` as a string of PowerShell, which takes four other signs for a quotation mark as well.
pub(crate) fn ps1(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        quoted.push(c);
        if "'\u{2018}\u{2019}\u{201a}\u{201b}".contains(c) {
            quoted.push(c);
        }
    }
    quoted + "'"
}

/// `text` as a string of Ruby.
pub(crate) fn ruby(text: &str) -> String {
    // Without an interpolation, and in double quotes, where Homebrew's style wants strings.
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' | '#' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted += &format!("\\u{{{:x}}}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

    use proptest::prelude::*;

    use super::*;

    /// What `program` prints, when it reads `script`.
    fn printed(program: &str, script: &str) -> Option<Vec<u8>> {
        let mut child = Command::new(program)
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .env("LC_ALL", "C.UTF-8")
            .spawn()
            .ok()?;
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        Some(child.wait_with_output().unwrap().stdout)
    }

    /// Texts with everything that means something somewhere.
    fn texts() -> impl Strategy<Value = Vec<String>> {
        let sign = prop_oneof![
            r#"['"`$\\#(){};&|<>*?!~%@ \n\r\t]"#,
            "[a-zA-Z0-9]",
            "[\u{80}-\u{2fff}]",
            Just("$(id)".to_owned()),
            Just("`id`".to_owned()),
            Just("#{id}".to_owned()),
            Just("\u{2019}; id".to_owned()),
        ];
        prop::collection::vec(prop::collection::vec(sign, 0..12).prop_map(|signs| signs.concat()), 40)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn shells_and_ruby_print_what_was_quoted(texts in texts()) {
            let expected: String = texts.iter().map(|text| format!("{text}\0")).collect();
            let script: String = texts.iter().map(|text| format!("printf '%s\\0' {}\n", sh(text))).collect();
            for shell in ["sh", "bash", "dash"] {
                if let Some(printed) = printed(shell, &script) {
                    prop_assert_eq!(String::from_utf8_lossy(&printed), expected.as_str(), "{}", shell);
                }
            }
            let script: String = texts.iter().map(|text| format!("print {}, \"\\0\"\n", ruby(text))).collect();
            match printed("ruby", &script) {
                Some(printed) => prop_assert_eq!(String::from_utf8_lossy(&printed), expected.as_str(), "{}", script),
                None => skip::because("there is no ruby"),
            }
        }
    }

    #[test]
    fn powershell_takes_five_signs_for_a_quotation_mark() {
        assert_eq!(ps1("a'b\u{2019}c$(x)`"), "'a''b\u{2019}\u{2019}c$(x)`'");
    }
}
