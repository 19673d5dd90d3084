//! How numbers and texts from outside are shown.

/// Bytes in the largest unit (of 1000) that leaves a number above one; three digits or so.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..999_950 => format!("{:.1} kB", bytes as f64 / 1e3),
        999_950..999_950_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Bytes in the largest unit (of 1024) of which they are a whole number.
pub fn binary(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.into_iter().find(|(bits, _)| bytes > 0 && bytes.is_multiple_of(1 << bits));
    unit.map_or_else(|| format!("{bytes} bytes"), |(bits, name)| format!("{} {name}", bytes >> bits))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `text` from outside, safe for a terminal and for who reads it: one line, in which every character is seen and stands
/// where it is read. Others are escaped: control characters, those that order text or are not seen (Unicode's Cc, Cf, Zl,
/// Zp and the like), other spaces than the space, and what has no meaning (private and unassigned).
pub fn printable(text: &str) -> String {
    escaped(text, is_seen)
}

/// `text` from outside that has lines, which are kept; each is as [`printable`] makes it.
pub fn printable_lines(text: &str) -> String {
    escaped(text, |c| c == '\n' || is_seen(c))
}

fn escaped(text: &str, is_seen: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_seen(c) { out.push(c) } else { out.extend(c.escape_default()) }
    }
    out
}

/// Whether `c` is seen, and does nothing else. Only this function tells.
pub fn is_seen(c: char) -> bool {
    match c {
        ' '..='~' => true,
        // Nothing is seen of these, though they count as letters, as marks or as unassigned (Unicode's
        // Default_Ignorable_Code_Point).
        '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}' => false,
        // The standard library knows what prints. Marks do only behind another character, where they are wanted.
        _ => {
            let mut buffer = [b'x'; 5];
            let len = c.encode_utf8(&mut buffer[1..]).len();
            let pair = str::from_utf8(&buffer[..=len]).unwrap_or_default();
            pair.escape_debug().nth(1) == Some(c)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit_that_fits() {
        let sizes = [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (999_949, "999.9 kB")];
        for (bytes, text) in sizes {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(size(999_950), "1.0 MB");
        assert_eq!(size(20_536_872), "20.5 MB");
        assert_eq!(size(3_000_000_000), "3.0 GB");
    }

    #[test]
    fn names_from_outside_never_control_a_terminal() {
        assert_eq!(printable("a\x1b[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(printable("a\nb\tc\r"), "a\\nb\\tc\\r");
        assert_eq!(printable_lines("a\nb\tc"), "a\nb\\tc");
    }

    #[test]
    fn what_is_not_seen_or_moves_other_text_is_escaped() {
        let ranges = [
            // Cc, with the C1 controls that some terminals obey.
            '\0'..='\x1f',
            '\x7f'..='\u{9f}',
            // Cf: soft hyphen, Arabic and Syriac marks, joiners, embeddings, isolates, annotations, tags.
            '\u{ad}'..='\u{ad}',
            '\u{600}'..='\u{605}',
            '\u{61c}'..='\u{61c}',
            '\u{6dd}'..='\u{6dd}',
            '\u{70f}'..='\u{70f}',
            '\u{180e}'..='\u{180e}',
            '\u{200b}'..='\u{200f}',
            '\u{202a}'..='\u{202e}',
            '\u{2060}'..='\u{206f}',
            '\u{feff}'..='\u{feff}',
            '\u{fff9}'..='\u{fffb}',
            '\u{110bd}'..='\u{110bd}',
            '\u{1bca0}'..='\u{1bca3}',
            '\u{1d173}'..='\u{1d17a}',
            '\u{e0000}'..='\u{e007f}',
            // Zl and Zp, spaces that look like another, variation selectors, fillers.
            '\u{2028}'..='\u{2029}',
            '\u{a0}'..='\u{a0}',
            '\u{2000}'..='\u{200a}',
            '\u{3000}'..='\u{3000}',
            '\u{fe00}'..='\u{fe0f}',
            '\u{e0100}'..='\u{e01ef}',
            '\u{115f}'..='\u{1160}',
            '\u{3164}'..='\u{3164}',
            // Private, and no characters at all.
            '\u{e000}'..='\u{f8ff}',
            '\u{f0000}'..='\u{ffffd}',
            '\u{fdd0}'..='\u{fdef}',
            '\u{fffe}'..='\u{ffff}',
        ];
        for c in ranges.into_iter().flatten() {
            let text = printable(&format!("a{c}b"));
            assert!(text.is_ascii() && text.starts_with("a\\") && text.ends_with('b'), "{c:?}: {text}");
        }
    }

    #[test]
    fn text_of_all_languages_stays_as_it_is() {
        let text = "it's \"C:\\a\" 100 % é e\u{301} ß Ω Ж שלום سلام हिन्दी 日本語 한국어 ไทย 😀 ½ → ─";
        assert_eq!(printable(text), text);
    }
}
