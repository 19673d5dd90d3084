//! The producer's name in a manifest: this program and its version, and for a component what it imports.
//!
//! A record of its own for components would be one that launchers refuse; the producer is a text.

use crate::input::component::Component;

/// This program and its version.
pub(crate) const PRODUCER: &str = concat!("wasmpack ", env!("CARGO_PKG_VERSION"));
/// What stands between that and the packages of a component.
const COMPONENT: &str = ", from a component of ";

/// The producer's name for a program; `component` is what it was.
pub(crate) fn of(component: Option<&Component>) -> String {
    let Some(component) = component else { return PRODUCER.to_owned() };
    // `wasi:io/streams@0.2.12` is one of several interfaces of `wasi:io@0.2.12`.
    let mut packages: Vec<String> = Vec::new();
    for import in &component.imports {
        let (name, version) = import.split_once('@').unwrap_or((import, ""));
        let package = name.split('/').next().unwrap_or_default();
        let package = format!("{package}{}{version}", if version.is_empty() { "" } else { "@" });
        if !packages.contains(&package) {
            packages.push(package);
        }
    }
    packages.sort_unstable();
    if packages.is_empty() {
        packages.push("no imports".to_owned());
    }
    format!("{PRODUCER}{COMPONENT}{}", packages.join(" "))
}

/// The program and its version in a producer's name, and the packages that a component imports.
pub(crate) fn parts(producer: &str) -> (&str, Option<&str>) {
    match producer.split_once(COMPONENT) {
        None => (producer, None),
        Some((program, packages)) => (program, Some(packages)),
    }
}

/// A sentence about the component that a program was.
pub(crate) fn imported(producer: &str) -> Option<String> {
    let (_, packages) = parts(producer);
    packages.map(|packages| format!("it was a component of {packages}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_producer_tells_the_packages_of_a_component() {
        assert_eq!(parts(&of(None)), (PRODUCER, None));
        let imports = |names: &[&str]| Component {
            imports: names.iter().map(|&name| name.to_owned()).collect(),
            missing: Vec::new(),
            unwrapped: false,
            map: lower::OffsetMap::default(),
        };
        let some = imports(&["wasi:io/streams@0.2.0", "wasi:cli/exit@0.2.12", "wasi:io/poll@0.2.0", "host"]);
        let producer = of(Some(&some));
        assert_eq!(parts(&producer), (PRODUCER, Some("host wasi:cli@0.2.12 wasi:io@0.2.0")));
        assert_eq!(parts(&of(Some(&imports(&[])))), (PRODUCER, Some("no imports")));
    }
}
