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

/// The file that a program brings as the page of its packages.
pub(crate) const README: &str = "README.md";

impl Known {
    /// The page of a package, in Markdown: the program's own, or the least that whoever finds the package has to know. `install` is
    /// the command that installs it.
    pub(crate) fn page(&self, install: &str) -> String {
        let own = self.extra.iter().find(|(name, _)| name.eq_ignore_ascii_case(README));
        if let Some((_, bytes)) = own {
            return String::from_utf8_lossy(bytes).into_owned();
        }
        let command = &self.command;
        let mut page = format!("# {command}\n");
        let mut paragraph = |text: &str| page += &format!("\n{text}\n");
        if let Some(description) = &self.description {
            paragraph(description);
        }
        paragraph(&format!(
            "`{install}` installs the command `{command}`: a native executable for this machine. Nothing is compiled then, \
             and nothing else is downloaded."
        ));
        if let Some(homepage) = &self.homepage {
            paragraph(&format!("Homepage: <{homepage}>"));
        }
        if let Some(license) = &self.license {
            paragraph(&format!("License: {license}"));
        }
        page
    }
}

/// Digits of a hash.
pub(crate) fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
