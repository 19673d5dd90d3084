#!/usr/bin/env python3
"""macho_check.py FILE [--identifier NAME] [--payload FILE] [--flips N]

Checks a packed macOS executable without any of wasmpack's code: structure, order, alignment, and the hash of every
page. Prints what it found, or the first rule that is broken and exits with 1. With --flips, it also changes one byte
at N places and at least one in every page (in memory), and expects each change to be found.

It proves the file's form, not that a Mac starts it. Rules come from <mach-o/loader.h>, xnu's cs_blobs.h, cctools'
checkout.c (which codesign_allocate runs before it signs) and what is known of dyld.
"""

import argparse
import hashlib
import struct
import sys

CPUS = {0x0100000C: ("arm64", 0, 0x4000), 0x01000007: ("x86_64", 3, 0x1000)}
REQ = 0x80000000
# linkedit_data_command, in the order in which cctools wants their data.
DATA = [0x1E, 0x26, 0x29, 0x2B, 0x2E]  # split info, function starts, data in code, code-signing DRs, hints
OTHER_DATA = [0x34 | REQ, 0x33 | REQ, 0x36, 0x37, 0x38]  # fixups, exports, atoms, variants, their fixups
PLAIN = {0xC, 0xE, 0x18 | REQ, 0x1B, 0x1C | REQ, 0x1F | REQ, 0x23 | REQ, 0x27, 0x28 | REQ, 0x2A, 0x32}


class Broken(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Broken(what)


def up(value, to):
    return -(-value // to) * to


def text(raw):
    return raw.rstrip(b"\0").decode("ascii")


class Command:
    def __init__(self, data, at):
        self.at = at
        self.cmd, self.size = struct.unpack_from("<II", data, at)
        self.raw = data[at : at + self.size]

    def u32(self, *fields):
        return [struct.unpack_from("<I", self.raw, field)[0] for field in fields]


def read_commands(data):
    magic, cpu, sub, kind, count, length, flags, reserved = struct.unpack_from("<8I", data, 0)
    need(magic == 0xFEEDFACF, "magic")
    need(cpu in CPUS, f"cputype {cpu:#x}")
    name, subtype, page = CPUS[cpu]
    need(sub & 0xFFFFFF == subtype, f"cpusubtype {sub:#x}")
    need(kind == 2, "not an executable")
    need(flags & 0x200000 and flags & 4, "neither PIE nor dyld")
    need(reserved == 0, "reserved field of the header")
    commands, at = [], 32
    for _ in range(count):
        need(at + 8 <= 32 + length, "more commands than room")
        command = Command(data, at)
        need(command.size >= 8 and command.size % 8 == 0, f"size of command at {at:#x}")
        commands.append(command)
        at += command.size
    need(at == 32 + length, "sizeofcmds is not the sum of the commands")
    return name, page, commands, at


def read_segments(commands):
    segments = []
    for command in commands:
        if command.cmd != 0x19:
            continue
        name, addr, vmsize, off, size, maxp, initp, nsects, flags = struct.unpack_from("<16sQQQQIIII", command.raw, 8)
        need(command.size == 72 + 80 * nsects, "sections do not fill the segment's command")
        sections = []
        for index in range(nsects):
            s = struct.unpack_from("<16s16sQQIIIIIIII", command.raw, 72 + 80 * index)
            sections.append(dict(name=text(s[0]), seg=text(s[1]), addr=s[2], size=s[3], off=s[4], flags=s[8]))
        segments.append(
            dict(name=text(name), addr=addr, vmsize=vmsize, off=off, size=size, max=maxp, init=initp,
                 flags=flags, sections=sections)
        )  # fmt: skip
    return segments


def stored(section):
    return section["size"] > 0 and section["flags"] & 0xFF not in (1, 0xC, 0x12)


def check_segments(data, segments, page):
    names = [s["name"] for s in segments]
    need(names[:2] == ["__PAGEZERO", "__TEXT"] and names[-2:] == ["__WASMPACK", "__LINKEDIT"], f"order {names}")
    need(len(set(names)) == len(names), "a segment twice")
    end = memory = 0
    for s in segments:
        need(s["off"] % page == 0 and s["addr"] % page == 0, f"{s['name']} is not aligned")
        need(s["addr"] >= memory, f"{s['name']} overlaps in memory")
        if s["name"] != "__PAGEZERO":
            need(s["off"] == up(end, page), f"{s['name']} does not follow in the file")
            need(not any(data[end : s["off"]]), f"bytes before {s['name']} are in no segment")
            need(0 < s["size"] <= s["vmsize"], f"{s['name']} is smaller in memory")
        need(s["init"] & ~s["max"] == 0 and s["init"] & 6 != 6, f"{s['name']} protection")
        for c in s["sections"]:
            need(c["seg"] == s["name"] and c["addr"] >= s["addr"], f"section {c['name']}")
            need(c["addr"] + c["size"] <= s["addr"] + s["vmsize"], f"section {c['name']} in memory")
            if stored(c):
                need(c["off"] - s["off"] == c["addr"] - s["addr"], f"section {c['name']} offset")
                need(c["off"] + c["size"] <= s["off"] + s["size"], f"section {c['name']} end")
        end, memory = s["off"] + s["size"], s["addr"] + s["vmsize"]
    need(end == len(data), "the last segment does not end the file")
    zero, head, ours, last = segments[0], segments[1], segments[-2], segments[-1]
    need((zero["addr"], zero["size"], zero["init"], zero["max"]) == (0, 0, 0, 0), "__PAGEZERO")
    need(head["off"] == 0 and head["init"] == 5, "__TEXT")
    need((ours["init"], ours["max"], ours["flags"]) == (1, 1, 0), "__WASMPACK protection or flags")
    need(ours["vmsize"] == ours["size"], "__WASMPACK size in memory")
    need(ours["addr"] + ours["vmsize"] == last["addr"], "__LINKEDIT is not behind __WASMPACK in memory")
    need(last["off"] % 0x4000 == 0, "__LINKEDIT is not at 16 KiB")
    need(last["vmsize"] == up(last["size"], 0x4000), "__LINKEDIT vmsize")
    need(last["init"] == 1, "__LINKEDIT protection")


def one(commands, number, name):
    found = [c for c in commands if c.cmd == number]
    need(len(found) == 1, f"{len(found)} {name}")
    return found[0]


def check_linkedit(commands, linkedit):
    """cctools' dyld_order(): every table in its place, none missing, nothing between but the roundings."""
    start, end = linkedit["off"], linkedit["off"] + linkedit["size"]
    symtab, dysymtab = one(commands, 2, "LC_SYMTAB"), one(commands, 0xB, "LC_DYSYMTAB")
    signature = one(commands, 0x1D, "LC_CODE_SIGNATURE")
    tables, at = [], start
    info = [c for c in commands if c.cmd & ~REQ == 0x22]
    need(len(info) <= 1, "two LC_DYLD_INFO")
    for command in info:
        for field, name in [(8, "rebase"), (16, "bind"), (24, "weak bind"), (32, "lazy bind"), (40, "export")]:
            tables.append((name, *command.u32(field, field + 4), 0))
    for number in OTHER_DATA[:2] + DATA + OTHER_DATA[2:]:
        for command in commands:
            if command.cmd == number:
                tables.append((f"data of command {number:#x}", *command.u32(8, 12), 0))
    need(all(c.cmd != 0x16 for c in commands), "two-level hints, which this script does not know")
    symoff, nsyms, stroff, strsize = symtab.u32(8, 12, 16, 20)
    tocoff, ntoc, modoff, nmod, refoff, nref, indoff, nind, extoff, next_, locoff, nloc = dysymtab.u32(*range(32, 80, 4))
    need(ntoc == nmod == nref == next_ == nloc == 0, "tables that executables do not have")
    local, nlocal, ext, next_def, undef, nundef = dysymtab.u32(*range(8, 32, 4))
    need((local, ext, undef) == (0, nlocal, nlocal + next_def), "order of symbols")
    need(undef + nundef == nsyms, "number of symbols")
    tables += [("symbols", symoff, nsyms * 16, 0), ("indirect symbols", indoff, nind * 4, 0)]
    tables += [("strings", stroff, strsize, 8)]
    for name, offset, size, rounding in tables:
        if size == 0:
            need(offset == 0 or start <= offset <= end, f"{name}: {offset:#x} is not in __LINKEDIT")
            continue
        need(offset == at or (rounding and offset == up(at, rounding)), f"{name} at {offset:#x}, {at:#x} expected")
        at = offset + size
    offset, size = signature.u32(8, 12)
    need(offset == up(at, 16), f"signature at {offset:#x}, {up(at, 16):#x} expected")
    need(offset + size == end, "the signature does not end __LINKEDIT")
    return offset, size


def check_signature(data, start, size, head, identifier):
    blob = data[start:]
    need(len(blob) == size, "length of the signature")
    need(struct.unpack_from(">5I", blob) == (0xFADE0CC0, size, 1, 0, 20), "SuperBlob")
    (magic, length, version, flags, hashes, ident, special, slots, limit, hash_size, hash_type, platform, page,
     spare2, scatter, team, spare3, limit64, base, text_size, exec_flags) = struct.unpack_from(
        ">9I4B4I4Q", blob, 20)  # fmt: skip
    need(magic == 0xFADE0C02 and length == size - 20, "CodeDirectory")
    need(version == 0x20400, f"version {version:#x}")
    need(flags == 0x20002, f"flags {flags:#x}: not ad-hoc and linker-signed")
    need((hash_size, hash_type, platform, page) == (32, 2, 0, 12), "hash size, hash type, platform or page size")
    need((special, spare2, scatter, team, spare3, limit64) == (0,) * 6, "fields that are not used")
    need(limit == start, f"codeLimit {limit:#x}, {start:#x} expected")
    need(slots == -(-start // 4096), f"{slots} slots")
    need((base, text_size, exec_flags) == (0, head["size"], 1), "execSeg fields")
    need(ident == 88, "identOffset")
    name = blob[20 + ident : 20 + hashes]
    need(name.endswith(b"\0") and b"\0" not in name[:-1], "identifier")
    if identifier is not None:
        need(name[:-1].decode() == identifier, f"identifier {name!r}")
    need(20 + hashes + 32 * slots == size, "slots do not fill the signature")
    for slot in range(slots):
        page = data[slot * 4096 : min((slot + 1) * 4096, limit)]
        found = blob[20 + hashes + 32 * slot :][:32]
        need(hashlib.sha256(page).digest() == found, f"page {slot} does not match its hash")
    return name[:-1].decode(), slots


def check_payload(data, segments, payload):
    found = [c for s in segments for c in s["sections"] if (s["name"], c["name"]) == ("__DATA", "__wasmpack")]
    need(len(found) == 1 and found[0]["size"] == 32 and stored(found[0]), "locator section")
    magic, version, reserved, offset, length = struct.unpack_from("<8sIIQQ", data, found[0]["off"])
    need((magic, version, reserved) == (b"WPKLOC\r\n", 1, 0), "locator")
    ours = segments[-2]
    need(len(ours["sections"]) == 1, "sections of __WASMPACK")
    section = ours["sections"][0]
    need((section["name"], section["off"], section["size"]) == ("__payload", offset, length), "payload section")
    need(offset % 0x4000 == 0 and offset == up(ours["off"], 0x4000), "payload's place")
    need(not any(data[ours["off"] : offset]), "bytes before the payload")
    need(not any(data[offset + length : ours["off"] + ours["size"]]), "bytes behind the payload")
    need(ours["off"] + ours["size"] == up(offset + length, 0x4000), "size of __WASMPACK")
    if payload is not None:
        need(data[offset : offset + length] == payload, "another payload")
    return offset, length


def check(data, identifier=None, payload=None):
    cpu, page, commands, end = read_commands(data)
    segments = read_segments(commands)
    check_segments(data, segments, page)
    first = min(c["off"] for s in segments for c in s["sections"] if stored(c))
    need(end <= first, "load commands reach into a section")
    need(not any(data[end:first]), "bytes between load commands and the first section")
    known = PLAIN | set(DATA) | set(OTHER_DATA) | {0x19, 2, 0xB, 0x1D, 0x22, 0x22 | REQ}
    for command in commands:
        need(command.cmd in known, f"unknown command {command.cmd:#x}")
    need(any(one(commands, 0x1B, "LC_UUID").raw[8:24]), "LC_UUID of zeros")
    need(one(commands, 0x32, "LC_BUILD_VERSION").u32(8) == [1], "platform")
    (entry,) = struct.unpack_from("<Q", one(commands, 0x28 | REQ, "LC_MAIN").raw, 8)
    need(first <= entry < segments[1]["size"], "entry point")
    one(commands, 0xE, "LC_LOAD_DYLINKER")
    need(any(c.cmd == 0xC for c in commands), "no LC_LOAD_DYLIB")
    start, size = check_linkedit(commands, segments[-1])
    name, slots = check_signature(data, start, size, segments[1], identifier)
    offset, length = check_payload(data, segments, payload)
    return (f"{cpu}: {len(commands)} load commands, {len(segments)} segments, payload {length} bytes at {offset:#x}, "
            f"{slots} pages hashed, signed as {name!r}, {first - end} bytes free behind the load commands")  # fmt: skip


def flips(data, count, identifier, payload):
    """Changes a byte at many places and returns those where the change was not found."""
    places = set(range(0, len(data), max(1, len(data) // count)))
    places |= {at + at // 4096 * 37 % 4096 for at in range(0, len(data) - 4096, 4096)}
    places |= set(range(0, 4096, 3)) | {len(data) - 1}
    changed, missed = bytearray(data), []
    for at in sorted(places):
        changed[at] ^= 1 << at % 8
        try:
            check(bytes(changed) if at < 8192 else changed, identifier, payload)
            missed.append(at)
        except (Broken, struct.error, UnicodeDecodeError, ValueError):
            pass
        changed[at] ^= 1 << at % 8
    return len(places), missed


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("file")
    parser.add_argument("--identifier")
    parser.add_argument("--payload")
    parser.add_argument("--flips", type=int, default=0)
    args = parser.parse_args()
    with open(args.file, "rb") as file:
        data = file.read()
    payload = None
    if args.payload:
        with open(args.payload, "rb") as file:
            payload = file.read()
    try:
        print(f"{args.file}: {check(data, args.identifier, payload)}")
    except (Broken, struct.error) as error:
        sys.exit(f"{args.file}: broken: {error}")
    if args.flips:
        count, missed = flips(data, args.flips, args.identifier, payload)
        if missed:
            sys.exit(f"{args.file}: {len(missed)} of {count} changed bytes were not found: {missed[:8]}")
        print(f"{args.file}: {count} changed bytes, all found")


if __name__ == "__main__":
    main()
