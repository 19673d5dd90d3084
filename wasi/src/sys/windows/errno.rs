//! The error codes of the system, as WASI numbers them.

use wasip1::Errno;

/// WASI's number for the system's, where the portable kind would say less.
pub(crate) fn errno(code: i32) -> Option<Errno> {
    // From winerror.h: the codes that file calls return.
    Some(match code {
        1 | 50 => wasip1::ERRNO_NOTSUP,
        2 | 3 | 161 => wasip1::ERRNO_NOENT,
        4 => wasip1::ERRNO_MFILE,
        5 | 32 | 33 | 65 | 1920 => wasip1::ERRNO_ACCES,
        6 => wasip1::ERRNO_BADF,
        8 | 14 => wasip1::ERRNO_NOMEM,
        17 => wasip1::ERRNO_XDEV,
        39 | 112 => wasip1::ERRNO_NOSPC,
        80 | 183 => wasip1::ERRNO_EXIST,
        87 | 123 | 131 => wasip1::ERRNO_INVAL,
        109 | 232 => wasip1::ERRNO_PIPE,
        145 => wasip1::ERRNO_NOTEMPTY,
        206 => wasip1::ERRNO_NAMETOOLONG,
        267 => wasip1::ERRNO_NOTDIR,
        681 | 1921 => wasip1::ERRNO_LOOP,
        1314 => wasip1::ERRNO_PERM,
        _ => return None,
    })
}
