#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check what test_project.c made: project-check.py ROOT layout|killed|full|stacked"""
import json
import math
import os
import struct
import sys

import jsonschema

here = os.path.dirname(os.path.abspath(__file__))
schemas = json.load(open(os.path.join(here, "openscan3.schema.json")))


def valid(path, kind):
    schema = {"$ref": "#/definitions/" + kind, **schemas}
    with open(path, encoding="utf-8") as file:
        value = json.load(file)
    jsonschema.Draft7Validator(
        schema, format_checker=jsonschema.FormatChecker()).validate(value)
    return value


def bytes_below(folder):
    return sum(os.path.getsize(os.path.join(base, name))
               for base, _, names in os.walk(folder) for name in names)


def check_scan(folder, project):
    scan = valid(os.path.join(folder, "scan.json"), "Scan")
    name = os.path.basename(folder)
    assert scan["index"] == int(name[4:]), scan
    assert scan["project_name"] == project, scan
    # What OpenScan3 counts itself when it starts, and writes if it differs.
    assert scan["total_size_bytes"] == bytes_below(folder), (
        folder, scan["total_size_bytes"], bytes_below(folder))
    for photo in scan["photos"]:
        assert os.path.exists(os.path.join(folder, photo)), photo
    metadata = os.path.join(folder, "metadata")
    photos = {}
    for file in os.listdir(metadata):
        photos[file[:-5]] = valid(os.path.join(metadata, file), "Photo")
    for photo, facts in photos.items():
        polar = facts["scan_metadata"]["polar_coordinates"]
        assert polar == {"theta": 60, "fi": 45, "r": 200}, polar
        cart = facts["scan_metadata"]["cart_coordinates"]
        assert math.isclose(cart["x"], 200 * math.sqrt(3 / 8)), cart
        assert math.isclose(cart["y"], cart["x"]), cart
        assert math.isclose(cart["z"], 100), cart
        assert f"_{facts['scan_metadata']['step']:03d}" in photo, photo
    return scan, photos


def check_project(folder, name):
    project = valid(os.path.join(folder, "openscan_project.json"), "Project")
    assert project["path"] == os.path.realpath(folder) or not name, project
    assert not name or project["name"] == name, project
    scans = {}
    for key, summary in project["scans"].items():
        scans[key] = check_scan(os.path.join(folder, key), project["name"])
        scan = scans[key][0]
        for field in "index", "created", "total_size_bytes":
            assert scan[field] == summary[field], (field, scan, summary)
    left = [file for _, _, names in os.walk(folder) for file in names
            if file.endswith(".part")]
    assert not left, left
    return scans


root, what = sys.argv[1:]
if what == "layout":
    (name,) = os.listdir(root)
    assert name == "K\u00e4fer 1", name
    scans = check_project(os.path.join(root, name), name)
    assert list(scans) == ["scan01", "scan02"], scans
    scan, photos = scans["scan01"]
    assert scan["photos"] == ["scan01_007.jpg", "scan01_008_fs02.jpg",
                              "scan01_008_fs03_ev01.jpg",
                              "scan01_1234.jpg"], scan["photos"]
    assert scan["status"] == "completed" and scan["current_step"] == 4
    assert scan["duration"] == 12.5 and scan["system_message"]
    assert scan["settings"] == {"points": 3, "path_method": "fibonacci"}
    stack = photos["scan01_008_fs03_ev01"]
    assert stack["scan_metadata"]["stack_index"] == 3, stack
    assert stack["bracket_index"] == 1 and stack["format"] == "jpeg", stack
    assert stack["measured"] == {"theta": 59.99, "fi": 45.01,
                                 "theta_sigma": 0.01,
                                 "fi_sigma": None}, stack
    camera = stack["camera_metadata"]
    assert camera["raw_metadata"]["utc"] == "2026-09-21T14:13:20.123456Z"
    assert camera["camera_settings"] == {"shutter": 50.0}, camera
    bare = photos["scan01_009"]
    assert bare["format"] is None and bare["measured"] is None, bare
    with open(os.path.join(root, name, "thumbnail.jpg"), "rb") as file:
        data = file.read()
    assert data[:2] == b"\xff\xd8"
    # EXIF's orientation: tag, type, count, value.
    assert any(struct.pack(order + "HHIH", 0x112, 3, 1, 6) in data
               for order in "<>"), data[:100]
elif what == "killed":
    assert len(os.listdir(root)) > 40
    for name in os.listdir(root):
        # The test has moved it.
        scans = check_project(os.path.join(root, name), None)
        (scan, photos), = scans.values()
        want = [f"scan01_{n:03d}" for n in range(3)]
        assert sorted(photos) == want, (name, photos)
        assert scan["photos"] == [photo + ".jpg" for photo in want], scan
        assert scan["status"] == "completed", scan
elif what == "stacked":
    scan, _ = check_scan(os.path.join(root, "beetle", "scan01"), "beetle")
    assert len(scan["photos"]) == 6, scan
    assert scan["stacked_size_bytes"] == bytes_below(
        os.path.join(root, "beetle", "scan01", "stacked")) > 0, scan
else:
    scans = check_project(os.path.join(root, "x"), "x")
    assert scans["scan01"][0]["photos"] == ["scan01_000.jpg",
                                            "scan01_001.jpg"], scans
