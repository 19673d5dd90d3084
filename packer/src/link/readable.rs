//! Names of functions as their authors wrote them. C++'s linker writes them so; Rust's compiler has it leave symbols, such as
//! `_ZN4core9panicking5panic17h0123456789abcdefE` for `core::panicking::panic`.

use std::fmt::{self, Write};

/// The longest name that is kept whole, in bytes: a person reads it. Symbols can refer to parts of themselves, so a short symbol can stand
/// for a very long name, and decoding it can take long.
const LONGEST: usize = 1024;

/// `name` without Rust's mangling, any other as it is; of a long one its beginning.
pub(super) fn readable(name: &str) -> String {
    if name.len() > LONGEST {
        return format!("{}…", &name[..name.floor_char_boundary(LONGEST)]);
    }
    // The crate takes symbols without the underscore as well, and C has functions that are called `RC5_SETUP`.
    if !["_R", "_ZN"].iter().any(|start| name.starts_with(start)) {
        return name.to_owned();
    }
    let Ok(symbol) = rustc_demangle::try_demangle(name) else { return name.to_owned() };
    let mut short = Short(String::new());
    // The alternate form leaves out the hash.
    match write!(short, "{symbol:#}") {
        Ok(()) => short.0,
        Err(fmt::Error) => name.to_owned(),
    }
}

/// A text of [`LONGEST`] bytes at most: writing more is an error.
struct Short(String);

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > LONGEST {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_rust_are_told_as_written() {
        for (symbol, name) in [
            ("_ZN4core9panicking5panic17h0123456789abcdefE", "core::panicking::panic"),
            (
                "_ZN60_$LT$alloc..string..String$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE",
                "<alloc::string::String as core::fmt::Display>::fmt",
            ),
            // Rust's RFC 2603.
            ("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"),
            ("main", "main"),
            ("RC5_SETUP", "RC5_SETUP"),
            ("ZN4main4initE", "ZN4main4initE"),
            ("__ZN4main4initE", "__ZN4main4initE"),
            ("std::vector<int>::at(unsigned long)", "std::vector<int>::at(unsigned long)"),
            ("_ZN", "_ZN"),
            ("_ZN4core", "_ZN4core"),
            ("", ""),
        ] {
            assert_eq!(readable(symbol), name);
        }
    }

    #[test]
    fn of_a_long_name_the_beginning_is_told() {
        let longest = "ä".repeat(LONGEST / 2);
        assert_eq!(readable(&longest), longest);
        assert_eq!(readable(&format!("{longest}.")), format!("{longest}…"));
        assert_eq!(readable(&format!("x{longest}")), format!("x{}…", &longest[2..]));
    }

    /// A tuple of two that are the tuple before, and so on: each level has twice the length.
    #[test]
    fn a_symbol_of_a_name_without_end_stays_one() {
        let mut symbol = "_RINvC1a1bTmmE".to_owned();
        let mut last = "INvC1a1b".len();
        while symbol.len() < LONGEST / 2 {
            let back = format!("B{}_", base_62(last - 1));
            last = symbol.len() - "_R".len();
            symbol += &format!("T{back}{back}E");
        }
        symbol += "E";
        assert!(rustc_demangle::try_demangle(&symbol).is_ok(), "{symbol}");
        assert_eq!(readable(&symbol), symbol);
    }

    /// As RFC 2603 writes numbers: one less than they are.
    fn base_62(mut number: usize) -> String {
        const DIGITS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let mut digits = Vec::new();
        loop {
            digits.insert(0, DIGITS[number % 62] as char);
            number /= 62;
            if number == 0 {
                return digits.into_iter().collect();
            }
        }
    }
}
