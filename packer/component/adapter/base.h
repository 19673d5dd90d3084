// What all parts of the adapter use: types, memory of its own, handles, and how results are written.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#include "preview1.h"

// A function that a component imports: its interface without the version, and its name there.
#define EXPORT(interface, name) __attribute__((export_name(interface "#" name), used))

// The component's function that makes room for a result. Which one it is differs by import: whoever imports hands it over, as
// the last argument, after those of WASI 0.2. Components rely on how often it is called, in which order and for how many bytes,
// so it is called exactly as the canonical ABI says: a list before what its elements point to, empty ones too, and never for
// anything but a result.
typedef void *(*Realloc)(void *old, u32 old_len, u32 align, u32 len);

// An address in the component's memory that nobody has checked; the engine traps where there is none.
typedef u8 *Result;

// What is called from everywhere is written once: the adapter becomes part of every program that needs it.
#define ONCE __attribute__((noinline)) static

#define NOWHERE (~0ull)
#define PAGE 65536u

static void set8(Result at, u32 value) { *at = (u8)value; }
static void set32(Result at, u32 value) { *(u32 *)at = value; }
static void set64(Result at, u64 value) { *(u64 *)at = value; }

static u8 *allocate(Realloc realloc, u32 align, u32 len) { return realloc(0, 0, align, len); }

// A list of bytes or a string: its address and length are the result.
ONCE void set_bytes(Result at, const u8 *bytes, u32 len, Realloc realloc) {
  u8 *copy = allocate(realloc, 1, len);
  if (len) __builtin_memcpy(copy, bytes, len);
  set32(at, (u32)copy);
  set32(at + 4, len);
}

// --- memory of the adapter

// Where the program says that its memory may not grow behind its back, its own function gives room.
static Realloc programs_own;

__attribute__((export_name("initialize"), used)) void initialize(Realloc own) { programs_own = own; }

ONCE u8 *pages(u32 count) {
  if (programs_own) return programs_own(0, 0, 16, count * PAGE);
  u32 at = __builtin_wasm_memory_grow(0, count);
  if (at == ~0u) __builtin_trap();
  return (u8 *)(at * PAGE);
}

// Room for one call of preview 1, until the next call of this function.
ONCE u8 *scratch(u64 len) {
  static u8 *room;
  static u32 count;
  u64 wanted = (len + PAGE - 1) / PAGE;
  if (wanted > 0xffff) __builtin_trap();
  if (wanted > count) {
    room = pages((u32)wanted);
    count = (u32)wanted;
  }
  return room;
}

// Blocks of 4 KiB that are given back.
enum { BLOCK = 4096 };
static u32 first_block;

static u32 take_block(void) {
  if (!first_block) {
    u8 *fresh = pages(1);
    for (u32 i = 0; i < PAGE / BLOCK; i++) *(u32 *)(fresh + i * BLOCK) = i + 1 < PAGE / BLOCK ? (u32)fresh + (i + 1) * BLOCK : 0;
    first_block = (u32)fresh;
  }
  u32 taken = first_block;
  first_block = *(u32 *)taken;
  return taken;
}

static void give_back_block(u32 block) {
  *(u32 *)block = first_block;
  first_block = block;
}

// --- handles

typedef enum {
  FREE,
  // A file or directory; `file` counts its handles, and `offset` is not used.
  FILE_SLOT,
  DESCRIPTOR,
  // Streams of a file are at an offset. At NOWHERE they read where the descriptor stands, or write at the file's end.
  INPUT,
  OUTPUT,
  ENTRIES,
  // What is waited for: nothing, a time, or a descriptor of preview 1.
  READY,
  DEADLINE,
  READABLE,
  // Its errno is in `fd`.
  ERROR,
  TERMINAL,
  NETWORK,
} Kind;

typedef struct {
  u8 kind;
  // Of a stream: an operation failed, or the other side is gone.
  u8 closed;
  // Of a file: its descriptor is not closed, because it is a preopen.
  u8 kept;
  // Of a file: it was switched to appending.
  u8 appends;
  // Of a file: the descriptor of preview 1. Of an error: its number. Of a free slot: the next one.
  u32 fd;
  u64 offset;
  // The slot of the file; 0 for standard streams, whose descriptor is in `fd`.
  u32 file;
  // Of a file: how many handles have it. Of entries: the block with what was read ahead, and the part that is not told yet.
  u32 count;
  u16 from, to;
  u32 unused;
} Slot;

_Static_assert(sizeof(Slot) == 32, "a page has a whole number of slots");
enum { PER_PAGE = PAGE / sizeof(Slot), MOST_PAGES = 256 };
static Slot *slots[MOST_PAGES];
static u32 slot_pages, first_free;

ONCE Slot *slot(u32 index) {
  if (!index || index / PER_PAGE >= slot_pages) __builtin_trap();
  return &slots[index / PER_PAGE][index % PER_PAGE];
}

ONCE u32 take(Kind kind, u32 fd) {
  if (!first_free) {
    if (slot_pages == MOST_PAGES) __builtin_trap();
    Slot *fresh = slots[slot_pages] = (Slot *)pages(1);
    u32 first = slot_pages++ * PER_PAGE;
    // Pages that the program gives need not be empty.
    for (u32 i = 0; i < PER_PAGE; i++) fresh[i] = (Slot){.kind = FREE, .fd = i + 1 < PER_PAGE ? first + i + 1 : 0};
    // 0 is no handle.
    first_free = first ? first : 1;
  }
  u32 index = first_free;
  Slot *taken = slot(index);
  first_free = taken->fd;
  *taken = (Slot){.kind = kind, .fd = fd};
  return index;
}

ONCE void give_back(u32 index) {
  *slot(index) = (Slot){.kind = FREE, .fd = first_free};
  first_free = index;
}

// The slot of a handle of one kind. A handle that is none is a mistake of the component, and traps.
ONCE Slot *handle(u32 index, Kind kind) {
  Slot *found = slot(index);
  if (found->kind != kind) __builtin_trap();
  return found;
}

static u32 open_file(u32 fd, u8 kept) {
  u32 file = take(FILE_SLOT, fd);
  slot(file)->kept = kept;
  return file;
}

// A handle that has `file`.
ONCE u32 take_of(Kind kind, u32 file, u64 offset) {
  u32 index = take(kind, slot(file)->fd);
  Slot *taken = slot(index);
  taken->file = file;
  taken->offset = offset;
  slot(file)->count++;
  return index;
}

// The drop of every resource.
__attribute__((export_name("drop"), used)) void drop(u32 index) {
  Slot *dropped = slot(index);
  u32 file = dropped->file;
  if (dropped->kind == FREE || dropped->kind == FILE_SLOT) __builtin_trap();
  if (dropped->kind == ENTRIES && dropped->count) give_back_block(dropped->count);
  give_back(index);
  if (!file || --slot(file)->count) return;
  if (!slot(file)->kept) fd_close(slot(file)->fd);
  give_back(file);
}
