//! What installers are made of.

/// A program's data for installers, checked. Fields that no chosen installer needs are empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// The command.
    pub(crate) command: String,
    pub(crate) version: String,
    /// The address below which archives lie.
    pub(crate) url: String,
    /// The name on npm.
    pub(crate) npm: String,
    /// The name of wheels.
    pub(crate) wheel: String,
    /// The version of wheels.
    pub(crate) python: String,
    pub(crate) description: Option<String>,
    pub(crate) homepage: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) author: Option<String>,
    /// Files for packages, such as licenses.
    pub(crate) extra: Vec<(String, Vec<u8>)>,
    /// When files in packages were changed.
    pub(crate) time: Option<u64>,
}

/// Digits of a hash.
pub(crate) fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
