#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold a file of writer-make against what it was given, by h5py alone.

writer-read.py FILE FRAMES WIDTH HEIGHT BYTES_PER_PIXEL
	[bare|growing|recovered]

bare: without what is added after the frames. growing: opened with SWMR, at
least FRAMES frames, bare. recovered: likewise, but an ordinary file. Prints one sentence and exits with 1 if it differs.
"""
import sys
import time

import h5py
import numpy as np

BEGIN = 1000000000000
DETECTOR = "/entry/instrument/detector/"


def must(condition, sentence):
    if not condition:
        sys.exit(sentence)


def picture(n, shape):
    k = np.arange(np.prod(shape), dtype=np.uint64)
    values = 7 * np.uint64(n) + 31 * k + k // 256
    return (values % 256).astype(np.uint8).reshape(shape)


def same(file, path, want, what=""):
    # One that is being written may have a row whose image is not there yet.
    have = file[path][: len(want)]
    must(np.array_equal(have, want, equal_nan=have.dtype.kind == "f"),
         f"{path}{what}: {have[:5]}, not {want[:5]}")


def check_frames(file, shape):
    data = file["/entry/data/data"]
    frames = len(data)
    must(data.shape[1:] == shape and data.dtype == np.uint8,
         f"data is {data.shape} {data.dtype}")
    must(data.maxshape[0] is None, "data cannot grow")
    must(data.chunks == (1,) + shape, f"chunks are {data.chunks}")
    for n in range(frames):
        must(np.array_equal(data[n], picture(n, shape)), f"frame {n} differs")
    n = np.arange(frames)
    known = np.where(n > 0, 1.0, np.nan)
    same(file, "/entry/data/frame_index", n)
    same(file, "/entry/data/sensor_timestamp", BEGIN + n * 33333333)
    same(file, DETECTOR + "sequence_number", 3 * n)
    same(file, DETECTOR + "frame_status", 1 + n % 2)
    same(file, DETECTOR + "count_time", known * (1000 * n) / 1e9)
    same(file, DETECTOR + "gain", known * (1 + n / 8))
    same(file, DETECTOR + "frame_time", known * 33333000 / 1e9)
    starts = file[DETECTOR + "start_time"][:frames]
    must(np.allclose(np.diff(starts), 0.033333333, rtol=0, atol=1e-9),
         "start_time does not follow sensor_timestamp")
    must(file[DETECTOR + "sensor_timestamp"].attrs["marks"] ==
         "exposure_start", "marks is wrong")
    exposed = file[DETECTOR + "stop_time"][:frames] - starts
    must(np.allclose(exposed, known * (1000 * n) / 1e9, rtol=0, atol=1e-9,
                     equal_nan=True), "stop_time is wrong")
    check_attributes(file, n)
    return frames


def check_attributes(file, n):
    """areaDetector's: seconds from 1990, the EPICS epoch."""
    group = file["/entry/instrument/NDAttributes"]
    same(group, "NDArrayUniqueId", 3 * n)
    whole = group["NDArrayEpicsTSSec"][: len(n)].astype(np.int64)
    rest = group["NDArrayEpicsTSnSec"][: len(n)].astype(np.int64)
    must(np.all((rest >= 0) & (rest < 1000000000)), "no nanoseconds")
    epics = whole * 1000000000 + rest
    must(np.all(np.diff(epics) == 33333333), "NDArrayEpicsTS is wrong")
    must(np.allclose(group["NDArrayTimeStamp"][: len(n)], epics / 1e9, rtol=0,
                     atol=1e-6), "NDArrayTimeStamp is wrong")
    if len(n):
        # 1000 s of CLOCK_MONOTONIC in UTC: now, less what runs since.
        unix = time.time() - time.monotonic() + 1000 - 631152000
        must(abs(epics[0] / 1e9 - unix) < 5, "the EPICS epoch is wrong")


def check_added(file, frames):
    n = np.arange(frames)
    same(file, "/entry/data/turntable", np.where(n > 0, 0.5 * n, np.nan))
    same(file, "/entry/data/turntable_start", 0.5 * n - 0.125)
    same(file, "/entry/data/turntable_end", 0.5 * n + 0.125)
    same(file, "/entry/data/turntable_errors", np.full(frames, 0.01))
    same(file, "/entry/data/turntable_speed", np.full(frames, 15.0))
    same(file, "/entry/data/in_scan", n % 2)
    for path in ("/entry/sample/rotation_angle",
                 "/entry/instrument/turntable/value"):
        must(file[path] == file["/entry/data/turntable"],
             f"{path} is not data/turntable")
    check_views(file, frames)
    axis = file["/entry/instrument/turntable"]
    must([axis[name][()] for name in ("velocity", "acceleration_time",
                                      "soft_limit_min", "soft_limit_max")] ==
         [15, 0.25, -180, 180], "the positioner is wrong")
    must(check_steps(file, 0) == 1000, "not every step is there")
    flyscan = file["/entry/flyscan"]
    must(flyscan["p_start"][()] == -1.5 and
         flyscan["p_start"].attrs["units"] == "deg", "p_start is wrong")
    must(flyscan["ledger/written"][()] == 3, "ledger/written is wrong")
    must(np.isnan(flyscan["unread"][()]), "unread is not NaN")
    must(flyscan["ledger/note"].asstr()[()] == "gr\u00fc\u00dfe",
         "the text is not UTF-8")
    same(file, "/entry/flyscan/late_bins",
         np.array([5, 0, 1 << 63], dtype=np.uint64))


def check_steps(file, frames):
    """Ten were put before each frame; return how many there are."""
    log = "/entry/instrument/turntable/value_log/"
    count = min(len(file[log + name])
                for name in ("time", "time_ns", "value", "raw_value"))
    must(count >= 10 * frames, f"{count} steps for {frames} frames")
    m = np.arange(count)
    same(file, log + "time_ns", BEGIN + m * 1000003)
    same(file, log + "raw_value", m - 500)
    same(file, log + "value", (m - 500) / 8)
    must(np.allclose(np.diff(file[log + "time"][:count]), 0.001000003,
                     rtol=0, atol=1e-9),
         "the log's time does not follow time_ns")
    course = file["/entry/instrument/turntable/course"]
    if frames:
        must([list(course[name]) for name in ("event", "time_ns",
                                              "position")] ==
             [[1, 3, 2], [BEGIN, BEGIN, BEGIN + 7], [-501, 499, -500]],
             "the course is wrong")
    return count


def check_views(file, frames):
    n = np.arange(frames)
    picked = n[n % 2 == 1]
    data = file["/entry/data/data"]
    key = np.full(frames, 3)
    # The frames of an odd place are in the scan, and those are marked bad.
    same(file, DETECTOR + "image_key", key)
    turned = file["/entry/sample/transformations/turntable"]
    must(turned == file["/entry/data/turntable_start"] and
         turned.attrs["transformation_type"] == "rotation" and
         list(turned.attrs["vector"]) == [0, 1, 0],
         "the transformation is wrong")
    depends = file["/entry/sample/depends_on"].asstr()[()]
    must(file["/entry/sample"][depends] == turned, "depends_on is wrong")
    if not len(picked):
        must("in_scan" not in file["/entry"], "a view of nothing")
        return
    view = file["/entry/in_scan"]
    must(view["data"].is_virtual, "in_scan is no virtual dataset")
    same(view, "frame_index", picked)
    same(view, "turntable", 0.5 * picked)
    same(view, "turntable_errors", np.full(len(picked), 0.01))
    for k, at in enumerate(picked):
        must(np.array_equal(view["data"][k], data[at]),
             f"frame {k} of in_scan differs")
    check_tomo(file, data, picked)


def check_tomo(file, data, picked):
    """What NXtomo.nxdl.xml requires."""
    entry = file["/entry" if data.ndim == 3 else "/tomo"]
    must(entry["definition"].asstr()[()] == "NXtomo", "no NXtomo")
    detector = entry["instrument/detector"]
    angle = entry["sample/rotation_angle"]
    frames = len(detector["data"])
    must(detector["data"].ndim == 3 and
         detector["image_key"].shape == angle.shape == (frames,),
         "shapes of NXtomo")
    must(angle.attrs["units"] == "deg" and "name" in entry["sample"],
         "sample of NXtomo")
    for name, thing in (("data", detector["data"]), ("rotation_angle", angle),
                        ("image_key", detector["image_key"])):
        must(entry["data"][name] == thing, f"data/{name} is no link")
    if data.ndim == 4:
        for k, at in enumerate(picked):
            must(np.array_equal(detector["data"][k], data[at][:, :, 1]),
                 f"frame {k} of tomo is not green")


def check_nxdata(file, frames, axis):
    """The rules of NXdata, and silx's."""
    entry = file[file.attrs["default"]]
    group = entry[entry.attrs["default"]]
    must(group.attrs["NX_class"] == "NXdata", "default is no NXdata")
    signal = group[group.attrs["signal"]]
    axes = list(group.attrs["axes"])
    must(len(axes) == signal.ndim, f"{len(axes)} axes for {signal.ndim}")
    must(axes == [axis] + ["."] * (signal.ndim - 1), f"axes are {axes}")
    must(group.attrs[axis + "_indices"] == 0, "indices are wrong")
    must(group[axis].ndim == 1 and len(group[axis]) >= frames,
         f"{axis} is {group[axis].shape}")
    must("units" in group[axis].attrs, f"{axis} has no units")


def check_classes(file):
    def visit(name, thing):
        if isinstance(thing, h5py.Group):
            must("NX_class" in thing.attrs, f"{name} has no NX_class")
    file.visititems(visit)
    must(file.attrs["NX_class"] == "NXroot", "the root is no NXroot")


def main():
    path, frames, width, height, bpp = sys.argv[1], *map(int, sys.argv[2:6])
    how = sys.argv[6] if len(sys.argv) > 6 else ""
    shape = (height, width, 3) if bpp == 3 else (height, width)
    with h5py.File(path, "r", swmr=how == "growing") as file:
        got = check_frames(file, shape)
        must(got >= frames if how in ("growing", "recovered")
             else got == frames,
             f"{got} frames, {frames} wanted")
        if how in ("growing", "recovered"):
            check_steps(file, frames)
        check_classes(file)
        check_nxdata(file, got, "sensor_timestamp" if how else "turntable")
        if not how:
            check_added(file, got)
        must(how in ("growing", "recovered") or "/entry/end_time" in file,
             "no end_time")
    print(got)


main()
