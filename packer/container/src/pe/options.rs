//! The options for an executable's appearance on Windows: icon, version information, console.

/// An executable's appearance on Windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeOptions {
    /// The app's name, for the texts of the version information that are not in `version_info`.
    pub app: String,
    /// True for a program that opens no console window.
    pub gui: bool,
    /// The bytes of an .ico file.
    pub icon: Option<Vec<u8>>,
    /// Texts of the version information, such as (`FileVersion`, `1.2.3`).
    pub version_info: Vec<(String, String)>,
    /// The application manifest, XML; `None` for the usual one.
    pub manifest: Option<String>,
}
