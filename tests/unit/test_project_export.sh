#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl project export: a scan on the model of the driver, told to other
# programs, which are Python's own readers here.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

oscanctl=out/tests/model/oscanctl-full
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OSCAN_MODEL_STATE=$work/state OPENSCAN_PROJECT_DIR=$work/projects
scan=$work/projects/Vase/scan01
bad=
failed=0

# says STATUS TEXT ARGS...
says()
{
	local status=$1 text=$2

	shift 2
	"$oscanctl" project export "$@" >"$work/out" 2>"$work/err" </dev/null
	[ $? = "$status" ] || bad+="$*: another exit status than $status; "
	grep -qF -- "$text" "$work/out" "$work/err" ||
		bad+="$*: said \"$(tr '\n' ' ' <"$work/err")\"; "
	[ "$(grep -c '^oscanctl project: ' "$work/err")" -le 1 ] ||
		bad+="$*: not one sentence; "
}

# python TEXT: with the argument $work; each of its assertions must hold
python()
{
	python3 -I -c "import csv, json, math, sys, zipfile
work, scan = sys.argv[1:]
$1" "$work" "$scan" 2>"$work/err" || bad+="$(tail -n 1 "$work/err"); "
}

poses_are_the_measured_ones_of_the_metadata()
{
	says 0 'photos    3' Vase --csv "$work/poses.csv" \
		--transforms "$work/transforms.json" --colmap "$work/sparse"
	[ ! -s "$work/err" ] || bad+="$(<"$work/err"); "
	python '
rows = list(csv.DictReader(open(work + "/poses.csv")))
frames = json.load(open(work + "/transforms.json"))["frames"]
assert len(rows) == len(frames) == 3
for row, frame in zip(rows, frames):
    name = row["file"][:-4]
    said = json.load(open(f"{scan}/metadata/{name}.json"))
    measured = said["measured"]
    assert row["source"] == "measured"
    assert abs(float(row["theta"]) - measured["theta"]) < 1e-6, row
    assert abs(float(row["phi"]) - measured["fi"]) < 1e-6, row
    # Not where it was to go, but a whole step.
    assert measured["theta"] != said["scan_metadata"]["polar_coordinates"][
        "theta"]
    theta, phi = (math.radians(measured[a]) for a in ("theta", "fi"))
    place = [250 * math.sin(theta) * math.cos(phi),
             -250 * math.sin(theta) * math.sin(phi), 250 * math.cos(theta)]
    matrix = frame["transform_matrix"]
    for i in range(3):
        assert abs(matrix[i][3] - place[i]) < 1e-6, (matrix, place)
        # It looks at the origin: backward is outward.
        assert abs(matrix[i][2] - place[i] / 250) < 1e-9, (matrix, place)
    assert frame["file_path"] == scan + "/" + row["file"]
# 1.5 times the width, as scene.h has it, from the lens that the photos tell.
words = open(work + "/sparse/cameras.txt").read().split("\n")[1].split()
assert words == ["1", "PINHOLE", "160", "120", "240", "240", "80", "60"], words
'
}

a_zip_holds_the_scan_or_the_project()
{
	says 0 'files     ' Vase --scan 1 --zip "$work/scan.zip"
	says 0 '"files"' Vase --zip "$work/project.zip" --json
	python '
one = zipfile.ZipFile(work + "/scan.zip")
all = zipfile.ZipFile(work + "/project.zip")
assert one.testzip() is None and all.testzip() is None
photo = open(scan + "/scan01_001.jpg", "rb").read()
assert one.read("scan01/scan01_001.jpg") == photo
assert all.read("Vase/scan01/scan01_001.jpg") == photo
assert "Vase/openscan_project.json" in all.namelist()
'
}

what_is_there_is_not_overwritten()
{
	says 1 'File exists' Vase --csv "$work/poses.csv"
	says 1 'File exists' Vase --zip "$work/scan.zip"
	says 1 'File exists' Vase --colmap "$work/sparse"
}

what_cannot_be_is_told()
{
	says 2 'wanted --colmap, --transforms, --csv or --zip' Vase
	says 2 'name of a project' --csv "$work/x.csv"
	says 2 '--focal: wanted pixels' Vase --csv "$work/x.csv" --focal 0
	says 2 '--focal: wanted pixels' Vase --csv "$work/x.csv" --focal 5mm
	says 2 '--scan: wanted 1 to' Vase --csv "$work/x.csv" --scan 0
	says 1 'scan02' Vase --csv "$work/x.csv" --scan 2
	says 1 '' Nothing --csv "$work/x.csv"
	says 1 '' ../Vase --zip "$work/x.zip"
	says 1 'No such file' Vase --csv /nowhere/x.csv
	says 1 '' Vase --zip /nowhere/x.zip
	[ ! -e "$work/x.csv" ] && [ ! -e "$work/x.zip" ] ||
		bad+="something was written; "
	"$oscanctl" project show Vase --focal 3 2>"$work/err" &&
		bad+="show took --focal; "
	grep -q 'wanted with export' "$work/err" || bad+="$(<"$work/err"); "
}

of_several_scans_one_has_to_be_named()
{
	cp -r "$work/projects/Vase" "$work/projects/Two"
	cp -r "$work/projects/Two/scan01" "$work/projects/Two/scan02"
	sed -i 's/"index": 1/"index": 2/' "$work/projects/Two/scan02/scan.json"
	python '
path = work + "/projects/Two/openscan_project.json"
said = json.load(open(path))
said["scans"]["scan02"] = dict(said["scans"]["scan01"], index=2)
json.dump(said, open(path, "w"))
'
	says 2 'wanted --scan, found a project of 2 scans' Two \
		--csv "$work/two.csv"
}

# What OpenScan3 has written: no measured pose, no lens.
a_scan_of_OpenScan3_is_exported_with_what_it_knows()
{
	python '
import os
for name in os.listdir(scan + "/metadata"):
    path = scan + "/metadata/" + name
    said = json.load(open(path))
    del said["measured"]
    said["camera_metadata"]["raw_metadata"] = {}
    json.dump(said, open(path, "w"))
'
	says 1 'give one in pixels' Vase --colmap "$work/other"
	says 0 '3 of 3 photos have no measured pose' Vase \
		--colmap "$work/other" --focal 240 --clockwise
	grep -q '^1 PINHOLE 160 120 240 240 80 60$' \
		"$work/other/cameras.txt" || bad+="another camera; "
}

if ! said=$({ make -s userspace && make -s -C tests/model; } 2>&1); then
	echo "not ok the_model_builds: $(tail -n 1 <<<"$said")"
	exit 1
fi
if ! "$oscanctl" scan --project Vase --camera synthetic:pose=driver \
	--size 160x120 --shutter 10 --gain 1 --trust --points 3 \
	--method rings --min-theta 82 --max-theta 82 --min-phi 10 \
	--max-phi 60 --scan-radius-mm 250 >"$work/out" 2>&1; then
	echo "not ok a_scan_is_made: $(tail -n 1 "$work/out")"
	exit 1
fi
for test in poses_are_the_measured_ones_of_the_metadata \
	    a_zip_holds_the_scan_or_the_project \
	    what_is_there_is_not_overwritten \
	    what_cannot_be_is_told \
	    of_several_scans_one_has_to_be_named \
	    a_scan_of_OpenScan3_is_exported_with_what_it_knows; do
	bad=
	$test
	if [ -z "$bad" ]; then
		echo "ok $test"
	else
		echo "not ok $test: $bad"
		failed=1
	fi
done
exit $failed
