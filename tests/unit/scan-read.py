# SPDX-License-Identifier: GPL-2.0-or-later
"""A capture scan's folder, read as anybody would: scan-read.py FOLDER PHOTOS.

Every photo is there once, is a JPEG that ends, was saved in the order of
path.json, and was taken at rest where it was planned, to half a microstep.
"""
import json
import os
import sys

folder, photos = sys.argv[1], int(sys.argv[2])
STEP = {"theta": 360 / (200 * 16 * 40 / 3), "fi": 360 / 3200}


def load(name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def check_pose(metadata):
    measured, planned = metadata["measured"], metadata["scan_metadata"]
    for axis, step in STEP.items():
        off = measured[axis] - planned["polar_coordinates"][axis]
        off = (off + 180) % 360 - 180
        assert abs(off) <= 0.51 * step, (axis, measured, planned)
        assert abs(measured[axis + "_sigma"] / step - 12 ** -0.5) < 1e-2
        last = measured[axis + "_axis"]["last_step_ns"]
        assert last <= measured["exposure"]["begin_ns"], measured


def check_image(name):
    with open(os.path.join(folder, name), "rb") as file:
        data = file.read()
    assert data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9", name


with open(os.path.join(folder, "journal.jsonl"), encoding="utf-8") as file:
    journal = [json.loads(line) for line in file]
assert len(journal) == photos, len(journal)
assert len({line["photo"] for line in journal}) == photos, "one twice"
scan = load("scan.json")
assert scan["status"] == "completed", scan["status"]
order = [point["original_step"] for point in load("path.json")["points"]]
taken = []
for line in journal:
    metadata = load("metadata/" + line["photo"] + ".json")
    step = metadata["scan_metadata"]["step"]
    if step not in taken:
        taken.append(step)
    check_pose(metadata)
    if line["file"]:
        check_image(line["file"])
assert taken == order, (taken, order)
for name in os.listdir(folder):
    assert not name.startswith("."), name
