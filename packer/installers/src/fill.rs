//! Templates.

/// `template` with a value for each `@NAME@`. What a value holds is not looked at again.
///
/// # Panics
/// For a place without a value, or a value without a place: the template lies in this crate.
pub(crate) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut used = vec![false; values.len()];
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('@') {
        text += before;
        let place = after.split_once('@').filter(|(name, _)| {
            !name.is_empty() && name.bytes().all(|c| c.is_ascii_uppercase() || c == b'_')
        });
        let Some((name, behind)) = place else {
            text.push('@');
            rest = after;
            continue;
        };
        let at = values.iter().position(|(known, _)| *known == name);
        let at = at.unwrap_or_else(|| panic!("the template has a place {name}"));
        used[at] = true;
        text += values[at].1;
        rest = behind;
    }
    assert!(used.iter().all(|used| *used), "the template has no place for one of {values:?}");
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_a_template() {
        assert_eq!(fill("x@A@ @B@ a@b @", &[("A", "@B@"), ("B", "c")]), "x@B@ c a@b @");
    }
}
