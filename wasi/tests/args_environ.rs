//! `args_get`, `args_sizes_get`, `environ_get`, `environ_sizes_get`.

use sandbox::CtxBuilder;
use sandbox::calls::{args, environ};

use crate::common::*;

type Call = fn(&sandbox::Ctx, &sandbox::Memory<'_>, u32, u32) -> sandbox::Result<()>;

/// The two lists of strings a program starts with, which work alike.
struct Family {
    add: fn(CtxBuilder, &[u8]) -> CtxBuilder,
    sizes: Call,
    get: Call,
}

const FAMILIES: [Family; 2] = [
    Family { add: CtxBuilder::arg, sizes: args::args_sizes_get, get: args::args_get },
    Family { add: CtxBuilder::env, sizes: environ::environ_sizes_get, get: environ::environ_get },
];

impl Family {
    fn guest(&self, strings: &[&[u8]]) -> Guest {
        Guest::with(|builder| strings.iter().fold(builder, |builder, string| (self.add)(builder, string)))
    }

    /// Number and bytes.
    fn sizes(&self, guest: &mut Guest) -> (u32, u32) {
        let (count, size) = (guest.alloc(4), guest.alloc(4));
        guest.call(&[(count, 4), (size, 4)], |c, m| (self.sizes)(c, m, count, size)).unwrap();
        (u32::from_le_bytes(guest.get(count)), u32::from_le_bytes(guest.get(size)))
    }

    /// The strings, as a C program reads them.
    fn strings(&self, guest: &mut Guest) -> Vec<Vec<u8>> {
        let (count, size) = self.sizes(guest);
        let (pointers, buffer) = (guest.alloc(4 * count), guest.alloc(size));
        let results = [(pointers, 4 * count), (buffer, size)];
        guest.call(&results, |c, m| (self.get)(c, m, pointers, buffer)).unwrap();
        let starts = (0..count).map(|i| u32::from_le_bytes(guest.get(pointers + 4 * i)));
        starts
            .map(|at| guest.bytes[at as usize..].split(|&byte| byte == 0).next().unwrap().to_vec())
            .collect()
    }
}

#[test]
fn strings_arrive_in_order_each_with_its_nul() {
    let given: [&[u8]; 4] = [b"A=1", b"", b"B=two words", b"C=\xff\xfe no text"];
    for family in FAMILIES {
        let mut guest = family.guest(&given);
        assert_eq!(family.sizes(&mut guest), (4, given.iter().map(|s| s.len() as u32 + 1).sum()));
        assert_eq!(family.strings(&mut guest), given);
    }
}

#[test]
fn nothing_given_is_nothing_written() {
    for family in FAMILIES {
        let mut guest = family.guest(&[]);
        assert_eq!(family.sizes(&mut guest), (0, 0));
        guest.call(&[], |c, m| (family.get)(c, m, 64, 64)).unwrap();
    }
}

#[test]
fn the_hosts_own_variables_are_not_given() {
    assert!(std::env::vars_os().next().is_some());
    assert_eq!(FAMILIES[1].sizes(&mut Guest::new()), (0, 0));
}

#[test]
fn arguments_and_variables_are_two_lists() {
    let mut guest = Guest::with(|builder| builder.arg(b"app").env(b"HOME=/"));
    assert_eq!(FAMILIES[0].strings(&mut guest), [b"app"]);
    assert_eq!(FAMILIES[1].strings(&mut guest), [b"HOME=/"]);
}
