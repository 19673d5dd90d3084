// The functions of WASI preview 1 that the adapter calls. Parameters stand in the specification's order.
#define CALL(name, args) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) u32 name args;

typedef struct {
  const void *at;
  u32 len;
} Vec;

// fdstat: type u8, flags u16 at 2, rights u64 at 8, inherited rights at 16.
typedef struct {
  u8 type;
  u16 flags;
  u64 rights, inherited;
} Fdstat;

typedef struct {
  u64 device, inode;
  u8 type;
  u64 links, size, accessed, modified, changed;
} Filestat;

// A subscription: `id` of a clock or descriptor, and for a clock its deadline and flags. Of the tag one byte counts.
typedef struct {
  u64 user;
  u64 tag;
  u32 id;
  u64 deadline, precision;
  u16 flags;
} Subscription;

typedef struct {
  u64 user;
  u16 error;
  u8 tag;
  u64 available;
  u16 flags;
} Event;

_Static_assert(sizeof(Fdstat) == 24 && sizeof(Filestat) == 64, "as preview 1 lays them out");
_Static_assert(sizeof(Subscription) == 48 && sizeof(Event) == 32, "as preview 1 lays them out");

enum { CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1 };
enum { EVENT_CLOCK = 0, EVENT_READ = 1, EVENT_WRITE = 2, ABSOLUTE = 1 };
enum { TYPE_CHARACTER = 2, TYPE_DIRECTORY = 3 };
enum { FLAG_APPEND = 1, FLAG_DSYNC = 2, FLAG_RSYNC = 8, FLAG_SYNC = 16 };
enum { EBADF = 8, EINVAL = 28, EIO = 29, EISDIR = 31, ENAMETOOLONG = 37, ENOTDIR = 54, EOVERFLOW = 61, EPIPE = 64, EROFS = 69, ENOTCAPABLE = 76 };
#define RIGHT_READ (1ull << 1)
#define RIGHT_SEEK (1ull << 2)
#define RIGHT_TELL (1ull << 5)
#define RIGHT_WRITE (1ull << 6)
#define RIGHT_ALLOCATE (1ull << 8)
#define RIGHT_CREATE_DIRECTORY (1ull << 9)
#define RIGHT_SET_SIZE (1ull << 22)
#define RIGHTS_ALL ((1ull << 29) - 1)

CALL(args_sizes_get, (u32 *count, u32 *bytes))
CALL(args_get, (u8 * *at, u8 *bytes))
CALL(environ_sizes_get, (u32 *count, u32 *bytes))
CALL(environ_get, (u8 * *at, u8 *bytes))
CALL(clock_time_get, (u32 clock, u64 precision, u64 *time))
CALL(clock_res_get, (u32 clock, u64 *time))
CALL(random_get, (u8 * at, u32 len))
CALL(poll_oneoff, (const Subscription *in, Event *out, u32 count, u32 *events))
CALL(fd_read, (u32 fd, const Vec *to, u32 count, u32 *read))
CALL(fd_write, (u32 fd, const Vec *from, u32 count, u32 *written))
CALL(fd_pread, (u32 fd, const Vec *to, u32 count, u64 offset, u32 *read))
CALL(fd_pwrite, (u32 fd, const Vec *from, u32 count, u64 offset, u32 *written))
CALL(fd_close, (u32 fd))
CALL(fd_fdstat_get, (u32 fd, Fdstat *stat))
CALL(fd_fdstat_set_flags, (u32 fd, u32 flags))
CALL(fd_prestat_get, (u32 fd, u32 *tag_and_len))
CALL(fd_prestat_dir_name, (u32 fd, u8 *at, u32 len))
CALL(fd_filestat_get, (u32 fd, Filestat *stat))
CALL(fd_filestat_set_size, (u32 fd, u64 size))
CALL(fd_filestat_set_times, (u32 fd, u64 accessed, u64 modified, u32 which))
CALL(fd_readdir, (u32 fd, u8 *at, u32 len, u64 cookie, u32 *used))
CALL(fd_sync, (u32 fd))
CALL(fd_datasync, (u32 fd))
CALL(fd_advise, (u32 fd, u64 offset, u64 len, u32 advice))
CALL(path_open, (u32 fd, u32 lookup, const u8 *path, u32 len, u32 open, u64 rights, u64 inherited, u32 flags, u32 *opened))
CALL(path_filestat_get, (u32 fd, u32 lookup, const u8 *path, u32 len, Filestat *stat))
CALL(path_filestat_set_times, (u32 fd, u32 lookup, const u8 *path, u32 len, u64 accessed, u64 modified, u32 which))
CALL(path_readlink, (u32 fd, const u8 *path, u32 len, u8 *at, u32 room, u32 *used))
CALL(path_create_directory, (u32 fd, const u8 *path, u32 len))
CALL(path_remove_directory, (u32 fd, const u8 *path, u32 len))
CALL(path_unlink_file, (u32 fd, const u8 *path, u32 len))
CALL(path_rename, (u32 fd, const u8 *path, u32 len, u32 to_fd, const u8 *to, u32 to_len))
CALL(path_symlink, (const u8 *target, u32 target_len, u32 fd, const u8 *path, u32 len))
CALL(path_link, (u32 fd, u32 lookup, const u8 *path, u32 len, u32 to_fd, const u8 *to, u32 to_len))
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit"), noreturn)) void proc_exit(u32 code);
