//! The slot in a stub: what is accepted is written back byte for byte, and its range can be computed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use payload::Locator;

fuzz_target!(|data: &[u8]| {
    let Ok(slot) = <&[u8; payload::locator::SIZE]>::try_from(data) else { return };
    match Locator::parse(slot) {
        Ok(Some(locator)) => {
            assert_eq!(locator.to_bytes(), *slot);
            assert!(locator.offset.checked_add(locator.len).is_some());
        }
        Ok(None) => assert_eq!(Locator::BARE, *slot),
        Err(_) => {}
    }
});
