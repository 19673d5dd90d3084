// wasi:filesystem.

// The number of an error in `error-code`.
static u32 code_of(u32 error) {
  // By number of preview 1; 13, `io`, is what has no name of its own.
  static const u8 codes[] = {
      13, 13, 0,  13, 13, 13, 1,  2,  3,  13, 4,  13, 13, 13, 13, 13, 5,  13, 13, 6,  7,  13, 8,  13, 13, 9,
      10, 11, 12, 13, 13, 14, 15, 13, 16, 17, 13, 18, 13, 13, 13, 13, 13, 19, 20, 13, 21, 13, 22, 13, 13, 23,
      27, 13, 24, 25, 26, 13, 27, 28, 29, 30, 13, 31, 32, 13, 13, 13, 27, 33, 34, 13, 13, 13, 35, 36, 31,
  };
  return error < sizeof codes ? codes[error] : 13;
}

// The number of a file type in `descriptor-type`. Preview 1 does not tell pipes apart.
static u32 type_of(u8 type) {
  static const u8 types[] = {0, 1, 2, 3, 6, 7, 7, 5};
  return type < sizeof types ? types[type] : 0;
}

// Results whose error stands 1, 4 or 8 bytes behind their tag, as what they give is aligned; true if there is none.
ONCE u8 set_code(Result to, u32 align, u32 error) {
  set8(to, error != 0);
  if (error) set8(to + align, code_of(error));
  return !error;
}

static Slot *file_of(Slot *handle) { return slot(handle->file); }

ONCE u32 fd_of(u32 descriptor) { return handle(descriptor, DESCRIPTOR)->fd; }

static u32 preopens, first_preopen;

EXPORT("wasi:filesystem/preopens", "get-directories") void get_directories(Result to, Realloc realloc) {
  u32 told[2];
  // Each has one slot for good: whoever asks twice, as two libraries in one program do, may have it twice.
  while (!fd_prestat_get(3 + preopens, told)) {
    u32 file = open_file(3 + preopens, 1);
    // Slots are given one after the other as long as nothing was given back.
    slot(file)->offset = first_preopen;
    first_preopen = file;
    preopens++;
  }
  u8 *list = allocate(realloc, 4, preopens * 12);
  for (u32 i = 0; i < preopens; i++) {
    u32 file = first_preopen;
    while (slot(file)->fd != 3 + i) file = (u32)slot(file)->offset;
    if (fd_prestat_get(3 + i, told)) __builtin_trap();
    u8 *name = scratch(told[1]);
    if (fd_prestat_dir_name(3 + i, name, told[1])) __builtin_trap();
    set32(list + i * 12, take_of(DESCRIPTOR, file, 0));
    set_bytes(list + i * 12 + 4, name, told[1], realloc);
  }
  set32(to, (u32)list);
  set32(to + 4, preopens);
}

#define DESCRIPTOR(name) EXPORT("wasi:filesystem/types", "[method]descriptor." name)

// --- streams

// A stream of a file. Directories have none: reading one says so, and it is not open for writing.
static void set_stream(u32 self, Kind kind, u64 offset, Result to) {
  Fdstat stat;
  Slot *descriptor = handle(self, DESCRIPTOR);
  u32 error = fd_fdstat_get(descriptor->fd, &stat);
  if (!error && stat.type == TYPE_DIRECTORY) error = kind == INPUT ? EISDIR : EBADF;
  if (!error && offset == NOWHERE && !file_of(descriptor)->appends) {
    error = fd_fdstat_set_flags(descriptor->fd, stat.flags | FLAG_APPEND);
    file_of(descriptor)->appends = !error;
  }
  if (set_code(to, 4, error)) set32(to + 4, take_of(kind, descriptor->file, offset));
}

DESCRIPTOR("read-via-stream") void read_via_stream(u32 self, u64 offset, Result to) {
  set_stream(self, INPUT, offset == NOWHERE ? offset - 1 : offset, to);
}
DESCRIPTOR("write-via-stream") void write_via_stream(u32 self, u64 offset, Result to) {
  set_stream(self, OUTPUT, offset == NOWHERE ? offset - 1 : offset, to);
}
DESCRIPTOR("append-via-stream") void append_via_stream(u32 self, Result to) { set_stream(self, OUTPUT, NOWHERE, to); }

EXPORT("wasi:filesystem/types", "filesystem-error-code") void filesystem_error_code(u32 error, Result to) {
  u32 number = handle(error, ERROR)->fd;
  set8(to, 1);
  set8(to + 1, code_of(number));
}

// --- what is open

// The error of what files alone can do: a directory is no descriptor for it.
static u32 of_file(u32 error) { return error == EISDIR ? EBADF : of_open(error); }

DESCRIPTOR("advise") void advise(u32 self, u64 offset, u64 len, u32 advice, Result to) {
  set_code(to, 1, of_file(fd_advise(fd_of(self), offset, len, advice)));
}
DESCRIPTOR("sync-data") void sync_data(u32 self, Result to) { set_code(to, 1, fd_datasync(fd_of(self))); }
DESCRIPTOR("sync") void sync(u32 self, Result to) { set_code(to, 1, fd_sync(fd_of(self))); }
DESCRIPTOR("set-size") void set_size(u32 self, u64 size, Result to) {
  u32 error = fd_filestat_set_size(fd_of(self), size);
  // As systems say it of a file that is not open for writing.
  set_code(to, 1, error == ENOTCAPABLE ? EINVAL : of_file(error));
}

DESCRIPTOR("get-flags") void get_flags(u32 self, Result to) {
  Fdstat stat;
  if (!set_code(to, 1, fd_fdstat_get(fd_of(self), &stat))) return;
  u32 flags = 0;
  if (stat.type == TYPE_DIRECTORY) {
    flags = 1 | (stat.rights & RIGHT_CREATE_DIRECTORY ? 32 : 0);
  } else {
    flags = (stat.rights & RIGHT_READ ? 1 : 0) | (stat.rights & RIGHT_WRITE ? 2 : 0);
  }
  flags |= (stat.flags & FLAG_SYNC ? 4 : 0) | (stat.flags & FLAG_DSYNC ? 8 : 0) | (stat.flags & FLAG_RSYNC ? 16 : 0);
  set8(to + 1, flags);
}

DESCRIPTOR("get-type") void get_type(u32 self, Result to) {
  Fdstat stat;
  if (set_code(to, 1, fd_fdstat_get(fd_of(self), &stat))) set8(to + 1, type_of(stat.type));
}

DESCRIPTOR("read") void descriptor_read(u32 self, u64 len, u64 offset, Result to, Realloc realloc) {
  u32 count = 0;
  Vec into = {scratch(MOST), at_most(len)};
  if (!set_code(to, 4, of_file(fd_pread(fd_of(self), &into, 1, offset, &count)))) return;
  set_bytes(to + 4, into.at, count, realloc);
  set8(to + 12, !count && len);
}

DESCRIPTOR("write") void descriptor_write(u32 self, const u8 *at, u32 len, u64 offset, Result to) {
  u32 count = 0;
  Vec from = {at, len};
  if (set_code(to, 8, of_file(fd_pwrite(fd_of(self), &from, 1, offset, &count)))) set64(to + 8, count);
}

DESCRIPTOR("is-same-object") u32 is_same_object(u32 self, u32 other) {
  Filestat one, two;
  if (fd_filestat_get(fd_of(self), &one) || fd_filestat_get(fd_of(other), &two)) return 0;
  return one.device == two.device && one.inode == two.inode;
}

// --- facts

static void set_time(Result to, u64 time) {
  set8(to, 1);
  set_datetime(to + 8, time);
}

ONCE void set_stat(Result to, u32 error, const Filestat *stat) {
  if (!set_code(to, 8, error)) return;
  set8(to + 8, type_of(stat->type));
  set64(to + 16, stat->links);
  set64(to + 24, stat->size);
  set_time(to + 32, stat->accessed);
  set_time(to + 56, stat->modified);
  set_time(to + 80, stat->changed);
}

// Equal for one file, and hardly ever for two.
ONCE void set_hash(Result to, u32 error, const Filestat *stat) {
  if (!set_code(to, 8, error)) return;
  u64 mixed = stat->inode * 0x9e3779b97f4a7c15;
  set64(to + 8, mixed ^ stat->device);
  set64(to + 16, (mixed ^ mixed >> 32) * 0xc2b2ae3d27d4eb4f + stat->device);
}

DESCRIPTOR("stat") void descriptor_stat(u32 self, Result to) {
  Filestat stat;
  u32 error = fd_filestat_get(fd_of(self), &stat);
  set_stat(to, error, &stat);
}
DESCRIPTOR("stat-at") void stat_at(u32 self, u32 lookup, const u8 *path, u32 len, Result to) {
  Filestat stat;
  u32 error = path_filestat_get(fd_of(self), lookup & 1, path, len, &stat);
  set_stat(to, error, &stat);
}
DESCRIPTOR("metadata-hash") void metadata_hash(u32 self, Result to) {
  Filestat stat;
  u32 error = fd_filestat_get(fd_of(self), &stat);
  set_hash(to, error, &stat);
}
DESCRIPTOR("metadata-hash-at") void metadata_hash_at(u32 self, u32 lookup, const u8 *path, u32 len, Result to) {
  Filestat stat;
  u32 error = path_filestat_get(fd_of(self), lookup & 1, path, len, &stat);
  set_hash(to, error, &stat);
}

// A `new-timestamp`, flat.
typedef struct {
  u32 tag;
  u64 seconds;
  u32 nanoseconds;
} NewTime;

static u8 is_too_late(NewTime time) { return time.tag == 2 && time.seconds >= ~0ull / 1000000000; }
static u64 nanoseconds(NewTime time) { return time.seconds * 1000000000 + time.nanoseconds; }
// The flags of preview 1: set, or set to now.
static u32 which(NewTime time, u32 set) { return time.tag == 2 ? set : time.tag == 1 ? set << 1 : 0; }

DESCRIPTOR("set-times")
void set_times(u32 self, u32 atag, u64 as, u32 an, u32 mtag, u64 ms, u32 mn, Result to) {
  NewTime a = {atag, as, an}, m = {mtag, ms, mn};
  u32 fd = fd_of(self), error = EOVERFLOW;
  if (!is_too_late(a) && !is_too_late(m)) {
    error = fd_filestat_set_times(fd, nanoseconds(a), nanoseconds(m), which(a, 1) | which(m, 4));
  }
  set_code(to, 1, error);
}
DESCRIPTOR("set-times-at")
void set_times_at(u32 self, u32 lookup, const u8 *path, u32 len, u32 atag, u64 as, u32 an, u32 mtag, u64 ms, u32 mn, Result to) {
  NewTime a = {atag, as, an}, m = {mtag, ms, mn};
  u32 fd = fd_of(self), error = EOVERFLOW;
  if (!is_too_late(a) && !is_too_late(m)) {
    error = path_filestat_set_times(fd, lookup & 1, path, len, nanoseconds(a), nanoseconds(m), which(a, 1) | which(m, 4));
  }
  set_code(to, 1, error);
}

// --- paths

DESCRIPTOR("open-at")
void open_at(u32 self, u32 lookup, const u8 *path, u32 len, u32 open, u32 flags, Result to) {
  u64 rights = RIGHTS_ALL;
  if (!(flags & 1)) rights &= ~RIGHT_READ;
  if (!(flags & 2)) rights &= ~(RIGHT_WRITE | RIGHT_ALLOCATE | RIGHT_SET_SIZE);
  // Whoever asks for neither may look at it, and at a directory's entries.
  u32 synced = (flags & 4 ? FLAG_SYNC : 0) | (flags & 8 ? FLAG_DSYNC : 0) | (flags & 16 ? FLAG_RSYNC : 0);
  u32 fd = 0;
  u32 error = path_open(fd_of(self), lookup & 1, path, len, open & 15, rights, RIGHTS_ALL, synced, &fd);
  // The launcher opens to read what cannot be written, as some programs of preview 1 always ask for everything. Here who asks
  // for writing means it.
  if (!error && flags & 2) {
    Fdstat stat;
    error = fd_fdstat_get(fd, &stat);
    if (!error && stat.type != TYPE_DIRECTORY && !(stat.rights & RIGHT_WRITE)) error = EROFS;
    if (error) fd_close(fd);
  }
  if (set_code(to, 4, error)) set32(to + 4, take_of(DESCRIPTOR, open_file(fd, 0), 0));
}

DESCRIPTOR("readlink-at") void readlink_at(u32 self, const u8 *path, u32 len, Result to, Realloc realloc) {
  u32 used = 0;
  u8 *target = scratch(MOST);
  if (set_code(to, 4, path_readlink(fd_of(self), path, len, target, MOST, &used))) set_bytes(to + 4, target, used, realloc);
}
DESCRIPTOR("create-directory-at") void create_directory_at(u32 self, const u8 *path, u32 len, Result to) {
  set_code(to, 1, path_create_directory(fd_of(self), path, len));
}
DESCRIPTOR("remove-directory-at") void remove_directory_at(u32 self, const u8 *path, u32 len, Result to) {
  set_code(to, 1, path_remove_directory(fd_of(self), path, len));
}
DESCRIPTOR("unlink-file-at") void unlink_file_at(u32 self, const u8 *path, u32 len, Result to) {
  set_code(to, 1, path_unlink_file(fd_of(self), path, len));
}
DESCRIPTOR("rename-at")
void rename_at(u32 self, const u8 *path, u32 len, u32 other, const u8 *to_path, u32 to_len, Result to) {
  set_code(to, 1, path_rename(fd_of(self), path, len, fd_of(other), to_path, to_len));
}
DESCRIPTOR("symlink-at") void symlink_at(u32 self, const u8 *target, u32 target_len, const u8 *path, u32 len, Result to) {
  set_code(to, 1, path_symlink(target, target_len, fd_of(self), path, len));
}
DESCRIPTOR("link-at")
void link_at(u32 self, u32 lookup, const u8 *path, u32 len, u32 other, const u8 *to_path, u32 to_len, Result to) {
  set_code(to, 1, path_link(fd_of(self), lookup & 1, path, len, fd_of(other), to_path, to_len));
}

// --- entries of a directory

DESCRIPTOR("read-directory") void read_directory(u32 self, Result to) {
  Fdstat stat;
  Slot *descriptor = handle(self, DESCRIPTOR);
  u32 error = fd_fdstat_get(descriptor->fd, &stat);
  if (!error && stat.type != TYPE_DIRECTORY) error = ENOTDIR;
  if (set_code(to, 4, error)) set32(to + 4, take_of(ENTRIES, descriptor->file, 0));
}

// An entry as preview 1 has it; its name follows.
typedef struct {
  u64 next, inode;
  u32 len;
  u8 type;
} Entry;

// The next entry that is neither the directory nor the one above it; none at the end, or with an error.
static Entry *next_entry(Slot *entries, u32 *error) {
  u8 *block = (u8 *)entries->count;
  for (;;) {
    u32 left = entries->to - entries->from;
    Entry *entry = (Entry *)(block + entries->from);
    // The last one may be cut off; it is read again.
    if (left < sizeof(Entry) || left - sizeof(Entry) < entry->len) {
      u8 is_end = entries->closed;
      u32 used = 0;
      if (is_end) return 0;
      *error = fd_readdir(entries->fd, block, BLOCK, entries->offset, &used);
      if (*error) return 0;
      entries->from = 0;
      entries->to = (u16)used;
      entries->closed = used < BLOCK;
      entry = (Entry *)block;
      if (used < sizeof(Entry)) return 0;
      if (used - sizeof(Entry) < entry->len) {
        *error = ENAMETOOLONG;
        return 0;
      }
    }
    const u8 *name = (u8 *)(entry + 1);
    // An entry need not be aligned, which WebAssembly allows.
    entries->from += sizeof(Entry) + entry->len;
    entries->offset = entry->next;
    if (name[0] == '.' && (entry->len == 1 || (entry->len == 2 && name[1] == '.'))) continue;
    return entry;
  }
}

EXPORT("wasi:filesystem/types", "[method]directory-entry-stream.read-directory-entry")
void read_directory_entry(u32 self, Result to, Realloc realloc) {
  Slot *entries = handle(self, ENTRIES);
  if (!entries->count) entries->count = take_block();
  u32 error = 0;
  Entry *entry = next_entry(entries, &error);
  if (!set_code(to, 4, error)) return;
  set8(to + 4, entry != 0);
  if (!entry) return;
  set8(to + 8, type_of(entry->type));
  set_bytes(to + 12, (u8 *)(entry + 1), entry->len, realloc);
}
