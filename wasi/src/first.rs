//! The descriptors that a program begins with.

use std::sync::Arc;

use crate::fds::Descriptor;
use crate::fs::dir::Dir;
use crate::fs::file::File;
use crate::fs::host::file::HostFile;
use crate::rights;
use crate::sys::{self, Stream};
use crate::words::Opened;

/// The descriptor of a standard stream.
pub(crate) fn standard(stream: Stream) -> Descriptor {
    Descriptor {
        object: Opened::File(Arc::new(File::Host(HostFile::stream(stream)))),
        rights: rights::stream(stream == Stream::In, stream.is_terminal()),
        left_out: 0,
        inheriting: 0,
        flags: sys::stream_flags(stream) & wasip1::FDFLAGS_NONBLOCK,
        close_on_exec: false,
    }
}

/// The descriptor of a standard stream that leads nowhere.
pub(crate) fn nowhere(stream: Stream) -> Descriptor {
    Descriptor {
        object: Opened::File(Arc::new(File::Null)),
        rights: rights::stream(stream == Stream::In, false),
        inheriting: 0,
        flags: 0,
        left_out: 0,
        close_on_exec: false,
    }
}

/// The descriptor of a directory that the program starts with.
pub(crate) fn preopened(dir: Dir) -> Descriptor {
    Descriptor {
        object: Opened::Dir(Arc::new(dir)),
        rights: rights::DIRECTORY,
        left_out: 0,
        inheriting: rights::DIRECTORY | rights::FILE,
        flags: 0,
        close_on_exec: false,
    }
}
