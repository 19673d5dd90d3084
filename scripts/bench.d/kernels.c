// Ten kernels, one source for WASI and for this machine: `kernels NAME` prints the seconds that one takes, without the start,
// and a sum of what it computed, which must be the same everywhere.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint64_t (*Kernel)(void);

static uint64_t seed = 88172645463325252u;
static uint64_t any(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  return seed ^= seed << 17;
}

// Integers: Collatz sequences.
static uint64_t integers(void) {
  uint64_t sum = 0;
  for (uint64_t first = 1; first < 1500000; first++)
    for (uint64_t at = first; at != 1; sum++) at = at % 2 ? 3 * at + 1 : at / 2;
  return sum;
}

// Floats: points of the Mandelbrot set.
static uint64_t floats(void) {
  uint64_t sum = 0;
  for (int row = 0; row < 700; row++)
    for (int column = 0; column < 700; column++) {
      double cx = column / 280.0 - 2, cy = row / 350.0 - 1, x = 0, y = 0;
      int steps = 0;
      for (; steps < 300 && x * x + y * y < 4; steps++) {
        double next = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = next;
      }
      sum += steps;
    }
  return sum;
}

// SIMD: sums of products of vectors of four.
typedef float Four __attribute__((vector_size(16)));
static Four left[4096], right[4096];
static uint64_t simd(void) {
  for (int at = 0; at < 4096; at++) {
    left[at] = (Four){at % 7, at % 5, at % 3, 1};
    right[at] = (Four){1, at % 3, at % 5, at % 7};
  }
  uint64_t sum = 0;
  for (int round = 0; round < 60000; round++) {
    Four a = {0}, b = {0};
    for (int at = 0; at < 4096; at += 2) {
      a += left[at] * right[at];
      b += left[at + 1] * right[at + 1];
    }
    a += b;
    left[round % 4096][0] = round % 7;
    sum += (uint64_t)a[0] + (uint64_t)a[1] + (uint64_t)a[2] + (uint64_t)a[3];
  }
  return sum;
}

// Sort: qsort with a comparison through a pointer.
static int compare(const void *one, const void *other) {
  uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
  return (a > b) - (a < b);
}
static uint64_t sort(void) {
  enum { COUNT = 2000000 };
  uint32_t *numbers = malloc(COUNT * sizeof *numbers);
  for (int at = 0; at < COUNT; at++) numbers[at] = any();
  // A quicksort of its own: the C libraries' differ.
  struct { int low, high; } waiting[64];
  int depth = 0, (*volatile hidden)(const void *, const void *) = compare;
  int (*less)(const void *, const void *) = hidden;
  waiting[depth].low = 0, waiting[depth++].high = COUNT - 1;
  while (depth) {
    int low = waiting[--depth].low, high = waiting[depth].high;
    while (low < high) {
      uint32_t pivot = numbers[low + (high - low) / 2];
      int i = low, j = high;
      while (i <= j) {
        while (less(&numbers[i], &pivot) < 0) i++;
        while (less(&pivot, &numbers[j]) < 0) j--;
        if (i <= j) {
          uint32_t kept = numbers[i];
          numbers[i++] = numbers[j];
          numbers[j--] = kept;
        }
      }
      if (j - low > high - i) {
        waiting[depth].low = low, waiting[depth++].high = j;
        low = i;
      } else {
        waiting[depth].low = i, waiting[depth++].high = high;
        high = j;
      }
    }
  }
  uint64_t sum = 0;
  for (int at = 0; at < COUNT; at += 1000) sum = sum * 31 + numbers[at];
  free(numbers);
  return sum;
}

// A hash map with open addressing.
static uint64_t hash_map(void) {
  enum { SLOTS = 1 << 19 };
  uint64_t *keys = calloc(SLOTS, 8), *values = calloc(SLOTS, 8), sum = 0;
  for (int round = 0; round < 12000000; round++) {
    uint64_t key = any() % 300000 + 1, slot = key * 0x9e3779b97f4a7c15u >> 45;
    while (keys[slot] && keys[slot] != key) slot = (slot + 1) % SLOTS;
    keys[slot] = key;
    sum += values[slot]++;
  }
  free(keys), free(values);
  return sum;
}

// SHA-256 (FIPS 180-4) of many blocks.
static const uint32_t K[64] = {
  0x428a2f98,0x71374491,0xb5c0fbcf,0xe9b5dba5,0x3956c25b,0x59f111f1,0x923f82a4,0xab1c5ed5,0xd807aa98,0x12835b01,0x243185be,
  0x550c7dc3,0x72be5d74,0x80deb1fe,0x9bdc06a7,0xc19bf174,0xe49b69c1,0xefbe4786,0x0fc19dc6,0x240ca1cc,0x2de92c6f,0x4a7484aa,
  0x5cb0a9dc,0x76f988da,0x983e5152,0xa831c66d,0xb00327c8,0xbf597fc7,0xc6e00bf3,0xd5a79147,0x06ca6351,0x14292967,0x27b70a85,
  0x2e1b2138,0x4d2c6dfc,0x53380d13,0x650a7354,0x766a0abb,0x81c2c92e,0x92722c85,0xa2bfe8a1,0xa81a664b,0xc24b8b70,0xc76c51a3,
  0xd192e819,0xd6990624,0xf40e3585,0x106aa070,0x19a4c116,0x1e376c08,0x2748774c,0x34b0bcb5,0x391c0cb3,0x4ed8aa4a,0x5b9cca4f,
  0x682e6ff3,0x748f82ee,0x78a5636f,0x84c87814,0x8cc70208,0x90befffa,0xa4506ceb,0xbef9a3f7,0xc67178f2};
#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
static uint64_t sha256(void) {
  uint32_t h[8] = {0x6a09e667,0xbb67ae85,0x3c6ef372,0xa54ff53a,0x510e527f,0x9b05688c,0x1f83d9ab,0x5be0cd19}, w[64];
  for (uint32_t block = 0; block < 1500000; block++) {
    for (int t = 0; t < 16; t++) w[t] = block * 16 + t;
    for (int t = 16; t < 64; t++)
      w[t] = w[t - 16] + w[t - 7] + (ROTATE(w[t - 15], 7) ^ ROTATE(w[t - 15], 18) ^ w[t - 15] >> 3) +
             (ROTATE(w[t - 2], 17) ^ ROTATE(w[t - 2], 19) ^ w[t - 2] >> 10);
    uint32_t s[8];
    memcpy(s, h, sizeof s);
    for (int t = 0; t < 64; t++) {
      uint32_t one = s[7] + (ROTATE(s[4], 6) ^ ROTATE(s[4], 11) ^ ROTATE(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[t] + w[t];
      uint32_t two = (ROTATE(s[0], 2) ^ ROTATE(s[0], 13) ^ ROTATE(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
      for (int at = 7; at; at--) s[at] = s[at - 1];
      s[4] += one;
      s[0] = one + two;
    }
    for (int at = 0; at < 8; at++) h[at] += s[at];
  }
  return (uint64_t)h[0] << 32 | h[1];
}

// An interpreter's loop: a switch in a loop, over a program that counts.
static uint64_t interpreter(void) {
  enum { ADD, XOR, SHIFT, LOAD, STORE, DECREMENT, JUMP, HALT };
  static const unsigned char program[] = {LOAD, 1, ADD, 3, XOR, 5, STORE, 1, LOAD, 2, SHIFT, 3, ADD, 1, STORE, 2, DECREMENT, 0, JUMP, 0, HALT, 0};
  uint64_t cells[8] = {12000000, 1, 2, 3}, value = 0;
  for (int at = 0;;) {
    int operand = program[at + 1];
    switch (program[at]) {
      case ADD: value += cells[operand] + operand; at += 2; break;
      case XOR: value ^= operand; at += 2; break;
      case SHIFT: value = value >> operand | value << (64 - operand); at += 2; break;
      case LOAD: value = cells[operand]; at += 2; break;
      case STORE: cells[operand] = value; at += 2; break;
      case DECREMENT: cells[operand]--; at += 2; break;
      case JUMP: at = cells[0] ? operand : at + 2; break;
      case HALT: return cells[1] ^ cells[2];
    }
  }
}

// Recursion.
__attribute__((noinline)) static uint64_t fibonacci(unsigned n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}
static uint64_t recursion(void) {
  return fibonacci(39);
}

// Copying: moves and fills of all lengths.
static uint64_t copying(void) {
  unsigned char *memory = malloc(1 << 22);
  memset(memory, 3, 1 << 22);
  uint64_t sum = 0;
  for (int round = 0; round < 4000000; round++) {
    size_t len = any() & ((1u << (any() % 13)) - 1), from = any() % (1 << 20), to = any() % (1 << 20);
    if (round % 4 == 3) memset(memory + to, round, len);
    else memmove(memory + to, memory + from, len);
    sum += memory[to];
  }
  free(memory);
  return sum;
}

// Matrices: a product of doubles.
static double a[300][300], b[300][300], c[300][300];
static uint64_t matrices(void) {
  for (int round = 0; round < 12; round++) {
    for (int i = 0; i < 300; i++)
      for (int j = 0; j < 300; j++) a[i][j] = i + j + round, b[i][j] = i - j, c[i][j] = 0;
    for (int i = 0; i < 300; i++)
      for (int k = 0; k < 300; k++)
        for (int j = 0; j < 300; j++) c[i][j] += a[i][k] * b[k][j];
  }
  return (uint64_t)(int64_t)c[17][31];
}

int main(int argc, char **argv) {
  static const struct { const char *name; Kernel run; } kernels[] = {
    {"integers", integers}, {"floats", floats}, {"simd", simd}, {"sort", sort}, {"hash-map", hash_map},
    {"sha-256", sha256}, {"interpreter", interpreter}, {"recursion", recursion}, {"copying", copying}, {"matrices", matrices}};
  for (size_t at = 0; at < sizeof kernels / sizeof *kernels; at++) {
    if (argc < 2) {
      puts(kernels[at].name);
    } else if (!strcmp(argv[1], kernels[at].name)) {
      struct timespec start, end;
      clock_gettime(CLOCK_MONOTONIC, &start);
      uint64_t sum = kernels[at].run();
      clock_gettime(CLOCK_MONOTONIC, &end);
      printf("%.6f %llu\n", end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9, (unsigned long long)sum);
    }
  }
}
