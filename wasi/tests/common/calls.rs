//! All calls, as a C library would offer them: with values instead of pointers.

use sandbox::calls::*;
use sandbox::spec::Fstflags;
use sandbox::{Ctx, Memory};

use super::{Answer, Dirent, Event, Fdstat, Filestat, Guest, MARK, Open, Sub};

/// A call that moves bytes through a list of buffers: descriptor-less `ctx, memory, iovs, count, result`.
type Vectored<'f> = &'f dyn Fn(&Ctx, &Memory<'_>, u32, u32, u32) -> sandbox::Result<()>;

/// Moving bytes.
impl Guest {
    /// Fills buffers of the given lengths; returns what came, and checks that nothing lies behind it.
    #[track_caller]
    fn fill(&mut self, lens: &[u32], call: Vectored<'_>) -> Answer<Vec<u8>> {
        self.scope(|g| {
            let list: Vec<(u32, u32)> = lens.iter().map(|&len| (g.alloc(len), len)).collect();
            let (iovs, count) = g.iovecs(&list);
            let result = g.alloc(4);
            let mut results = list.clone();
            results.push((result, 4));
            g.call(&results, |ctx, memory| call(ctx, memory, iovs, count, result))?;
            let mut all = Vec::new();
            for (ptr, len) in list {
                all.extend_from_slice(&g.bytes[ptr as usize..][..len as usize]);
            }
            let came = u32::from_le_bytes(g.get(result)) as usize;
            assert!(all[came..].iter().all(|&byte| byte == MARK), "more was written than announced");
            all.truncate(came);
            Ok(all)
        })
    }

    /// Takes from buffers with the given contents.
    #[track_caller]
    fn drain(&mut self, contents: &[&[u8]], call: Vectored<'_>) -> Answer<u32> {
        self.scope(|g| {
            let list: Vec<(u32, u32)> = contents.iter().map(|content| g.text(content)).collect();
            let (iovs, count) = g.iovecs(&list);
            g.out_u32(|ctx, memory, result| call(ctx, memory, iovs, count, result))
        })
    }

    #[track_caller]
    pub fn fd_read(&mut self, fd: u32, lens: &[u32]) -> Answer<Vec<u8>> {
        self.fill(lens, &|ctx, memory, v, n, r| fd_io::fd_read(ctx, memory, fd, v, n, r))
    }

    #[track_caller]
    pub fn fd_pread(&mut self, fd: u32, lens: &[u32], offset: u64) -> Answer<Vec<u8>> {
        self.fill(lens, &|ctx, memory, v, n, r| fd_io::fd_pread(ctx, memory, fd, v, n, offset, r))
    }

    #[track_caller]
    pub fn fd_write(&mut self, fd: u32, contents: &[&[u8]]) -> Answer<u32> {
        self.drain(contents, &|ctx, memory, v, n, r| fd_io::fd_write(ctx, memory, fd, v, n, r))
    }

    #[track_caller]
    pub fn fd_pwrite(&mut self, fd: u32, contents: &[&[u8]], offset: u64) -> Answer<u32> {
        self.drain(contents, &|ctx, memory, v, n, r| fd_io::fd_pwrite(ctx, memory, fd, v, n, offset, r))
    }

    #[track_caller]
    pub fn fd_seek(&mut self, fd: u32, offset: i64, whence: u32) -> Answer<u64> {
        self.out_u64(|ctx, memory, r| fd_io::fd_seek(ctx, memory, fd, offset, whence, r))
    }

    #[track_caller]
    pub fn fd_tell(&mut self, fd: u32) -> Answer<u64> {
        self.out_u64(|ctx, memory, r| fd_io::fd_tell(ctx, memory, fd, r))
    }

    #[track_caller]
    pub fn sock_recv(&mut self, fd: u32, lens: &[u32]) -> Answer<Vec<u8>> {
        self.scope(|g| {
            let flags = g.alloc(2);
            g.fill(lens, &|ctx, memory, v, n, r| sock::sock_recv(ctx, memory, fd, v, n, 0, r, flags))
        })
    }

    #[track_caller]
    pub fn sock_send(&mut self, fd: u32, contents: &[&[u8]]) -> Answer<u32> {
        self.drain(contents, &|ctx, memory, v, n, r| sock::sock_send(ctx, memory, fd, v, n, 0, r))
    }

    #[track_caller]
    pub fn sock_accept(&mut self, fd: u32) -> Answer<u32> {
        self.out_u32(|ctx, memory, r| sock::sock_accept(ctx, memory, fd, 0, r))
    }

    #[track_caller]
    pub fn sock_shutdown(&mut self, fd: u32) -> Answer {
        self.call(&[], |ctx, memory| sock::sock_shutdown(ctx, memory, fd, 0))
    }

    /// Fills a buffer of `len` bytes; returns as many as the call says, and checks that nothing lies behind them.
    #[track_caller]
    fn buffer(
        &mut self,
        len: u32,
        call: impl FnOnce(&mut Ctx, &mut Memory<'_>, u32, u32) -> sandbox::Result<()>,
    ) -> Answer<Vec<u8>> {
        self.scope(|g| {
            let (buffer, result) = (g.alloc(len), g.alloc(4));
            g.call(&[(buffer, len), (result, 4)], |ctx, memory| call(ctx, memory, buffer, result))?;
            let (used, behind) = g.bytes[buffer as usize..][..len as usize]
                .split_at(u32::from_le_bytes(g.get(result)) as usize);
            assert!(behind.iter().all(|&byte| byte == MARK), "more was written than announced");
            Ok(used.to_vec())
        })
    }

    #[track_caller]
    pub fn fd_readdir(&mut self, fd: u32, len: u32, cookie: u64) -> Answer<Vec<u8>> {
        self.buffer(len, |ctx, memory, b, r| readdir::fd_readdir(ctx, memory, fd, b, len, cookie, r))
    }

    /// Everything in the directory `fd`.
    #[track_caller]
    pub fn list(&mut self, fd: u32) -> Vec<Dirent> {
        Dirent::decode(&self.fd_readdir(fd, 1 << 16, 0).unwrap())
    }
}

/// Descriptors.
impl Guest {
    #[track_caller]
    pub fn fd_close(&mut self, fd: u32) -> Answer {
        self.call(&[], |ctx, memory| fd_table::fd_close(ctx, memory, fd))
    }

    #[track_caller]
    pub fn fd_renumber(&mut self, from: u32, to: u32) -> Answer {
        self.call(&[], |ctx, memory| fd_table::fd_renumber(ctx, memory, from, to))
    }

    #[track_caller]
    pub fn fd_fdstat_get(&mut self, fd: u32) -> Answer<Fdstat> {
        self.out(|ctx, memory, r| fd_table::fd_fdstat_get(ctx, memory, fd, r)).map(Fdstat::decode)
    }

    #[track_caller]
    pub fn fd_fdstat_set_flags(&mut self, fd: u32, flags: u32) -> Answer {
        self.call(&[], |ctx, memory| fd_table::fd_fdstat_set_flags(ctx, memory, fd, flags))
    }

    #[track_caller]
    pub fn fd_fdstat_set_rights(&mut self, fd: u32, base: u64, inheriting: u64) -> Answer {
        self.call(&[], |ctx, memory| fd_table::fd_fdstat_set_rights(ctx, memory, fd, base, inheriting))
    }

    /// Gives up `rights` of `fd`, and nothing else.
    #[track_caller]
    pub fn give_up(&mut self, fd: u32, rights: u64) {
        let stat = self.fd_fdstat_get(fd).unwrap();
        self.fd_fdstat_set_rights(fd, stat.base & !rights, stat.inheriting).unwrap();
    }

    /// Type and length of the name.
    #[track_caller]
    pub fn fd_prestat_get(&mut self, fd: u32) -> Answer<(u8, u32)> {
        let raw: [u8; 8] = self.out(|ctx, memory, r| fd_table::fd_prestat_get(ctx, memory, fd, r))?;
        assert_eq!(raw[1..4], [0; 3], "padding");
        Ok((raw[0], u32::from_le_bytes(raw[4..].try_into().unwrap())))
    }

    /// What is in a buffer of `len` bytes afterwards.
    #[track_caller]
    pub fn fd_prestat_dir_name(&mut self, fd: u32, len: u32) -> Answer<Vec<u8>> {
        self.scope(|g| {
            let at = g.alloc(len);
            g.call(&[(at, len)], |ctx, memory| fd_table::fd_prestat_dir_name(ctx, memory, fd, at, len))?;
            Ok(g.bytes[at as usize..][..len as usize].to_vec())
        })
    }

    #[track_caller]
    pub fn fd_filestat_get(&mut self, fd: u32) -> Answer<Filestat> {
        self.out(|ctx, memory, r| fd_stat::fd_filestat_get(ctx, memory, fd, r)).map(Filestat::decode)
    }

    #[track_caller]
    pub fn fd_filestat_set_size(&mut self, fd: u32, size: u64) -> Answer {
        self.call(&[], |ctx, memory| fd_stat::fd_filestat_set_size(ctx, memory, fd, size))
    }

    #[track_caller]
    pub fn fd_filestat_set_times(&mut self, fd: u32, atim: u64, mtim: u64, flags: Fstflags) -> Answer {
        let flags = flags.into();
        self.call(&[], |ctx, memory| fd_stat::fd_filestat_set_times(ctx, memory, fd, atim, mtim, flags))
    }

    #[track_caller]
    pub fn fd_allocate(&mut self, fd: u32, offset: u64, len: u64) -> Answer {
        self.call(&[], |ctx, memory| fd_stat::fd_allocate(ctx, memory, fd, offset, len))
    }

    #[track_caller]
    pub fn fd_advise(&mut self, fd: u32, offset: u64, len: u64, advice: u32) -> Answer {
        self.call(&[], |ctx, memory| fd_stat::fd_advise(ctx, memory, fd, offset, len, advice))
    }

    #[track_caller]
    pub fn fd_datasync(&mut self, fd: u32) -> Answer {
        self.call(&[], |ctx, memory| fd_stat::fd_datasync(ctx, memory, fd))
    }

    #[track_caller]
    pub fn fd_sync(&mut self, fd: u32) -> Answer {
        self.call(&[], |ctx, memory| fd_stat::fd_sync(ctx, memory, fd))
    }
}

/// Paths.
impl Guest {
    /// Calls with one path.
    #[track_caller]
    fn path<T>(
        &mut self,
        path: impl AsRef<[u8]>,
        call: impl FnOnce(&mut Guest, u32, u32) -> Answer<T>,
    ) -> Answer<T> {
        self.scope(|g| {
            let (ptr, len) = g.text(path);
            call(g, ptr, len)
        })
    }

    #[track_caller]
    pub fn open(&mut self, fd: u32, path: impl AsRef<[u8]>, how: Open) -> Answer<u32> {
        let Open { lookup, oflags, base, inheriting, fdflags } = how;
        self.path(path, |g, p, n| {
            g.out_u32(|ctx, memory, r| {
                open::path_open(ctx, memory, fd, lookup, p, n, oflags, base, inheriting, fdflags, r)
            })
        })
    }

    #[track_caller]
    pub fn path_filestat_get(&mut self, fd: u32, lookup: u32, path: impl AsRef<[u8]>) -> Answer<Filestat> {
        self.path(path, |g, p, n| {
            let raw = g.out(|ctx, memory, r| path::path_filestat_get(ctx, memory, fd, lookup, p, n, r))?;
            Ok(Filestat::decode(raw))
        })
    }

    #[track_caller]
    pub fn path_filestat_set_times(
        &mut self,
        fd: u32,
        lookup: u32,
        path: impl AsRef<[u8]>,
        (atim, mtim, flags): (u64, u64, Fstflags),
    ) -> Answer {
        let flags = flags.into();
        self.path(path, |g, p, n| {
            g.call(&[], |c, m| path::path_filestat_set_times(c, m, fd, lookup, p, n, atim, mtim, flags))
        })
    }

    #[track_caller]
    pub fn path_create_directory(&mut self, fd: u32, path: impl AsRef<[u8]>) -> Answer {
        self.path(path, |g, p, n| g.call(&[], |c, m| path::path_create_directory(c, m, fd, p, n)))
    }

    #[track_caller]
    pub fn path_remove_directory(&mut self, fd: u32, path: impl AsRef<[u8]>) -> Answer {
        self.path(path, |g, p, n| g.call(&[], |c, m| path::path_remove_directory(c, m, fd, p, n)))
    }

    #[track_caller]
    pub fn path_unlink_file(&mut self, fd: u32, path: impl AsRef<[u8]>) -> Answer {
        self.path(path, |g, p, n| g.call(&[], |c, m| path::path_unlink_file(c, m, fd, p, n)))
    }

    #[track_caller]
    pub fn path_link(
        &mut self,
        (old_fd, lookup, old): (u32, u32, impl AsRef<[u8]>),
        (new_fd, new): (u32, impl AsRef<[u8]>),
    ) -> Answer {
        self.path(old, |g, p, n| {
            g.path(new, |g, q, k| {
                g.call(&[], |c, m| path::path_link(c, m, old_fd, lookup, p, n, new_fd, q, k))
            })
        })
    }

    #[track_caller]
    pub fn path_rename(
        &mut self,
        (old_fd, old): (u32, impl AsRef<[u8]>),
        (new_fd, new): (u32, impl AsRef<[u8]>),
    ) -> Answer {
        self.path(old, |g, p, n| {
            g.path(new, |g, q, k| g.call(&[], |c, m| path::path_rename(c, m, old_fd, p, n, new_fd, q, k)))
        })
    }

    #[track_caller]
    pub fn path_symlink(&mut self, target: impl AsRef<[u8]>, fd: u32, path: impl AsRef<[u8]>) -> Answer {
        self.path(target, |g, p, n| {
            g.path(path, |g, q, k| g.call(&[], |c, m| path::path_symlink(c, m, p, n, fd, q, k)))
        })
    }

    #[track_caller]
    pub fn path_readlink(&mut self, fd: u32, path: impl AsRef<[u8]>, len: u32) -> Answer<Vec<u8>> {
        self.path(path, |g, p, n| {
            g.buffer(len, |ctx, memory, b, r| path::path_readlink(ctx, memory, fd, p, n, b, len, r))
        })
    }
}

/// What needs no descriptor of its own.
impl Guest {
    #[track_caller]
    pub fn clock_res_get(&mut self, id: u32) -> Answer<u64> {
        self.out_u64(|ctx, memory, r| clock::clock_res_get(ctx, memory, id, r))
    }

    #[track_caller]
    pub fn clock_time_get(&mut self, id: u32) -> Answer<u64> {
        self.out_u64(|ctx, memory, r| clock::clock_time_get(ctx, memory, id, 0, r))
    }

    #[track_caller]
    pub fn random_get(&mut self, len: u32) -> Answer<Vec<u8>> {
        self.scope(|g| {
            let at = g.alloc(len);
            g.call(&[(at, len)], |ctx, memory| random::random_get(ctx, memory, at, len))?;
            Ok(g.bytes[at as usize..][..len as usize].to_vec())
        })
    }

    #[track_caller]
    pub fn sched_yield(&mut self) -> Answer {
        self.call(&[], |ctx, memory| sched::sched_yield(ctx, memory))
    }

    /// Polls for `subs`, which get their index as userdata.
    #[track_caller]
    pub fn poll_oneoff(&mut self, subs: &[Sub]) -> Answer<Vec<Event>> {
        self.scope(|g| {
            let raw: Vec<u8> = (0..).zip(subs).flat_map(|(i, sub)| sub.encode(i)).collect();
            let (list, count) = (g.put(raw), subs.len() as u32);
            let (events, result) = (g.alloc(32 * count), g.alloc(4));
            let results = [(events, 32 * count), (result, 4)];
            g.call(&results, |ctx, memory| poll::poll_oneoff(ctx, memory, list, events, count, result))?;
            let happened = u32::from_le_bytes(g.get(result)) as usize * 32;
            let (written, behind) = g.bytes[events as usize..][..32 * subs.len()].split_at(happened);
            assert!(behind.iter().all(|&byte| byte == MARK), "more was written than announced");
            Ok(written.chunks_exact(32).map(Event::decode).collect())
        })
    }
}
