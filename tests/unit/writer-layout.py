#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold the layout that writer.h documents against a file, both ways.

writer-layout.py WRITER_H FILE grey|colour    (a complete file of writer-make)
"""
import re
import sys

import h5py

TYPES = {"u8": "uint8", "u32": "uint32", "u64": "uint64", "i64": "int64",
         "f64": "float64"}


def documented(header, sort):
    """path -> text beside it"""
    text = open(header, encoding="utf-8").read().split("*/")[1]
    entries, path = {}, None
    for line in text.splitlines():
        begin = re.match(r" \*   (/\S*)(?: +(.*))?$", line)
        more = re.match(r" \* {30,}(\S.*)$", line)
        if begin:
            path = begin[1].replace("<axis>", "turntable")
            entries[path] = begin[2] or ""
        elif more and path:
            entries[path] += " " + more[1]
    other = {"grey": "colour", "colour": "grey"}[sort]
    return {path: said.strip().replace("<unit>", "deg")
            for path, said in entries.items()
            if not re.search(rf"\({other}\b[^)]*\)$", said.strip())}


def present(file):
    things = {"/": file}
    file.visit(lambda name: things.setdefault("/" + name, None))
    # visit() names each object once; links by walking.
    def walk(group, prefix):
        for name, thing in group.items():
            things[prefix + name] = thing
            if isinstance(thing, h5py.Group):
                walk(thing, prefix + name + "/")
    walk(file, "/")
    return {path: thing for path, thing in things.items()
            if not path.startswith("/entry/flyscan/")}


def differs(thing, said, frames, steps, sort):
    if said.startswith("is ") or not said:
        return None if said else "nothing is said of it"
    if said.startswith("NX"):
        want = re.match(r"NX\w+", said)[0]
        have = thing.attrs.get("NX_class")
        return None if have == want else f"class {have}, not {want}"
    if said.startswith("text"):
        return None if h5py.check_string_dtype(thing.dtype) else "no text"
    found = re.match(r"(?:\[([^]]*)\] )?(\w\d+)(?:, ([^:\s]+))?(?=[:\s]|$)",
                     re.sub(r"(\[.,H,W\] u8), or (\[.,H,W,3\] u8)",
                            r"\1" if sort == "grey" else r"\2", said))
    if not found:
        return f"cannot be understood: {said}"
    dims, kind, unit = found.groups()
    if thing.dtype != TYPES[kind]:
        return f"{thing.dtype}, not {kind}"
    rank = len(dims.split(",")) if dims else 0
    if thing.ndim != rank:
        return f"{thing.ndim} dimensions, not {rank}"
    if dims and len(thing) != {"n": frames, "m": steps,
                               "k": frames // 2, "c": 3}[dims[0]]:
        return f"length {len(thing)}"
    if thing.attrs.get("units") != unit:
        return f"units {thing.attrs.get('units')}, not {unit}"
    return None


def main():
    said = documented(sys.argv[1], sys.argv[3])
    with h5py.File(sys.argv[2], "r") as file:
        have = present(file)
        apart = sorted(set(said) ^ set(have))
        if len(said) < 40 or apart:
            sys.exit(f"{len(said)} entries; only in one of them: {apart}")
        frames = len(file["/entry/data/data"])
        for path, thing in have.items():
            why = differs(thing, said[path], frames, 1000,
                          sys.argv[3])
            if why:
                sys.exit(f"{path}: {why}")


main()
