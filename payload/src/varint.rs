//! Numbers that take as many bytes as they need: LEB128, as WebAssembly writes them.

use crate::{Error, Kind, bytes::Cursor};

/// Appends `value`, seven bits a byte, the lowest first.
pub(crate) fn write(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a difference: the sign in the lowest bit, so that small ones are short in both directions.
pub(crate) fn write_signed(out: &mut Vec<u8>, value: i64) {
    write(out, (value << 1 ^ value >> 63) as u64);
}

/// Reads what [`write`] wrote.
pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<u64, Error> {
    let at = cursor.offset();
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = cursor.array()?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            break;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Error::new(at, Kind::Value { field: "number", found: value }))
}

/// Reads what [`write_signed`] wrote.
pub(crate) fn read_signed(cursor: &mut Cursor<'_>) -> Result<i64, Error> {
    let value = read(cursor)?;
    Ok((value >> 1) as i64 ^ -((value & 1) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_round_trips() {
        for shift in 0..64 {
            for value in [1u64 << shift, (1 << shift) - 1, u64::MAX >> shift] {
                let mut out = Vec::new();
                write(&mut out, value);
                write_signed(&mut out, value as i64);
                let mut cursor = Cursor::new(&out, 0);
                assert_eq!(read(&mut cursor), Ok(value));
                assert_eq!(read_signed(&mut cursor), Ok(value as i64));
                assert!(cursor.is_empty());
            }
        }
    }

    #[test]
    fn known_bytes() {
        let mut out = Vec::new();
        write(&mut out, 300);
        write_signed(&mut out, -2);
        assert_eq!(out, [0xac, 0x02, 0x03]);
    }

    #[test]
    fn a_number_that_does_not_end_or_fit_is_refused() {
        assert!(read(&mut Cursor::new(&[0x80], 0)).is_err());
        assert!(read(&mut Cursor::new(&[0xff; 12], 0)).is_err());
        assert!(
            read(&mut Cursor::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], 0)).is_err()
        );
    }
}
