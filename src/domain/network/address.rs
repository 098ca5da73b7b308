//! Which addresses belong to everybody: the others lead to this machine, to the network that it stands in, or to the
//! service that tells a machine its own secrets.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 blocks that are not everybody's, each with the length of its prefix.
const PRIVATE_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // A cloud's own service at an address that looks like anybody's.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The IPv6 block that is everybody's, but for the ones below.
const PUBLIC_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// IPv6 blocks of it that are not.
const PRIVATE_V6: [(Ipv6Addr, u32); 4] = [
    // Teredo and what else is assigned to protocols, documentation, and the segments of routers.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16),
];

/// Whether an address is reached over the internet as everybody reaches it.
pub(super) fn is_public(address: IpAddr) -> bool {
    match plain(address) {
        IpAddr::V4(v4) => !PRIVATE_V4.iter().any(|(block, length)| is_in_v4(v4, *block, *length)),
        IpAddr::V6(v6) => {
            if let Some(v4) = behind(v6) {
                return is_public(IpAddr::V4(v4));
            }
            is_in_v6(v6, PUBLIC_V6.0, PUBLIC_V6.1)
                && !PRIVATE_V6.iter().any(|(block, length)| is_in_v6(v6, *block, *length))
        }
    }
}

/// An address without the clothes of the other family.
pub(super) fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// The IPv4 address that a translator stands before.
fn behind(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, ..] = v6.segments();
    let at = |from: usize| {
        let octets = v6.octets();
        Ipv4Addr::new(octets[from], octets[from + 1], octets[from + 2], octets[from + 3])
    };
    match (a, b, c) {
        // NAT64, and its private form.
        (0x64, 0xff9b, _) => Some(at(12)),
        // 6to4.
        (0x2002, ..) => Some(at(2)),
        _ => None,
    }
}

/// A block of addresses: `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    address: IpAddr,
    length: u32,
}

impl Block {
    /// Reads one, whose address has nothing behind its prefix.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let length: u32 = Some(length)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?
            .parse()
            .ok()?;
        let block = Self { address, length };
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let is_its_beginning = match address {
            IpAddr::V4(v4) => v4.to_bits().checked_shl(length).unwrap_or_default() == 0,
            IpAddr::V6(v6) => v6.to_bits().checked_shl(length).unwrap_or_default() == 0,
        };
        (length <= widest && is_its_beginning).then_some(block)
    }

    /// Whether an address is in it.
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        match (plain(address), self.address) {
            (IpAddr::V4(v4), IpAddr::V4(block)) => is_in_v4(v4, block, self.length),
            (IpAddr::V6(v6), IpAddr::V6(block)) => is_in_v6(v6, block, self.length),
            _ => false,
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

fn is_in_v4(address: Ipv4Addr, block: Ipv4Addr, length: u32) -> bool {
    let differing = address.to_bits() ^ block.to_bits();
    differing.leading_zeros() >= length
}

fn is_in_v6(address: Ipv6Addr, block: Ipv6Addr, length: u32) -> bool {
    let differing = address.to_bits() ^ block.to_bits();
    differing.leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_everybodys_is_told_apart() {
        for private in [
            "0.0.0.0",
            "127.0.0.1",
            "127.255.255.254",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "168.63.129.16",
            "100.100.100.200",
            "192.0.0.192",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a9fe:a9fe",
            "2002:7f00:1::",
            "2001:0:1::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.128.0.1",
            "168.63.129.17",
            "2606:4700:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_block_holds_what_begins_like_it() {
        let holds = |block: &str, address: &str| Block::parse(block).unwrap().holds(address.parse().unwrap());
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.0.0.1") && !holds("10.0.0.0/8", "fd00::1"));
        assert!(holds("fd00::/8", "fd12::1") && holds("0.0.0.0/0", "1.2.3.4"));
        for wrong in [
            "10.0.0.1/8",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "x/8",
            "fd00::1/8",
        ] {
            assert_eq!(Block::parse(wrong), None, "{wrong}");
        }
    }
}
