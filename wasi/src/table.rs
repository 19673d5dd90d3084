//! The table of calls: each once, with its name, its parameters as the specification names them, and the family in
//! [`crate::calls`] where its function is. What an engine imports, what a program that is interpreted imports, and the list of
//! names are all made of it. A new call is a function in `calls/`, a row here, and rows in `tests/faults.rs`.

/// Hands the table to the macro `$each`: the calls that may not return and so are made by a function of their own, then rows
/// `name(parameters) in family`.
macro_rules! calls {
    ($each:ident) => {
        $each! {
            by themselves: proc_exit, proc_raise;

            args_get(argv: u32, argv_buf: u32) in args;
            args_sizes_get(argc: u32, argv_buf_size: u32) in args;
            environ_get(environ: u32, environ_buf: u32) in environ;
            environ_sizes_get(environc: u32, environ_buf_size: u32) in environ;
            clock_res_get(id: u32, resolution: u32) in clock;
            clock_time_get(id: u32, precision: u64, time: u32) in clock;
            random_get(buf: u32, buf_len: u32) in random;
            sched_yield() in sched;
            poll_oneoff(subscriptions: u32, events: u32, nsubscriptions: u32, nevents: u32) in poll;

            fd_close(fd: u32) in fd_table;
            fd_renumber(fd: u32, to: u32) in fd_table;
            fd_fdstat_get(fd: u32, stat: u32) in fd_table;
            fd_fdstat_set_flags(fd: u32, flags: u32) in fd_table;
            fd_fdstat_set_rights(fd: u32, fs_rights_base: u64, fs_rights_inheriting: u64) in fd_table;
            fd_prestat_get(fd: u32, buf: u32) in fd_table;
            fd_prestat_dir_name(fd: u32, path: u32, path_len: u32) in fd_table;

            fd_read(fd: u32, iovs: u32, iovs_len: u32, nread: u32) in fd_io;
            fd_pread(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nread: u32) in fd_io;
            fd_write(fd: u32, iovs: u32, iovs_len: u32, nwritten: u32) in fd_io;
            fd_pwrite(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nwritten: u32) in fd_io;
            fd_seek(fd: u32, offset: i64, whence: u32, newoffset: u32) in fd_io;
            fd_tell(fd: u32, offset: u32) in fd_io;

            fd_filestat_get(fd: u32, buf: u32) in fd_stat;
            fd_filestat_set_size(fd: u32, size: u64) in fd_stat;
            fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, fst_flags: u32) in fd_stat;
            fd_allocate(fd: u32, offset: u64, len: u64) in fd_stat;
            fd_advise(fd: u32, offset: u64, len: u64, advice: u32) in fd_stat;
            fd_datasync(fd: u32) in fd_stat;
            fd_sync(fd: u32) in fd_stat;
            fd_readdir(fd: u32, buf: u32, buf_len: u32, cookie: u64, bufused: u32) in readdir;

            path_open(
                fd: u32, dirflags: u32, path: u32, path_len: u32, oflags: u32, fs_rights_base: u64, fs_rights_inheriting: u64,
                fdflags: u32, opened_fd: u32
            ) in open;
            path_filestat_get(fd: u32, flags: u32, path: u32, path_len: u32, buf: u32) in path;
            path_filestat_set_times(
                fd: u32, flags: u32, path: u32, path_len: u32, atim: u64, mtim: u64, fst_flags: u32
            ) in path;
            path_create_directory(fd: u32, path: u32, path_len: u32) in path;
            path_remove_directory(fd: u32, path: u32, path_len: u32) in path;
            path_unlink_file(fd: u32, path: u32, path_len: u32) in path;
            path_link(
                old_fd: u32, old_flags: u32, old_path: u32, old_path_len: u32, new_fd: u32, new_path: u32, new_path_len: u32
            ) in path;
            path_rename(fd: u32, old_path: u32, old_path_len: u32, new_fd: u32, new_path: u32, new_path_len: u32) in path;
            path_symlink(old_path: u32, old_path_len: u32, fd: u32, new_path: u32, new_path_len: u32) in path;
            path_readlink(fd: u32, path: u32, path_len: u32, buf: u32, buf_len: u32, bufused: u32) in path;

            sock_accept(fd: u32, flags: u32, connection: u32) in sock;
            sock_recv(
                fd: u32, ri_data: u32, ri_data_len: u32, ri_flags: u32, ro_datalen: u32, ro_flags: u32
            ) in sock;
            sock_send(fd: u32, si_data: u32, si_data_len: u32, si_flags: u32, so_datalen: u32) in sock;
            sock_shutdown(fd: u32, how: u32) in sock;
        }
    };
}

pub(crate) use calls;

/// Hands the calls of WASIX to the macro `$each`, as [`calls`] does: those that answer with an errno. Made by themselves are
/// `wasi.thread-spawn`, and those in [`OTHERS`], which answer otherwise or may not return.
macro_rules! wasix_calls {
    ($each:ident) => {
        $each! {
            thread_spawn(start: u32, tid: u32) in threads;
            thread_spawn_v2(start: u32, tid: u32) in threads;
            thread_join(tid: u32) in threads;
            thread_id(tid: u32) in threads;
            thread_parallelism(count: u32) in threads;
            thread_sleep(nanos: u64) in threads;
            futex_wait(futex: u32, expected: u32, timeout: u32, woken: u32) in threads;
            futex_wake(futex: u32, woken: u32) in threads;
            futex_wake_all(futex: u32, woken: u32) in threads;
            thread_local_create(user_data: u64, key: u32) in wasix;
            thread_local_destroy(key: u32) in wasix;
            thread_local_set(key: u32, value: u64) in wasix;
            thread_local_get(key: u32, value: u32) in wasix;
            proc_fork(copies_memory: u32, pid: u32) in processes;
            proc_join(pid: u32, flags: u32, status: u32) in processes;
            proc_id(pid: u32) in processes;
            proc_parent(pid: u32, parent: u32) in processes;
            proc_signals_sizes_get(count: u32) in wasix;
            proc_signals_get(list: u32) in wasix;
            getcwd(path: u32, path_len: u32) in wasix;
            chdir(path: u32, path_len: u32) in wasix;
            clock_time_set(id: u32, time: u64) in wasix;
            tty_get(state: u32) in tty;
            tty_set(state: u32) in tty;
            fd_dup(fd: u32, copy: u32) in made;
            fd_dup2(fd: u32, least: u32, close_on_exec: u32, copy: u32) in made;
            fd_fdflags_get(fd: u32, flags: u32) in made;
            fd_fdflags_set(fd: u32, flags: u32) in made;
            fd_pipe(reader: u32, writer: u32) in made;
            fd_event(value: u64, flags: u32, event: u32) in made;
            epoll_create(list: u32) in epoll;
            epoll_ctl(list: u32, what: u32, fd: u32, event: u32) in epoll;
            epoll_wait(list: u32, events: u32, most: u32, timeout: u64, count: u32) in epoll;
            path_open2(
                fd: u32, dirflags: u32, path: u32, path_len: u32, oflags: u32, fs_rights_base: u64, fs_rights_inheriting: u64,
                fdflags: u32, fdflagsext: u32, opened_fd: u32
            ) in open;
        }
    };
}

pub(crate) use wasix_calls;

macro_rules! names {
    (by themselves: $($own:ident),*; $($name:ident($($parameter:ident: $type:ty),*) in $family:ident;)*) => {
        /// The names of all calls of preview 1.
        pub const NAMES: &[&str] = &[$(stringify!($own),)* $(stringify!($name)),*];
    };
}

calls!(names);

/// The module name of preview 1's imports.
pub const PREVIEW1: &str = "wasi_snapshot_preview1";
/// The module name of preview 0's imports.
pub const PREVIEW0: &str = "wasi_unstable";
/// The module name of WASIX's imports. What preview 1 has is there, too; of the rest, what is unknown answers `nosys`.
pub const WASIX: &str = "wasix_32v1";
/// The module name of the one import of wasi-threads.
pub const THREADS: &str = "wasi";
/// Its name.
pub const SPAWN: &str = "thread-spawn";
/// The export that a thread runs.
pub const THREAD_START: &str = "wasi_thread_start";
/// The export that threads run which were started as in WASIX of 2022: it takes both halves of a number, the lower first.
pub const THREAD_START_2022: &str = "_start_thread";
/// The export that is told of signals.
pub const SIGNAL_HANDLER: &str = "__wasm_signal";

/// The calls of WASIX that are made by themselves: each with what it takes, in numbers of 32 bits, and whether it answers.
pub(crate) const OTHERS: &[(&str, usize, bool)] = &[
    ("thread_exit", 1, false),
    ("callback_signal", 2, false),
    ("thread_signal", 2, true),
    ("proc_signal", 2, true),
    ("proc_exit2", 1, false),
];
