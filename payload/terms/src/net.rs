//! Grants of sockets: where an app may listen, and whom it may connect to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// An address that an app may listen on. Port 0 is one that is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub SocketAddr);

/// Whom an app may connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// The other machine.
    pub host: Host,
    /// Its port; `None`: any.
    pub port: Option<u16>,
}

/// A machine, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// That which has this address.
    Address(IpAddr),
    /// Those which have such a name: small letters, digits, `-`, `_` and dots. A `*` stands for anything within a label, and
    /// `**` for one or more labels.
    Name(String),
}

/// The name that every machine has for itself.
pub const LOCALHOST: &str = "localhost";

impl Listen {
    /// Reads `PORT` or `ADDRESS:PORT`. Without an address it is that of this machine alone.
    ///
    /// # Errors
    /// For anything else: a sentence for people.
    pub fn parse(text: &str) -> Result<Listen, String> {
        let (address, port) = match text.rsplit_once(':') {
            None => (LOCALHOST, text),
            Some(parts) => parts,
        };
        let address = match address {
            LOCALHOST => IpAddr::V4(Ipv4Addr::LOCALHOST),
            _ => self::address(address)?.ok_or_else(|| {
                format!(
                    "{address} is no address of this machine; 127.0.0.1, [::1], or 0.0.0.0 for all of them was expected"
                )
            })?,
        };
        let port = number(port).ok_or_else(|| format!("{port:?} is no port, a number from 0 to 65535"))?;
        Ok(Listen(SocketAddr::new(address, port)))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Connect {
    /// Reads `HOST:PORT`. The host is an address, a name, or a pattern of names; the port is a number or `*`.
    ///
    /// # Errors
    /// For anything else: a sentence for people.
    pub fn parse(text: &str) -> Result<Connect, String> {
        let (host, port) = match text.rsplit_once(':') {
            Some(parts) => parts,
            None => return Err(format!("the port is missing; {text}:443 or {text}:* was expected")),
        };
        let port = match port {
            "*" => None,
            _ => match number(port) {
                Some(port @ 1..) => Some(port),
                _ => return Err(format!("{port:?} is no port, a number from 1 to 65535 or *")),
            },
        };
        let host = match address(host)? {
            Some(address) if address.is_unspecified() => {
                return Err(format!("{host} is no address to connect to; 127.0.0.1 was expected"));
            }
            Some(address) => Host::Address(address),
            None => Host::Name(pattern(host)?),
        };
        Ok(Connect { host, port })
    }

    /// True if it allows this port.
    pub fn has_port(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }
}

impl fmt::Display for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.fmt(f)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => f.write_str(":*"),
        }
    }
}

impl Host {
    /// True if a machine of the name `name`, as [`name`] gives it, is one of these.
    pub fn has_name(&self, name: &str) -> bool {
        match self {
            Host::Address(_) => false,
            Host::Name(pattern) => {
                let labels = |text| str::split(text, '.').collect::<Vec<_>>();
                is_like(&labels(pattern), &labels(name))
            }
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Address(IpAddr::V4(address)) => address.fmt(f),
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Host::Name(name) => f.write_str(name),
        }
    }
}

/// A name of a machine in the one way to write it: in small letters, without a dot at its end. `None` for what is none. What
/// ends in a number is none: there are resolvers that take that for an address, such as `127.1` or `0x7f000001`.
pub fn name(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let is_label = |label: &str| !label.is_empty() && label.len() <= 63 && label.bytes().all(is_of_label);
    (name.len() <= 253 && name.split('.').all(is_label) && !ends_in_a_number(&name)).then_some(name)
}

fn is_of_label(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
}

fn ends_in_a_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hexadecimal =
        last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit())
}

fn pattern(text: &str) -> Result<String, String> {
    let pattern = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let labels = || pattern.split('.');
    // Each label with something in the place of what stands for something.
    let filled =
        labels().map(|label| if label == "**" { "a".to_owned() } else { label.replacen('*', "a", 1) });
    let filled = filled.collect::<Vec<_>>().join(".");
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*');
    if pattern.contains('*') && labels().all(is_number) && pattern.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(format!("{text}: a * is for names, and addresses are granted one by one"));
    }
    if labels().filter(|label| *label == "**").count() > 1 {
        return Err(format!("{text}: ** can stand there once"));
    }
    match name(&filled) {
        Some(_) => Ok(pattern),
        None => Err(format!(
            "{text:?} is neither an address nor a name; example.com, *.example.com, 10.0.0.5 or [::1] was expected"
        )),
    }
}

/// True if the labels of a name are like those of a pattern.
fn is_like(pattern: &[&str], name: &[&str]) -> bool {
    match (pattern, name) {
        ([], name) => name.is_empty(),
        (["**", rest @ ..], name) => (1..=name.len()).any(|count| is_like(rest, &name[count..])),
        ([first, rest @ ..], [label, labels @ ..]) => {
            let fits = match first.split_once('*') {
                None => first == label,
                Some((start, end)) => {
                    label.len() >= start.len() + end.len() && label.starts_with(start) && label.ends_with(end)
                }
            };
            fits && is_like(rest, labels)
        }
        (_, []) => false,
    }
}

/// The address that `text` is, in the one way to write it; `None` if it is something else.
///
/// # Errors
/// For one of IPv6 without brackets.
fn address(text: &str) -> Result<Option<IpAddr>, String> {
    let in_brackets = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    match in_brackets.unwrap_or(text).parse::<IpAddr>() {
        Ok(address @ IpAddr::V6(_)) if in_brackets.is_none() => {
            Err(format!("an address of IPv6 stands in brackets: [{address}]:PORT"))
        }
        Ok(IpAddr::V4(_)) if in_brackets.is_some() => Ok(None),
        Ok(address) => Ok(Some(address.to_canonical())),
        Err(_) => Ok(None),
    }
}

/// A number that is written in digits alone.
fn number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(text: &str) -> Result<String, String> {
        Listen::parse(text).map(|listen| listen.to_string())
    }

    fn connect(text: &str) -> Result<String, String> {
        Connect::parse(text).map(|connect| connect.to_string())
    }

    #[test]
    fn without_an_address_it_is_this_machine_alone() {
        for (text, own) in [
            ("8080", "127.0.0.1:8080"),
            ("localhost:0", "127.0.0.1:0"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::]:80", "[::]:80"),
            ("[::1]:80", "[::1]:80"),
            ("[::ffff:127.0.0.1]:80", "127.0.0.1:80"),
        ] {
            assert_eq!(listen(text).as_deref(), Ok(own), "{text}");
            assert_eq!(listen(own).as_deref(), Ok(own), "{text}");
        }
        for (text, word) in [
            ("", "no port"),
            ("+80", "no port"),
            ("65536", "no port"),
            (":80", "no address"),
            ("example.com:80", "no address"),
            ("127.1:80", "no address"),
            ("::1:80", "brackets"),
            ("[127.0.0.1]:80", "no address"),
        ] {
            assert!(listen(text).unwrap_err().contains(word), "{text}: {:?}", listen(text));
        }
    }

    #[test]
    fn a_host_is_an_address_a_name_or_a_pattern() {
        for (text, own) in [
            ("example.com:443", "example.com:443"),
            ("Example.COM.:443", "example.com:443"),
            ("*.example.com:*", "*.example.com:*"),
            ("**:443", "**:443"),
            ("10.0.0.5:5432", "10.0.0.5:5432"),
            ("[2001:DB8::1]:80", "[2001:db8::1]:80"),
            ("[::ffff:10.0.0.5]:80", "10.0.0.5:80"),
            ("localhost:80", "localhost:80"),
        ] {
            assert_eq!(connect(text).as_deref(), Ok(own), "{text}");
            assert_eq!(connect(own).as_deref(), Ok(own), "{text}");
        }
        for (text, word) in [
            ("example.com", "port is missing"),
            ("example.com:0", "no port"),
            ("example.com:http", "no port"),
            (":80", "neither"),
            ("a b:80", "neither"),
            ("a..b:80", "neither"),
            ("a**.b:80", "neither"),
            ("**.a.**:80", "once"),
            ("10.0.0.*:80", "one by one"),
            ("127.1:80", "neither"),
            ("0x7f000001:80", "neither"),
            ("0.0.0.0:80", "no address to connect to"),
            ("[::]:80", "no address to connect to"),
            ("::1:80", "brackets"),
            ("https://example.com:443", "neither"),
            ("münchen.de:443", "neither"),
        ] {
            assert!(connect(text).unwrap_err().contains(word), "{text}: {:?}", connect(text));
        }
    }

    #[test]
    fn a_star_stays_within_a_label() {
        let has = |pattern: &str, name: &str| Connect::parse(pattern).unwrap().host.has_name(name);
        for (pattern, name) in [
            ("*.example.com:1", "a.example.com"),
            ("a*z.example.com:1", "az.example.com"),
            ("**.example.com:1", "a.b.example.com"),
            ("a.**.com:1", "a.b.c.com"),
            ("**:1", "localhost"),
            ("*:1", "localhost"),
        ] {
            assert!(has(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("*.example.com:1", "example.com"),
            ("*.example.com:1", "a.b.example.com"),
            ("*.example.com:1", "aexample.com"),
            ("example.com:1", "example.com.evil"),
            ("aa*a.com:1", "aa.com"),
            ("**.example.com:1", "example.com"),
            ("*:1", "a.b"),
        ] {
            assert!(!has(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn what_a_resolver_takes_for_an_address_is_no_name() {
        for text in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "a.0x7F",
            "0X7f.1",
            "a.1.",
            "::1",
            "",
            ".",
            "a..b",
            "a/b",
            "a\0",
        ] {
            assert_eq!(name(text), None, "{text:?}");
        }
        assert_eq!(name("EXAMPLE.com."), Some("example.com".to_owned()));
        assert_eq!(name("_a-1.0xg"), Some("_a-1.0xg".to_owned()));
        assert_eq!(name(&"a".repeat(64)), None);
    }
}
