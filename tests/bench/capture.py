#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How many photos a minute a capture scan takes, and whether it stays so.

Runs here, on the model of the driver (tests/model), whose axes take the time
that real ones take. The same points, camera, photos and disk each time, in one
run: the next move starts while the photo before is being saved, as scans do,
or only when it is on the disk ("serial"), as the published cure for lost
steps has it.

Then a long scan of small photos: what a photo takes besides its move, at photo
10 and at the last one. OSCAN_BENCH_POINTS: of the long scan, 150 unless set.

Exit status 0: both hold what they promise.
"""

import glob
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

OSCANCTL = "out/tests/model/oscanctl-full"
POINTS = 16
LONG = int(os.environ.get("OSCAN_BENCH_POINTS", "150"))
AROUND = 8
# Of the model's turntable, microsteps/s^2.
ACCEL = 5000
# Quiet machine or not: a photo late in a scan may not take half as long again.
FLAT = 1.5


def scan(work, name, settings):
    """Photos in the order of their exposure, as their metadata tells."""
    job = dict({"project": name, "min_phi": 0, "max_phi": 360, "rings": 1,
                "path_method": "rings", "min_theta": 90, "max_theta": 90,
                "pause_before_capture_ms": 0}, **settings)
    with open(f"{work}/{name}.json", "w", encoding="utf-8") as out:
        json.dump(job, out)
    machine = dict(os.environ, OSCAN_MODEL_STATE=f"{work}/{name}.machine",
                   XDG_CONFIG_HOME=work)
    subprocess.run([OSCANCTL, "scan", "--job", f"{work}/{name}.json",
                    "--root", f"{work}/projects", "--json"], check=True,
                   env=machine, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    photos = []
    folder = f"{work}/projects/{name}/scan01"
    for path in glob.glob(f"{folder}/metadata/*.json"):
        with open(path, encoding="utf-8") as metadata:
            photos.append(json.load(metadata)["measured"])
    photos.sort(key=lambda photo: photo["exposure"]["begin_ns"])
    size = sum(os.path.getsize(path) for path in glob.glob(f"{folder}/*.*"))
    return photos, size


def per_minute(photos):
    """From the first exposure to the last one."""
    time_ns = photos[-1]["exposure"]["begin_ns"] - \
        photos[0]["exposure"]["begin_ns"]
    return (len(photos) - 1) / (time_ns / 60e9)


def besides_moves_ms(photos):
    """From each exposure to the next, less what the move takes by itself."""
    spans = []
    for before, after in zip(photos, photos[1:]):
        apart_ns = after["exposure"]["begin_ns"] - \
            before["exposure"]["begin_ns"]
        steps = abs(after["fi_axis"]["steps"] - before["fi_axis"]["steps"])
        # So short that the axis never gets to its greatest speed.
        spans.append(apart_ns / 1e6 - 2e3 * math.sqrt(steps / ACCEL))
    return spans


def compare_ways(work):
    # The largest that a Raspberry Pi camera of 12 megapixels takes.
    photo = {"points": POINTS, "width": 4056, "height": 3040,
             "image_format": "png",
             "camera": "synthetic:pose=driver,on_demand=yes,format=rgb"}
    rates = {}
    print(f"capture: {POINTS} points around, photos of "
          f"{photo['width']}x{photo['height']}, on {os.cpu_count()} "
          "processors")
    print(f"{'next move starts':<36} {'photos/min':>10} {'ratio':>7} "
          f"{'MB':>7}")
    for serial, text in ((True, "when the photo is on the disk"),
                         (False, "when the exposure has ended")):
        photos, size = scan(work, "serial" if serial else "overlapped",
                            dict(photo, serial=serial))
        rates[serial] = per_minute(photos)
        print(f"{text:<36} {rates[serial]:>10.1f} "
              f"{rates[serial] / rates[True]:>7.2f} {size / 1e6:>7.1f}",
              flush=True)
    return rates[False] > 1.05 * rates[True]


def compare_early_and_late(work):
    photos, _ = scan(work, "long", {
        "points": LONG, "width": 64, "height": 48,
        "camera": "synthetic:pose=driver,on_demand=yes"})
    spans = besides_moves_ms(photos)
    early = statistics.median(spans[10 - AROUND // 2:10 + AROUND // 2])
    late = statistics.median(spans[-AROUND:])
    print(f"\n{'a photo besides its move':<36} {'ms':>10} {'ratio':>7}")
    print(f"{'around photo 10':<36} {early:>10.2f} {1:>7.2f}")
    print(f"{f'up to photo {LONG}':<36} {late:>10.2f} {late / early:>7.2f}")
    return late < FLAT * early


def main():
    with tempfile.TemporaryDirectory(prefix="oscan-bench.") as work:
        faster = compare_ways(work)
        flat = compare_early_and_late(work)
    if not faster:
        print("saving did not overlap")
    if not flat:
        print("photos take longer and longer")
    sys.exit(0 if faster and flat else 1)


if __name__ == "__main__":
    main()
