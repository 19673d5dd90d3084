use super::*;
use crate::errno::Error;

fn net(grants: &[&str]) -> Net {
    let mut net = Net::default();
    grants.iter().for_each(|grant| net.allow(Connect::parse(grant).unwrap()));
    net
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// What comes of `name` leading to these.
fn led(net: &Net, name: &str, addresses: &[&str]) -> Result<Vec<IpAddr>> {
    let grants: Vec<usize> =
        (0..net.connect.len()).filter(|&at| net.connect[at].host.has_name(name)).collect();
    net.led(name, &grants, addresses.iter().map(|text| address(text)), 0)
}

fn may(net: &Net, at: &str) -> Result<String> {
    net.may_connect(at.parse().unwrap(), 0)
}

const REFUSED: Result<String> = Err(Error(wasip1::ERRNO_ACCES));

#[test]
fn where_a_name_led_may_be_reached_by_the_port_of_its_grant() {
    let net = net(&["example.com:443", "*.example.com:80"]);
    assert_eq!(may(&net, "1.2.3.4:443"), REFUSED);
    assert_eq!(
        led(&net, "example.com", &["1.2.3.4", "2606:4700::1"]),
        Ok(vec![address("1.2.3.4"), address("2606:4700::1")])
    );
    assert_eq!(may(&net, "1.2.3.4:443").unwrap(), "example.com:443");
    assert_eq!(may(&net, "[::ffff:1.2.3.4]:443").unwrap(), "example.com:443");
    assert_eq!(may(&net, "[2606:4700::1]:443").unwrap(), "example.com:443");
    for other in ["1.2.3.4:80", "1.2.3.5:443", "[64:ff9b::102:304]:443", "[2002:102:304::]:443"] {
        assert_eq!(may(&net, other), REFUSED, "{other}");
    }
    led(&net, "a.example.com", &["1.2.3.4"]).unwrap();
    assert_eq!(may(&net, "1.2.3.4:80").unwrap(), "a.example.com:80");
    assert_eq!(net.refused().unwrap().1, Refused::Connect("[2002:102:304::]:443".parse().unwrap()));
}

/// Whoever owns the name lets it lead into the network of who started the program.
#[test]
fn a_name_leads_into_no_private_network_unless_the_address_itself_was_granted() {
    for private in
        ["127.0.0.1", "10.0.0.5", "169.254.169.254", "::1", "fe80::1", "::ffff:10.0.0.5", "64:ff9b::a00:5"]
    {
        let net = net(&["**:*"]);
        assert_eq!(led(&net, "evil.example", &[private]), Err(wasip1::ERRNO_ACCES.into()), "{private}");
        let refused = Refused::Private("evil.example".to_owned(), address(private).to_canonical());
        assert_eq!(net.refused().unwrap().1, refused);
        assert_eq!(may(&net, &SocketAddr::new(address(private), 80).to_string()), REFUSED, "{private}");
        // What is good of it is left.
        assert_eq!(led(&net, "evil.example", &[private, "1.2.3.4"]), Ok(vec![address("1.2.3.4")]));
        assert_eq!(may(&net, &SocketAddr::new(address(private), 80).to_string()), REFUSED, "{private}");
    }
    let net = net(&["db.example:5432", "10.0.0.5:5432"]);
    assert_eq!(led(&net, "db.example", &["10.0.0.5", "10.0.0.6"]), Ok(vec![address("10.0.0.5")]));
    assert_eq!(may(&net, "10.0.0.5:5432").unwrap(), "10.0.0.5:5432");
    assert_eq!(may(&net, "10.0.0.6:5432"), REFUSED);
    assert_eq!(may(&net, "10.0.0.5:22"), REFUSED);
}

#[test]
fn what_names_led_to_is_forgotten_before_it_is_too_much() {
    let net = net(&["example.com:443"]);
    for at in 0..=MOST as u32 {
        let address = Ipv4Addr::from(0x0101_0000 + at).to_string();
        led(&net, "example.com", &[&address, &address]).unwrap();
    }
    assert_eq!(net.found().len(), MOST);
    assert_eq!(may(&net, "1.1.0.0:443"), REFUSED);
    assert!(may(&net, "1.1.0.1:443").is_ok());
}

#[test]
fn only_what_was_granted_is_asked_of_the_system() {
    let net = net(&["*.example.com:443", "10.0.0.5:80", "localhost:1"]);
    for name in [
        "example.com",
        "a.b.example.com",
        "1.2.3",
        "10.0.0.5.example.org",
        "x\u{e4}.example.com",
        "",
        "a.example.com\0.x",
    ] {
        assert_eq!(net.resolve(name, 0), Err(wasip1::ERRNO_NOENT.into()), "{name}");
    }
    assert_eq!(net.refused().unwrap().1, Refused::Resolve("10.0.0.5.example.org".to_owned()));
    for (text, own) in [("10.0.0.9", "10.0.0.9"), ("[::1]", "::1"), ("::1", "::1")] {
        assert_eq!(net.resolve(text, 0), Ok(vec![address(own)]));
    }
    assert_eq!(net.resolve("LocalHost.", 0).unwrap().len(), 2);
    assert!(may(&net, "127.0.0.1:1").is_ok() && may(&net, "[::1]:1").is_ok());
    assert_eq!(may(&net, "127.0.0.1:2"), REFUSED);
    assert_eq!(may(&net, "127.0.0.2:1"), REFUSED);
}
