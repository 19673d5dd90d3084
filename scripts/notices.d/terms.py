"""The terms of a crate: which of those it offers, and the text that it brings."""

import re
import textwrap
from pathlib import Path

from crates import ROOT

# Of the terms that a crate offers the first of these are chosen: the shortest to hand on, and known to everyone.
PREFERRED = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "Zlib", "0BSD",
             "MPL-2.0", "BUSL-1.1"]  # fmt: skip
# A word or two of each text that the others lack, in the order in which they are looked for.
MARKS = [
    ("BUSL-1.1", "Business Source License 1.1"),
    ("MPL-2.0", "Mozilla Public License Version 2.0"),
    ("Apache-2.0 WITH LLVM-exception", "LLVM Exceptions to the Apache 2.0 License"),
    ("GPL-2.0-only", "GNU GENERAL PUBLIC LICENSE"),
    ("Apache-2.0", "Apache License Version 2.0"),
    ("MIT", "Permission is hereby granted, free of charge, to any person"),
    ("BSD-3-Clause", "Neither the name"),
    ("BSD-2-Clause", "Redistribution and use in source and binary forms"),
    ("Zlib", "This software is provided 'as-is'"),
    ("0BSD", "Permission to use, copy, modify, and/or distribute this software"),
    ("Unlicense", "This is free and unencumbered software"),
]
COPYRIGHT = re.compile(r"^[\s*#]*(?:copyright\b|\(c\)|©).*(?:\d{4}|©|\(c\)|by)", re.IGNORECASE)
TITLE = re.compile(r"^[\s#=]*(the )?((mit|isc|zlib|bsd( [23]-clause)?) licen[sc]e( \(mit\))?|all rights reserved\.?)[\s=]*$", re.IGNORECASE)
# Crates whose Cargo.toml names a file instead of terms.
LICENSE_FILE = {"wasmer-compiler-singlepass": "BUSL-1.1"}


class Unknown(Exception):
    pass


def read(file):
    """A text without what printers once asked for."""
    return file.read_text().replace("\f", "")


def words(text):
    return " ".join(text.replace("“", '"').replace("”", '"').split())


def kind(text):
    """Which terms a text is of, or None."""
    plain = words(text)
    return next((name for name, mark in MARKS if mark.lower() in plain.lower()), None)


def said(package):
    """A crate's license expression."""
    expression = package["license"] or LICENSE_FILE.get(package["name"])
    if not expression:
        raise Unknown(f"{package['name']}: its Cargo.toml names no license")
    return expression


def offered(package):
    """What is chosen of a crate's license expression: a list, all of which hold."""
    expression = said(package)
    parts = [part.strip(" ()") for part in expression.split(" AND ")]
    chosen = []
    for part in parts:
        offers = re.split(r" OR |\s*/\s*", part)
        usable = [name for name in PREFERRED if name in offers]
        if not usable:
            raise Unknown(f"{package['name']}: nothing is known of {expression}")
        chosen.append(usable[0])
    return chosen


def split(text):
    """A text without its title, and the lines of it that say whose it is."""
    owners, rest = [], []
    # What follows the terms of Apache's is how to use them.
    text = re.split(r"\n\s*APPENDIX: How to apply", text)[0] + "".join(re.findall(r"\n-+ LLVM Exceptions.*", text, re.DOTALL))
    for line in text.splitlines():
        if COPYRIGHT.match(line) and "[yyyy]" not in line and "{yyyy}" not in line:
            owners.append(" ".join(line.strip(" *#\t").split()))
        elif not TITLE.match(line):
            rest.append(line.rstrip())
    return textwrap.dedent("\n".join(rest)).strip("\n") + "\n", owners


class Texts:
    """Texts that are known; those that differ in line breaks alone are one."""

    def __init__(self):
        self.known, self.usual = {}, {}
        for name, file in [("MIT", "LICENSE-MIT"), ("Apache-2.0", "LICENSE-APACHE"),
                           ("MPL-2.0", "scripts/notices.d/texts/MPL-2.0.txt")]:  # fmt: skip
            self.usual[name] = self.take(read(ROOT / file))[0]

    def take(self, text):
        """The text as it was first met, and whose it is. Longer terms stay as they are."""
        rest, owners = split(text) if kind(text) in PREFERRED[:-2] else (text, [])
        return self.known.setdefault(words(rest).lower().replace("*", ""), rest), owners


def files(package):
    """The texts that a crate brings, by the terms that they are of."""
    folder, found = Path(package["manifest_path"]).parent, {}
    for file in sorted(folder.iterdir()):
        # Tests and examples of crossbeam are of others, which its LICENSE-THIRD-PARTY says; neither lands in a program.
        if re.match(r"(licen[sc]e|copying|unlicense)", file.name, re.IGNORECASE) and "THIRD-PARTY" not in file.name:
            text = read(file)
            if name := kind(text):
                found.setdefault(name, text)
    return found


def notice(package):
    """What Apache's terms ask to be handed on, if a crate has it."""
    folder = Path(package["manifest_path"]).parent
    return [read(file) for file in sorted(folder.glob("NOTICE*"))]
