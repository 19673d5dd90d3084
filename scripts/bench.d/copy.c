// How long memory.copy and memory.fill take, by length: nanoseconds of each call, the least of several rounds.
// The same source is a native program (then they are the C library's memmove and memset) and a WASI one.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LARGEST = 1 << 20, ROUNDS = 9 };
static unsigned char memory[3 * LARGEST];

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1e9 + at.tv_nsec;
}

// Called through a pointer that the compiler cannot see through, so that the length is not known to it.
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile fill)(void *, int, size_t) = memset;
#ifdef __wasm__
static void *wasm_move(void *to, const void *from, size_t len) {
  return __builtin_memmove(to, from, len);
}
static void *wasm_fill(void *to, int value, size_t len) {
  return __builtin_memset(to, value, len);
}
#endif

static void line(const char *name, size_t len, size_t to, size_t from, int filled) {
  long calls = 40000000 / (len + 400);
  double least = 1e18;
  for (int round = 0; round < ROUNDS; round++) {
    void *(*moves)(void *, const void *, size_t) = move;
    void *(*fills)(void *, int, size_t) = fill;
    double start = now();
    if (filled)
      for (long call = 0; call < calls; call++) fills(memory + to, (int)call, len);
    else
      for (long call = 0; call < calls; call++) moves(memory + to, memory + from, len);
    double each = (now() - start) / calls;
    if (each < least) least = each;
  }
  printf("%s %zu %.2f\n", name, len, least);
}

int main(void) {
#ifdef __wasm__
  move = wasm_move;
  fill = wasm_fill;
#endif
  static const size_t lengths[] = {16, 64, 256, 1024, 4096, 16384, 65536, LARGEST};
  memset(memory, 1, sizeof memory);
  for (size_t index = 0; index < sizeof lengths / sizeof *lengths; index++) {
    size_t len = lengths[index];
    line("copy", len, LARGEST + 4096 + 64, 128, 0);
    line("overlapping", len, 128 + len / 2 + 8, 128, 0);
    line("fill", len, 128, 0, 1);
  }
}
