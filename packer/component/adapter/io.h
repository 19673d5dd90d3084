// wasi:io.

// --- poll

// Waits until one of `count` pollables is ready, and notes in `ready` which are. `at_once`: only looks.
ONCE void wait_for(const u32 *pollables, u32 count, u8 *ready, Subscription *asked, Event *told, u8 at_once) {
  u32 subscriptions = 0;
  u64 time = 0;
  for (u32 i = 0; i < count; i++) {
    Slot *pollable = slot(pollables[i]);
    switch (pollable->kind) {
      case READY: ready[i] = 1; break;
      case DEADLINE:
        if (!time) time = now(CLOCK_MONOTONIC);
        ready[i] = pollable->offset <= time;
        break;
      case READABLE: ready[i] = 0; break;
      default: __builtin_trap();
    }
    at_once |= ready[i];
    if (ready[i]) continue;
    Subscription *one = &asked[subscriptions];
    *one = (Subscription){.user = i};
    if (pollable->kind == READABLE) {
      *one = (Subscription){.user = i, .tag = EVENT_READ, .id = pollable->fd};
    } else {
      *one = (Subscription){.user = i, .tag = EVENT_CLOCK, .id = CLOCK_MONOTONIC, .deadline = pollable->offset, .flags = ABSOLUTE};
    }
    subscriptions++;
  }
  if (!subscriptions) return;
  if (at_once) asked[subscriptions++] = (Subscription){.user = NOWHERE, .tag = EVENT_CLOCK, .id = CLOCK_MONOTONIC};
  u32 events = 0;
  if (poll_oneoff(asked, told, subscriptions, &events)) __builtin_trap();
  // A descriptor that cannot be waited for is ready: who reads it learns why.
  for (u32 i = 0; i < events; i++) {
    if (told[i].user < count) ready[told[i].user] = 1;
  }
}

ONCE u8 is_ready(u32 pollable, u8 at_once) {
  Subscription asked[2];
  Event told[2];
  u8 ready = 0;
  wait_for(&pollable, 1, &ready, asked, told, at_once);
  return ready;
}

EXPORT("wasi:io/poll", "[method]pollable.ready") u32 pollable_ready(u32 self) { return is_ready(self, 1); }
EXPORT("wasi:io/poll", "[method]pollable.block") void pollable_block(u32 self) {
  while (!is_ready(self, 0)) {}
}

EXPORT("wasi:io/poll", "poll") void poll(const u32 *pollables, u32 count, Result to, Realloc realloc) {
  if (!count) __builtin_trap();
  u64 room = (u64)count + 1;
  Event *told = (Event *)scratch(room * (sizeof(Event) + sizeof(Subscription) + 1));
  Subscription *asked = (Subscription *)(told + room);
  u8 *ready = (u8 *)(asked + room);
  u32 found = 0;
  do {
    wait_for(pollables, count, ready, asked, told, 0);
    for (u32 i = 0; i < count; i++) found += ready[i];
  } while (!found);
  u32 *list = (u32 *)allocate(realloc, 4, found * 4);
  for (u32 i = 0, next = 0; i < count; i++) {
    if (ready[i]) list[next++] = i;
  }
  set32(to, (u32)list);
  set32(to + 4, found);
}

// --- error

static const char *error_text(u32 error) {
  switch (error) {
    case EBADF: return "not open for this";
    case EPIPE: return "broken pipe";
    default: return "input/output error";
  }
}

EXPORT("wasi:io/error", "[method]error.to-debug-string") void error_text_of(u32 self, Result to, Realloc realloc) {
  const u8 *text = (const u8 *)error_text(handle(self, ERROR)->fd);
  set_bytes(to, text, text_len(text), realloc);
}

// --- streams

// Bytes that are moved at once.
enum { MOST = PAGE };

static u32 at_most(u64 len) { return len < MOST ? (u32)len : MOST; }

// The error of an operation on a stream, whose result begins `align` bytes behind its tag. A stream that failed stays closed.
ONCE void set_failed(Slot *stream, Result to, u32 align, u32 error) {
  set8(to, 1);
  u8 gone = stream->closed || error == EPIPE;
  stream->closed = 1;
  set8(to + align, gone);
  if (!gone) set32(to + align + 4, take(ERROR, error));
}

// The error of reading or writing what is open. What it was not opened for is a right that it lacks in preview 1.
static u32 of_open(u32 error) { return error == ENOTCAPABLE ? EBADF : error; }

static u32 read_some(Slot *stream, u8 *at, u32 len, u32 *count) {
  Vec to = {at, len};
  if (stream->offset == NOWHERE) return of_open(fd_read(stream->fd, &to, 1, count));
  u32 error = of_open(fd_pread(stream->fd, &to, 1, stream->offset, count));
  if (!error) stream->offset += *count;
  return error;
}

// Reads up to `len` bytes into scratch memory; false if the result says why there are none. Standard input may have nothing
// to read yet.
ONCE u8 fill(Slot *stream, u64 len, u8 blocks, Result to, u32 align, u32 *count) {
  *count = 0;
  if (stream->closed) {
    set_failed(stream, to, align, 0);
    return 0;
  }
  if (!len) return 1;
  if (!blocks && stream->offset == NOWHERE) {
    u32 pollable = take(READABLE, stream->fd);
    u8 ready = is_ready(pollable, 1);
    give_back(pollable);
    if (!ready) return 1;
  }
  u32 error = read_some(stream, scratch(MOST), at_most(len), count);
  if (!error && *count) return 1;
  if (!error) stream->closed = 1;
  set_failed(stream, to, align, error);
  return 0;
}

ONCE void read_input(u32 self, u64 len, u8 blocks, Result to, Realloc realloc) {
  Slot *stream = handle(self, INPUT);
  u32 count;
  if (!fill(stream, len, blocks, to, 4, &count)) return;
  set8(to, 0);
  set_bytes(to + 4, scratch(MOST), count, realloc);
}

static void skip_input(u32 self, u64 len, u8 blocks, Result to) {
  Slot *stream = handle(self, INPUT);
  u32 count;
  if (!fill(stream, len, blocks, to, 8, &count)) return;
  set8(to, 0);
  set64(to + 8, count);
}

#define INPUT_STREAM(name) EXPORT("wasi:io/streams", "[method]input-stream." name)
INPUT_STREAM("read") void input_read(u32 self, u64 len, Result to, Realloc realloc) { read_input(self, len, 0, to, realloc); }
INPUT_STREAM("blocking-read") void input_blocking_read(u32 self, u64 len, Result to, Realloc realloc) {
  read_input(self, len, 1, to, realloc);
}
INPUT_STREAM("skip") void input_skip(u32 self, u64 len, Result to) { skip_input(self, len, 0, to); }
INPUT_STREAM("blocking-skip") void input_blocking_skip(u32 self, u64 len, Result to) { skip_input(self, len, 1, to); }
INPUT_STREAM("subscribe") u32 input_subscribe(u32 self) {
  Slot *stream = handle(self, INPUT);
  return stream->offset == NOWHERE && !stream->closed ? take(READABLE, stream->fd) : take(READY, 0);
}

// Writes all of it, at once: there is nothing left to flush.
ONCE u32 write_all(Slot *stream, const u8 *at, u32 len) {
  while (len) {
    u32 count = 0;
    Vec from = {at, len};
    u32 error = stream->offset == NOWHERE ? fd_write(stream->fd, &from, 1, &count)
                                          : fd_pwrite(stream->fd, &from, 1, stream->offset, &count);
    if (error) return of_open(error);
    if (!count) return EIO;
    if (stream->offset != NOWHERE) stream->offset += count;
    at += count;
    len -= count;
  }
  return 0;
}

ONCE void write_output(u32 self, const u8 *at, u32 len, Result to) {
  Slot *stream = handle(self, OUTPUT);
  u32 error = stream->closed ? 0 : write_all(stream, at, len);
  if (error || stream->closed) {
    set_failed(stream, to, 4, error);
  } else {
    set8(to, 0);
  }
}

static void write_zeroes(u32 self, u64 len, Result to) {
  u8 *zeroes = scratch(MOST);
  __builtin_memset(zeroes, 0, MOST);
  do {
    write_output(self, zeroes, at_most(len), to);
    len -= at_most(len);
  } while (len && !*to);
}

static void splice(u32 self, u32 from, u64 len, u8 blocks, Result to) {
  Slot *output = handle(self, OUTPUT);
  Slot *input = handle(from, INPUT);
  u32 count;
  if (output->closed) {
    set_failed(output, to, 8, 0);
    return;
  }
  if (!fill(input, len, blocks, to, 8, &count)) return;
  u32 error = write_all(output, scratch(MOST), count);
  if (error) {
    set_failed(output, to, 8, error);
    return;
  }
  set8(to, 0);
  set64(to + 8, count);
}

#define OUTPUT_STREAM(name) EXPORT("wasi:io/streams", "[method]output-stream." name)
OUTPUT_STREAM("check-write") void output_check_write(u32 self, Result to) {
  Slot *stream = handle(self, OUTPUT);
  if (stream->closed) {
    set_failed(stream, to, 8, 0);
    return;
  }
  set8(to, 0);
  set64(to + 8, MOST);
}
OUTPUT_STREAM("write") void output_write(u32 self, const u8 *at, u32 len, Result to) { write_output(self, at, len, to); }
OUTPUT_STREAM("blocking-write-and-flush") void output_blocking_write_and_flush(u32 self, const u8 *at, u32 len, Result to) {
  write_output(self, at, len, to);
}
OUTPUT_STREAM("flush") void output_flush(u32 self, Result to) { write_output(self, 0, 0, to); }
OUTPUT_STREAM("blocking-flush") void output_blocking_flush(u32 self, Result to) { write_output(self, 0, 0, to); }
OUTPUT_STREAM("subscribe") u32 output_subscribe(u32 self) {
  handle(self, OUTPUT);
  return take(READY, 0);
}
OUTPUT_STREAM("write-zeroes") void output_write_zeroes(u32 self, u64 len, Result to) { write_zeroes(self, len, to); }
OUTPUT_STREAM("blocking-write-zeroes-and-flush") void output_blocking_write_zeroes_and_flush(u32 self, u64 len, Result to) {
  write_zeroes(self, len, to);
}
OUTPUT_STREAM("splice") void output_splice(u32 self, u32 from, u64 len, Result to) { splice(self, from, len, 0, to); }
OUTPUT_STREAM("blocking-splice") void output_blocking_splice(u32 self, u32 from, u64 len, Result to) {
  splice(self, from, len, 1, to);
}
