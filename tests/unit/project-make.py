#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make a project as OpenScan3 leaves it: project-make.py FOLDER STACKS PHOTOS

Scan 1 has STACKS focus stacks of PHOTOS photos, each sharp in another strip of
a texture; scan 2 has two photos without a stack, and a journal of oscan's.
"""
import json
import os
import struct
import sys
import zlib

import numpy

HEIGHT, WIDTH = 240, 320


def png(path, image):
    rows = numpy.insert(image.astype("u1"), 0, 0, axis=1).tobytes()

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(
            ">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def blur(image, radius):
    size = 2 * radius + 1
    for axis in 0, 1:
        image = sum(numpy.roll(image, n - radius, axis)
                    for n in range(size)) / size
    return image


def texture(seed):
    random = numpy.random.default_rng(seed)
    image = random.random((HEIGHT, WIDTH))
    return sum(blur(image, n) * n for n in (1, 2, 4, 8)) / 15


def stack(seed, photos):
    image = texture(seed)
    image = (image - image.min()) / (image.max() - image.min()) * 255
    soft = blur(image, 6)
    for n in range(photos):
        strip = numpy.arange(WIDTH) * photos // WIDTH == n
        yield numpy.where(strip, image, soft)
    png_sharp[seed] = image


def write(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)


def scan_json(project, index, photos, stack):
    return {"project_name": project, "index": index,
            "created": "2026-04-29T10:11:12.123456", "status": "completed",
            "settings": {"points": 2, "path_method": "fibonacci",
                         "focus_stacks": stack},
            "camera_name": "imx519", "camera_settings": {"shutter": 50.0},
            "current_step": 2, "system_message": None,
            "last_updated": "2026-04-29T10:12:12", "description": None,
            "duration": 61.5, "total_size_bytes": 1000,
            "stacked_size_bytes": 0, "photos": photos, "task_id": None,
            "stacking_task_status": None}


png_sharp = {}
folder, stacks, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
name = os.path.basename(folder)
for index in 1, 2:
    os.makedirs(f"{folder}/scan{index:02d}/metadata")
photos = []
for seed in range(stacks):
    for n, image in enumerate(stack(seed, count)):
        photos.append(f"scan01_{seed:03d}_fs{n:02d}.png")
        png(f"{folder}/scan01/{photos[-1]}", image)
    png(f"{folder}/../../sharp{seed}.png", png_sharp[seed])
write(f"{folder}/scan01/scan.json", scan_json(name, 1, photos, count))
journal = ""
for n in range(2):
    with open(f"{folder}/scan02/scan02_{n:03d}.jpg", "wb") as file:
        file.write(b"x" * 1000)
    journal += json.dumps({"photo": f"scan02_{n:03d}",
                           "file": f"scan02_{n:03d}.jpg", "bytes": 1000,
                           "metadata_bytes": 0}) + "\n"
with open(f"{folder}/scan02/journal.jsonl", "w", encoding="utf-8") as file:
    file.write(journal)
write(f"{folder}/scan02/scan.json", scan_json(name, 2, [], 1))
write(f"{folder}/openscan_project.json", {
    "name": name, "path": folder, "created": "2026-04-29T10:11:12.123456",
    "description": None, "uploaded": False, "cloud_project_name": None,
    "downloaded": False, "scans": {
        f"scan{index:02d}": {"index": index, "total_size_bytes": 1000,
                             "created": "2026-04-29T10:11:12.123456"}
        for index in (1, 2)}})
