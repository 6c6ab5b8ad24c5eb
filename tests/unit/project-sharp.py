#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare merged stacks with the sharp picture: project-sharp.py FOLDER COUNT"""
import re
import struct
import sys
import zlib

import numpy


def read_pnm(path):
    with open(path, "rb") as file:
        data = file.read()
    # A line of comment, and as its greatest value that of its pixels.
    kind, width, height, pixels = re.match(
        rb"(P[56])\n#.*\n(\d+) (\d+)\n\d+\n((?s:.*))", data).groups()
    samples = {b"P5": 1, b"P6": 3}[kind]
    image = numpy.frombuffer(pixels, "u1")
    return image.reshape(int(height), int(width), samples)[..., 0] * 1.


def read_png(path):
    with open(path, "rb") as file:
        data = file.read()
    width, height = struct.unpack_from(">II", data, 16)
    size, = struct.unpack_from(">I", data, 33)
    rows = numpy.frombuffer(zlib.decompress(data[41:41 + size]), "u1")
    return rows.reshape(height, width + 1)[:, 1:].astype(float)


def error(image, sharp):
    # Not its edges, where the photos need not overlap.
    return numpy.sqrt(numpy.mean((image - sharp)[20:-20, 20:-20] ** 2))


folder, count = sys.argv[1], int(sys.argv[2])
for n in range(count):
    sharp = read_png(f"{folder}/sharp{n}.png")
    got = error(read_pnm(f"{folder}/got{n}.pnm"), sharp)
    soft = error(read_pnm(f"{folder}/soft{n}.pnm"), sharp)
    assert got < soft / 2, (n, got, soft)
