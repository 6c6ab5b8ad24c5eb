#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check a scan file against the edges that the rig recorded.

    check_pairing.py FILE.h5 EDGES [frames]

Shares no code with oscan: the file is read with h5py, the edges are counted
here from the loading of the modules on, and every frame's position, the steps,
the ledger and the NXdata group are worked out anew. Prints one line for each
thing that is wrong and, last, what was found. Exit status 0: nothing is wrong.
"frames": of a scan that was killed, or is from several starts: frames outside
of the scan need have no position, and only these and the steps are checked.
"""

import sys

import h5py
import numpy

# Of kmod/rig/oscan_rig.h: lines STEP and DIR, and the count at loading.
AXES = {"turntable": (0, 1, 0), "rotor": (4, 5, 10667)}
EDGE = numpy.dtype([("time", "<u8"), ("line", "<u4"), ("value", "u1"),
                    ("padding", "u1", 3)])

METADATA = """plan_name det_name flymotor_name p_start p_end exposures_per_egu
    t_acquire t_period taxi_allowance compression p_initial p_final num_frames
    scan_active_duration scan_velocity d_taxi motor_accl motor_accl_was_default
    motor_egu motor_velocity_max motor_velocity_base ad_file_name ad_file_path
    hdf_num_capture hdf_flush_timeout_max consumer_tick""".split()

wrong = []


def must(holds, text):
    if not holds:
        wrong.append(text)


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


class Rig:
    """The axis as its pins went: step times and the count after each."""

    def __init__(self, path, axis, launch):
        step, direction, origin = AXES[axis]
        edges = numpy.fromfile(path, EDGE)
        must(numpy.all(numpy.diff(edges["time"].astype("i8")) >= 0),
             "the edges are not in order")
        level = 0
        count = origin
        times, counts = [], []
        for edge in edges:
            if edge["line"] == direction:
                level = int(edge["value"])
            elif edge["line"] == step and edge["value"]:
                count += 1 if level else -1
                times.append(int(edge["time"]))
                counts.append(count)
        self.origin = origin
        self.launch = launch
        self.times = numpy.array(times, "i8")
        self.counts = numpy.array(counts, "i8")

    def after(self, time):
        """Number of steps up to a time."""
        return int(numpy.searchsorted(self.times, time, "right"))

    def position(self, time):
        """Between two steps the way is straight; the axis rested before the
        launch."""
        n = self.after(time)
        if n == 0:
            return float(self.origin)
        if n == len(self.times) or self.times[n - 1] < self.launch:
            return float(self.counts[n - 1])
        part = ((time - self.times[n - 1]) /
                (self.times[n] - self.times[n - 1]))
        return self.counts[n - 1] + part * (self.counts[n] -
                                            self.counts[n - 1])


class Scan:
    def __init__(self, path):
        self.file = h5py.File(path, "r")
        self.entry = self.file["entry"]
        self.parameters = self.entry["flyscan"]
        self.axis = text(self.parameters["flymotor_name"][()])
        self.detector = self.entry["instrument/detector"]
        self.data = self.entry["data"]
        self.scale = self.number("motor/steps_per_unit")
        self.launch = int(self.parameters["clocks/launch"][0])

    def number(self, name):
        return float(self.parameters[name][()])

    def whole(self, name):
        return int(round(self.number(name)))


def middle_times(scan):
    """When the middle row of each frame was in the middle of its exposure."""
    stamps = scan.detector["sensor_timestamp"]
    latency = scan.number("camera/latency")
    times = stamps[:].astype("i8") - int(round(latency * 1e9))
    mark = text(stamps.attrs["marks"])
    exposures = scan.detector["count_time"][:] * 1e9
    rows = scan.number("camera/readout") * 1e9 / 2
    half = numpy.where(exposures > 0, exposures / 2, 0)
    shift = {"exposure_start": half + rows, "readout_start": rows - half,
             "frame_end": -half - rows}.get(mark, numpy.zeros(len(times)))
    return times + numpy.where(half > 0, shift, 0).astype("i8")


def check_frames(scan, rig):
    """Return: the greatest difference of a position, microsteps."""
    times = middle_times(scan)
    positions = scan.data[scan.axis][:]
    frames = scan.data["data"].shape[0]
    must(frames > 0, "there is no frame")
    must(len(times) == frames and len(positions) == frames,
         f"{frames} frames, {len(times)} times, {len(positions)} positions")
    must(numpy.array_equal(scan.data["frame_index"][:],
                           numpy.arange(frames)), "frame_index has gaps")
    must(numpy.all(numpy.diff(times) > 0), "times of frames do not rise")
    must(numpy.all(numpy.diff(scan.detector["sequence_number"][:]
                              .astype("i8")) > 0), "sequence does not rise")
    must(not numpy.isnan(positions).any(), "a frame has no position")
    for row in (0, frames // 2, frames - 1):
        must(scan.data["data"][row].std() > 0, f"frame {row} is empty")
    truth = numpy.array([rig.position(time) for time in times])
    worst = numpy.abs(positions * scan.scale - truth).max()
    must(worst <= 1, f"a position is {worst:.3f} microsteps off")
    return worst


def check_flags(scan, rig):
    """The window is half a spacing wider than the range on both sides."""
    start, end = scan.number("p_start"), scan.number("p_end")
    half = (end - start) / (scan.number("num_frames") - 1) / 2
    low, high = sorted((start - half, end + half))
    margin = 2 / scan.scale
    # A scan that was ended early may have come to rest within the range.
    first = rig.after(scan.launch)
    last = rig.after(int(scan.parameters["clocks/monotonic_end"][0]))
    flags = scan.data["in_scan"][:]
    for time, flag in zip(middle_times(scan), flags):
        position = rig.position(time) / scan.scale
        moving = first < rig.after(time) < last
        inside = moving and low + margin < position < high - margin
        outside = position < low - margin or position > high + margin
        must(not inside or flag, f"a frame at {position:.3f} is not marked")
        must(not outside or not flag, f"a frame at {position:.3f} is marked")
    must(int(flags.sum()) == scan.whole("ledger/in_scan"),
         "ledger/in_scan is not the number of marked frames")


def check_steps(scan, rig, cancelled):
    """Return: number of steps of the pass."""
    log = scan.entry[f"instrument/{scan.axis}/value_log"]
    times = log["time_ns"][:].astype("i8")
    counts = log["raw_value"][:]
    first = rig.after(scan.launch)
    ours = rig.times[first:first + len(times)]
    must(len(ours) == len(times), f"{len(times)} steps in the trace, "
         f"{len(ours)} edges")
    must(cancelled or first + len(times) == len(rig.times) or
         rig.times[first + len(times)] > scan.parameters[
             "clocks/monotonic_end"][0],
         "the rig has more steps than the trace")
    if len(ours) == len(times) and len(times) > 1:
        must(numpy.array_equal(counts, rig.counts[first:first + len(times)]),
             "counts in the trace are not those of the edges")
        must((times >= ours).all() and (times[:-1] < ours[1:]).all(),
             "a step's time is not between its edge and the next one")
        must(numpy.allclose(log["value"][:] * scan.scale, counts),
             "value is not raw_value in user's units")
        must(numpy.allclose(numpy.diff(log["time"][:]),
                            numpy.diff(times) / 1e9, atol=2e-9),
             "time is not time_ns in seconds")
    must(scan.whole("steps/traced") == len(times), "steps/traced is wrong")
    must(scan.whole("steps/counted") == len(times), "steps/counted is wrong")
    must(cancelled or scan.whole("steps/commanded") == len(times),
         "steps/commanded is wrong")
    return len(times)


def check_ledger(scan):
    ledger = {name: scan.whole("ledger/" + name)
              for name in scan.parameters["ledger"]}
    rows = scan.data["data"].shape[0]
    must(ledger["written"] == rows, "ledger/written is not what is there")
    lost = (ledger["sensor_gaps"] + ledger["camera_dropped"] +
            ledger["delivered"] - ledger["written"])
    must(ledger["lost"] == lost, "the ledger does not sum up")
    must(lost == 0, f"{lost} frames were lost")
    must(ledger["unpaired"] == 0, "a frame is unpaired")


def check_metadata(scan):
    for name in METADATA:
        must(name in scan.parameters, f"there is no {name}")
    frames = scan.whole("num_frames")
    way = abs(scan.number("p_end") - scan.number("p_start"))
    must(frames == round(1 + way * scan.number("exposures_per_egu")),
         "num_frames does not follow from the density")
    seconds = (frames - 1) * scan.number("t_period_used")
    must(abs(scan.number("scan_active_duration") - seconds) < 1e-9,
         "scan_active_duration is not N - 1 periods")
    must(abs(scan.number("scan_velocity") * seconds - way) < 1e-9 * way,
         "scan_velocity is wrong")
    must(scan.number("t_period_measured") > 0, "no period was measured")


def check_nexus(scan):
    file = scan.file
    must(text(file.attrs["default"]) == "entry", "no default entry")
    must(text(scan.entry.attrs["default"]) == "data", "no default data")
    must(text(scan.data.attrs["NX_class"]) == "NXdata", "no NXdata")
    signal = scan.data[text(scan.data.attrs["signal"])]
    axes = [text(axis) for axis in scan.data.attrs["axes"]]
    must(len(axes) == signal.ndim,
         f"{len(axes)} axes for {signal.ndim} dimensions")
    for dimension, name in enumerate(axes):
        if name == ".":
            continue
        axis = scan.data[name]
        must(axis.shape == (signal.shape[dimension],),
             f"axis {name} has another length than its dimension")
        must("units" in axis.attrs, f"axis {name} has no unit")
        must(int(numpy.atleast_1d(
            scan.data.attrs[name + "_indices"])[0]) == dimension,
            f"{name}_indices is wrong")
    must(axes[0] == scan.axis, "the first axis is not the axis")
    errors = scan.data[scan.axis + "_errors"][:]
    must((errors > 0).all() and (errors * scan.scale < 2).all(),
         "an uncertainty is not about a microstep")


def check_killed(scan, edges):
    """Frames and steps, as far as they go."""
    rig = Rig(edges, scan.axis, 0)
    times = middle_times(scan)
    positions = scan.data[scan.axis][:]
    flags = scan.data["in_scan"][:] != 0
    known = ~numpy.isnan(positions)
    must(len(positions) == scan.data["data"].shape[0],
         "there are not as many positions as frames")
    must(known.sum() > len(known) / 2 and flags.sum() > 3,
         f"{known.sum()} positions and {flags.sum()} frames in the scan "
         f"of {len(known)}")
    must(known[flags].all(), "a frame of the scan has no position")
    truth = numpy.array([rig.position(time) for time in times])
    worst = numpy.abs(positions * scan.scale - truth)[known].max()
    must(worst <= 1, f"a position is {worst:.3f} microsteps off")
    errors = scan.data[scan.axis + "_errors"][:][known]
    must((errors > 0).all() and (errors * scan.scale < 2).all(),
         "an uncertainty is not about a microstep")
    log = scan.entry[f"instrument/{scan.axis}/value_log"]
    steps = log["time_ns"][:].astype("i8")
    edge = numpy.searchsorted(rig.times, steps, "right") - 1
    must((numpy.diff(edge) > 0).all() and (edge >= 0).all(),
         "two steps of the trace have one edge")
    must(numpy.array_equal(rig.counts[edge], log["raw_value"][:]),
         "counts in the trace are not those of the edges")
    place = numpy.round((positions[flags] - scan.number("p_start")) *
                        scan.number("exposures_per_egu"))
    print(f"{len(known)} frames, {known.sum()} with a position, "
          f"{len(set(place))} places, worst {worst:.3f} microsteps; "
          f"{len(steps)} steps; {len(wrong)} things wrong")


def main():
    if sys.argv[3:] == ["frames"]:
        check_killed(Scan(sys.argv[1]), sys.argv[2])
        for line in wrong:
            print(line)
        return 1 if wrong else 0
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    scan = Scan(sys.argv[1])
    cancelled = text(scan.parameters["status"][()]) != "complete"
    rig = Rig(sys.argv[2], scan.axis, scan.launch)
    worst = check_frames(scan, rig)
    check_flags(scan, rig)
    steps = check_steps(scan, rig, cancelled)
    check_ledger(scan)
    check_metadata(scan)
    check_nexus(scan)
    for line in wrong:
        print(line)
    print(f"{scan.data['data'].shape[0]} frames, worst position off by "
          f"{worst:.3f} microsteps; {steps} steps; {len(wrong)} things wrong")
    return 1 if wrong else 0


sys.exit(main())
