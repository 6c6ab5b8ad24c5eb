#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Read a fly scan with h5py alone, step by step as in a notebook.

    read-scan.py FILE

Each "# %%" begins a cell for editors that know notebooks. All that is used is
in the file by its NeXus name; userspace/writer/writer.h has the whole list.
"""

# %% Open it. A scan that still runs is opened with swmr=True, libver="latest".
import sys

import h5py
import numpy as np

file = h5py.File(sys.argv[1], "r")
entry = file["entry"]
print(entry["title"].asstr()[()], "at", entry["start_time"].asstr()[()])

# %% What is shown against what: NXdata says it, so nothing need be guessed.
data = entry["data"]
axis = data.attrs["axes"][0]
frames = data[data.attrs["signal"]]
position = data[axis][:]
unit = data[axis].attrs["units"]
print(f"{len(frames)} frames of {frames.shape[2]}x{frames.shape[1]} pixels, "
      f"against {axis} in {unit}")

# %% Only the frames of the scan itself; the others were taken on the way there.
scan = entry["in_scan"]
where = scan[axis][:]
sigma = scan[f"{axis}_errors"][:]
print(f"{len(where)} of them in the scan, {where[0]:.6f} to {where[-1]:.6f} "
      f"{unit}, each known to {sigma.max():.2g} {unit} or better")

# %% How even they stand: the spacing and what is left when a line is taken off.
n = np.arange(len(where))
if len(where) > 2:
    slope, offset = np.polyfit(n, where, 1)
    rest = where - (slope * n + offset)
    print(f"a frame each {slope:.6f} {unit}, "
          f"root mean square {rest.std():.2g} {unit} off that line")

# %% One frame, and how bright all of them are. Pixels are read as they are
# asked for: a view of the scan copies none.
middle = scan["data"][len(where) // 2]
print(f"the frame at {where[len(where) // 2]:.6f} {unit} has a mean of "
      f"{middle.mean():.1f}")
brightness = np.array([frame.mean() for frame in scan["data"]])
print(f"brightness from {brightness.min():.1f} to {brightness.max():.1f}")

# %% Where the axis was at any time: every step is there, so no fit is needed.
log = entry["instrument"][axis]["value_log"]
time_ns, value = log["time_ns"][:], log["value"][:]
half = (time_ns[0] + time_ns[-1]) // 2
print(f"{len(value)} steps; half way in time the axis was at "
      f"{np.interp(half, time_ns, value):.6f} {unit}")

# %% What else was noted: numbers and texts of the collection "flyscan".
for name, value in entry["flyscan"].items():
    if isinstance(value, h5py.Dataset) and value.shape == ():
        text = value.asstr()[()] if value.dtype.kind == "O" else value[()]
        print(f"    {name} = {text}")

file.close()
