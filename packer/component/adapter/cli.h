// wasi:cli, wasi:clocks and wasi:random.

static u32 text_len(const u8 *text) {
  u32 len = 0;
  while (text[len]) len++;
  return len;
}

// Arguments or variables, as preview 1 hands them over: addresses, of which each leads to a text that ends with 0.
ONCE u8 **texts(u8 variables, u32 *count) {
  u32 bytes;
  if (variables ? environ_sizes_get(count, &bytes) : args_sizes_get(count, &bytes)) __builtin_trap();
  u8 **at = (u8 **)scratch((u64)*count * 4 + bytes);
  u8 *room = (u8 *)(at + *count);
  if (variables ? environ_get(at, room) : args_get(at, room)) __builtin_trap();
  return at;
}

EXPORT("wasi:cli/environment", "get-arguments") void get_arguments(Result to, Realloc realloc) {
  u32 count;
  u8 **at = texts(0, &count);
  u8 *list = allocate(realloc, 4, count * 8);
  for (u32 i = 0; i < count; i++) set_bytes(list + i * 8, at[i], text_len(at[i]), realloc);
  set32(to, (u32)list);
  set32(to + 4, count);
}

EXPORT("wasi:cli/environment", "get-environment") void get_environment(Result to, Realloc realloc) {
  u32 count;
  u8 **at = texts(1, &count);
  u8 *list = allocate(realloc, 4, count * 16);
  for (u32 i = 0; i < count; i++) {
    u32 len = text_len(at[i]), name = 0;
    while (name < len && at[i][name] != '=') name++;
    u32 value = name < len ? name + 1 : len;
    set_bytes(list + i * 16, at[i], name, realloc);
    set_bytes(list + i * 16 + 8, at[i] + value, len - value, realloc);
  }
  set32(to, (u32)list);
  set32(to + 4, count);
}

// The launcher says where the program stands by PWD.
EXPORT("wasi:cli/environment", "initial-cwd") void initial_cwd(Result to, Realloc realloc) {
  u32 count;
  u8 **at = texts(1, &count);
  for (u32 i = 0; i < count; i++) {
    const u8 *text = at[i];
    if (text[0] == 'P' && text[1] == 'W' && text[2] == 'D' && text[3] == '=' && text[4] == '/') {
      set8(to, 1);
      set_bytes(to + 4, text + 4, text_len(text + 4), realloc);
      return;
    }
  }
  set8(to, 0);
}

EXPORT("wasi:cli/exit", "exit") void exit_with(u32 failed) { proc_exit(failed ? 1 : 0); }
EXPORT("wasi:cli/exit", "exit-with-code") void exit_with_code(u32 code) { proc_exit(code & 0xff); }

static u32 standard(Kind kind, u32 fd) {
  u32 index = take(kind, fd);
  slot(index)->offset = NOWHERE;
  return index;
}

EXPORT("wasi:cli/stdin", "get-stdin") u32 get_stdin(void) { return standard(INPUT, 0); }
EXPORT("wasi:cli/stdout", "get-stdout") u32 get_stdout(void) { return standard(OUTPUT, 1); }
EXPORT("wasi:cli/stderr", "get-stderr") u32 get_stderr(void) { return standard(OUTPUT, 2); }

// A terminal is a character device that cannot seek, as C libraries know one.
static void get_terminal(u32 fd, Result to) {
  Fdstat stat;
  u8 is_one = !fd_fdstat_get(fd, &stat) && stat.type == TYPE_CHARACTER && !(stat.rights & (RIGHT_SEEK | RIGHT_TELL));
  set8(to, is_one);
  if (is_one) set32(to + 4, take(TERMINAL, fd));
}

EXPORT("wasi:cli/terminal-stdin", "get-terminal-stdin") void get_terminal_stdin(Result to) { get_terminal(0, to); }
EXPORT("wasi:cli/terminal-stdout", "get-terminal-stdout") void get_terminal_stdout(Result to) { get_terminal(1, to); }
EXPORT("wasi:cli/terminal-stderr", "get-terminal-stderr") void get_terminal_stderr(Result to) { get_terminal(2, to); }

// --- clocks

ONCE u64 now(u32 clock) {
  u64 time = 0;
  if (clock_time_get(clock, 0, &time)) __builtin_trap();
  return time;
}

static u64 resolution(u32 clock) {
  u64 time = 1;
  if (clock_res_get(clock, &time)) __builtin_trap();
  return time;
}

static u32 deadline(u64 when) {
  u32 index = take(DEADLINE, 0);
  slot(index)->offset = when;
  return index;
}

static void set_datetime(Result to, u64 time) {
  set64(to, time / 1000000000);
  set32(to + 8, (u32)(time % 1000000000));
}

EXPORT("wasi:clocks/monotonic-clock", "now") u64 monotonic_now(void) { return now(CLOCK_MONOTONIC); }
EXPORT("wasi:clocks/monotonic-clock", "resolution") u64 monotonic_resolution(void) { return resolution(CLOCK_MONOTONIC); }
EXPORT("wasi:clocks/monotonic-clock", "subscribe-instant") u32 subscribe_instant(u64 when) { return deadline(when); }
EXPORT("wasi:clocks/monotonic-clock", "subscribe-duration") u32 subscribe_duration(u64 duration) {
  u64 at = now(CLOCK_MONOTONIC);
  return deadline(at + duration < at ? NOWHERE : at + duration);
}
EXPORT("wasi:clocks/wall-clock", "now") void wall_now(Result to) { set_datetime(to, now(CLOCK_REALTIME)); }
EXPORT("wasi:clocks/wall-clock", "resolution") void wall_resolution(Result to) { set_datetime(to, resolution(CLOCK_REALTIME)); }

// --- random

static void random_bytes(u8 *at, u32 len) {
  if (len && random_get(at, len)) __builtin_trap();
}

static u64 random_number(void) {
  u64 number;
  random_bytes((u8 *)&number, 8);
  return number;
}

static void random_list(u64 len, Result to, Realloc realloc) {
  if (len > ~0u) __builtin_trap();
  u8 *bytes = allocate(realloc, 1, (u32)len);
  random_bytes(bytes, (u32)len);
  set32(to, (u32)bytes);
  set32(to + 4, (u32)len);
}

EXPORT("wasi:random/random", "get-random-bytes") void get_random_bytes(u64 len, Result to, Realloc realloc) {
  random_list(len, to, realloc);
}
EXPORT("wasi:random/random", "get-random-u64") u64 get_random_u64(void) { return random_number(); }
EXPORT("wasi:random/insecure", "get-insecure-random-bytes")
void get_insecure_random_bytes(u64 len, Result to, Realloc realloc) { random_list(len, to, realloc); }
EXPORT("wasi:random/insecure", "get-insecure-random-u64") u64 get_insecure_random_u64(void) { return random_number(); }
// The same for the whole run: whoever asks again, as two libraries in one program do, must hash alike.
EXPORT("wasi:random/insecure-seed", "insecure-seed") void insecure_seed(Result to) {
  static u64 seed[2];
  static u8 is_known;
  if (!is_known) random_bytes((u8 *)seed, 16);
  is_known = 1;
  set64(to, seed[0]);
  set64(to + 8, seed[1]);
}
