#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "oscanctl frames", "export" and "recover", and the example that reads a file
# in Python, on files of writer-make.
set -u

# shellcheck source=tests/unit/writer-lib.sh
. tests/unit/writer-lib.sh
oscanctl=${OSCANCTL:-out/bin/oscanctl}

# says STATUS SENTENCE COMMAND...: exit status and a part of what it says
says()
{
	local want=$1 sentence=$2 said status

	shift 2
	said=$("$@" 2>&1)
	status=$?
	if [ $status != "$want" ] || ! grep -qF -- "$sentence" <<<"$said"; then
		echo "$*: status $status: $said"
		return 1
	fi
}

make_scan()
{
	"$make" "$work/$1.h5" "${@:2}" >/dev/null
}

frames_are_listed()
{
	make_scan scan 5 40 30 3 && make_scan bare 3 40 30 1 last || return
	"$oscanctl" frames "$work/scan.h5" >"$work/table" &&
		"$oscanctl" frames --csv "$work/scan.h5" >"$work/csv" &&
		"$oscanctl" frames --json "$work/scan.h5" >"$work/json" &&
		"$oscanctl" frames --json "$work/bare.h5" >"$work/bare" ||
		return
	grep -qE '^ +3 +0\.100000 +1\.500000 +0\.010000  yes  \(bad\)$' \
		"$work/table" || { cat "$work/table"; return 1; }
	/usr/bin/python3 - "$work" <<-'END'
	import csv, json, sys
	rows = list(csv.DictReader(open(sys.argv[1] + "/csv")))
	table = json.load(open(sys.argv[1] + "/json"))
	bare = json.load(open(sys.argv[1] + "/bare"))
	assert (table["axis"], table["unit"]) == ("turntable", "deg"), table
	for n, (row, frame) in enumerate(zip(rows, table["frames"], strict=True)):
	    want = {"frame": n, "time_ns": 10**12 + n * 33333333,
	            "sequence": 3 * n, "good": n % 2 == 0,
	            "position": 0.5 * n if n else None, "uncertainty": 0.01,
	            "in_scan": n % 2 == 1}
	    assert frame == want, (frame, want)
	    assert row["position_deg"] == ("%.9g" % (0.5 * n) if n else ""), row
	    assert row["in_scan"] == str(n % 2) and int(row["sequence"]) == 3 * n
	assert len(rows) == 5 and len(bare["frames"]) == 3
	assert bare["axis"] is None and bare["frames"][0]["position"] is None
	END
}

images_are_written()
{
	"$oscanctl" export "$work/scan.h5" "$work/images" --tiff --png \
		>"$work/said" || return
	[ "$(ls -x -w 0 "$work/images")" = "frame_000001.png  frame_000001.tif  frame_000003.png  frame_000003.tif  frames.csv" ] || {
		ls "$work/images"
		return 1
	}
	cmp "$work/images/frames.csv" "$work/csv" || return
	grep -q '^images    4$' "$work/said" || return
	says 1 "found that there is one" \
		"$oscanctl" export "$work/scan.h5" "$work/images" --csv &&
	says 0 "images    5" \
		"$oscanctl" export "$work/scan.h5" "$work/all" --png --all &&
	says 0 "images    3" \
		"$oscanctl" export "$work/bare.h5" "$work/some" --tiff
}

wrong_calls_are_told()
{
	echo "no HDF5" >"$work/text"
	says 2 "found none" "$oscanctl" export "$work/scan.h5" "$work/x" &&
		says 2 "found both" "$oscanctl" frames --csv --json x &&
		says 1 "not HDF5" "$oscanctl" frames "$work/text" &&
		says 1 "No such file" "$oscanctl" export "$work/none.h5" x --csv &&
		says 1 "not HDF5" "$oscanctl" recover "$work/text" &&
		says 1 "No such file" "$oscanctl" recover "$work/none.h5" &&
		says 0 "nothing to recover" "$oscanctl" recover "$work/scan.h5" &&
		says 1 "wanted to make the folder" \
			"$oscanctl" export "$work/scan.h5" "$work/text/x" --csv
}

# All of it on a file whose writer was killed.
a_killed_scan_is_recovered()
{
	local deadline=$((SECONDS + 60)) writer sum

	"$make" "$work/killed.h5" 20 64 48 3 endless >"$work/said" 2>&1 &
	writer=$!
	until grep -q '^written' "$work/said"; do
		[ $SECONDS -lt $deadline ] || { echo "no frames"; return 1; }
		sleep 0.02
	done
	says 1 "a scan is writing it" "$oscanctl" recover "$work/killed.h5" || {
		kill -KILL $writer
		return 1
	}
	kill -KILL $writer
	wait $writer 2>/dev/null
	says 1 "oscanctl recover" "$oscanctl" frames "$work/killed.h5" ||
		return
	sum=$(sha256sum <"$work/killed.h5")
	says 0 "file      $work/killed.recovered.h5" \
		"$oscanctl" recover "$work/killed.h5" || return
	[ "$sum" = "$(sha256sum <"$work/killed.h5")" ] || {
		echo "the original has changed"
		return 1
	}
	/usr/bin/python3 $here/writer-read.py "$work/killed.recovered.h5" \
		"$(sed -n 's/written //p' "$work/said")" 64 48 3 recovered &&
		/usr/bin/python3 $here/writer-documents.py \
			fail "$work/killed.recovered.h5" &&
		says 1 "choose another name" \
			"$oscanctl" recover "$work/killed.h5" &&
		says 0 '"recovered": true' "$oscanctl" recover --json \
			-o "$work/again.h5" "$work/killed.h5" &&
		says 0 "frame" "$oscanctl" frames "$work/again.h5"
}

# Documents that stand where it is recovered to are told of, and left.
no_rest_of_a_recovery_is_taken_for_one()
{
	local rest=$work/rests/killed.recovered.h5

	mkdir "$work/rests" && cp "$work/killed.h5"* "$work/rests" || return
	: >"$rest.part"
	: >"$rest.jsonl"
	says 1 "found $rest.jsonl in the way" "$oscanctl" flyscan \
		--resume "$work/rests/killed.h5" && rm "$rest.jsonl" &&
		says 0 "file      $rest" \
			"$oscanctl" recover "$work/rests/killed.h5"
}

# A dot for each position that is known, and for each uncertainty; no frame
# of the scan has another beside it.
a_scan_is_drawn()
{
	says 0 "$work/scan.svg" "$oscanctl" plot "$work/scan.h5" &&
	says 0 "$work/scan.png" "$oscanctl" plot "$work/scan.h5" turntable \
		-o "$work/scan.png" &&
	says 1 "a scan of turntable" "$oscanctl" plot "$work/scan.h5" other &&
	says 1 "none" "$oscanctl" plot "$work/bare.h5" &&
	[ "$(head -c 4 "$work/scan.png" | tail -c 3)" = PNG ] &&
	/usr/bin/python3 - "$work/scan.svg" <<-'END'
	import sys
	import xml.etree.ElementTree as tree
	svg = "{http://www.w3.org/2000/svg}"
	root = tree.parse(sys.argv[1]).getroot()
	texts = [text.text for text in root.iter(svg + "text")]
	for wanted in ("position of the frames (deg)",
	               "error of the spacing from frame to frame (deg)",
	               "standard uncertainty of the position (deg)"):
	    assert wanted in texts, (wanted, texts)
	assert "5 frames, 2 of them in the scan" in texts[0], texts[0]
	dots = [rect for rect in root.iter(svg + "rect")
	        if rect.get("width") == rect.get("height") != "100%"]
	assert len(dots) == 4 + 0 + 5, len(dots)
	assert list(root.iter(svg + "polyline")) or list(root.iter(svg + "path"))
	END
}

# change NAME FROM: a copy of the scan FROM, after what python on standard input
# makes of "flyscan", its parameters, and "data".
change()
{
	cp "$work/$2.h5" "$work/$1.h5" &&
	/usr/bin/python3 -c 'import sys, h5py, numpy
with h5py.File(sys.argv[1], "r+") as file:
    flyscan, data = file["entry/flyscan"], file["entry/data"]
    log = file["entry/instrument/turntable/value_log"]
    def put(name, value):
        if name in flyscan:
            del flyscan[name]
        flyscan[name] = value
    exec(sys.stdin.read())' "$work/$1.h5"
}

# page NAME WORDS...: the report of that scan says each
page()
{
	local file=$work/$1.h5 word

	shift
	"$oscanctl" report "$file" -o "$work/page.html" >"$work/said" || return
	for word in "$@"; do
		grep -qF -- "$word" "$work/page.html" || {
			echo "not in the report: $word"
			return 1
		}
	done
}

frames_lost_are_told()
{
	make_scan twice 9 40 30 3 || return
	change whole twice <<-'END' || return
	put("status", "complete")
	put("passes", 2)
	put("ledger/copied", 4)
	END
	change lossy whole <<<'put("ledger/lost", 30)' || return
	change gappy whole <<<'put("ledger/unpaired", 2)' || return
	page whole "Complete: no frame lost" "42 expected" \
		"7 in the file" "0 lost; 4 are of an earlier scan" &&
	page lossy "30 frames lost, 0 without a position" "30 lost" &&
	page gappy "0 frames lost, 2 without a position"
}

# From one place to the next 33.3 ms; from pass to pass, with no frame between,
# 2 s and 0.5 degree back.
passes_are_held_apart()
{
	change passes twice <<-'END' || return
	put("pairing/pass", [0, 1, 1, 1, 1, 2, 2, 2, 0])
	data["in_scan"][...] = flyscan["pairing/pass"][:] > 0
	flyscan["pairing/time_ns"][5:] += 2 * 10**9
	END
	page passes "33.33 to 33.33 ms in the pass" &&
		"$oscanctl" plot "$work/passes.h5" >"$work/said" || return
	# 8 positions are known, 5 spacings, and 9 uncertainties.
	[ "$(dots "$work/passes.svg")" = 22 ] ||
		{ echo "dots: $(dots "$work/passes.svg")"; return 1; }
}

dots()
{
	/usr/bin/python3 - "$1" <<-'END'
	import sys
	import xml.etree.ElementTree as tree
	print(sum(rect.get("width") == rect.get("height") != "100%" for rect in
	          tree.parse(sys.argv[1]).iter("{http://www.w3.org/2000/svg}rect")))
	END
}

# The two earlier scans ran for an hour longer, before the machine was started.
earlier_scans_are_of_another_clock()
{
	change resumed twice <<-'END' || return
	put("earlier/frames", [2, 3])
	put("earlier/steps", [300, 200])
	flyscan["pairing/time_ns"][:5] += 3600 * 10**9
	log["time_ns"][:500] += 3600 * 10**9
	END
	page resumed "the 500 steps" "Not shown: 5 frames" || return
	if grep -qE '<title>frame [0-4]:|>[0-9]{4}</text>' "$work/page.html"; then
		echo "what is of an earlier scan is drawn"
		return 1
	fi
	"$oscanctl" frames "$work/resumed.h5" |
		awk 'NR > 1 { print $2 }' >"$work/times"
	[ "$(paste -sd' ' "$work/times")" = "0.000000 0.033333 0.000000 0.033333 0.066667 0.000000 0.033333 0.066667 0.100000" ] ||
		{ paste -sd' ' "$work/times"; return 1; }
}

the_example_reads_it()
{
	says 0 "2 of them in the scan, 0.500000 to 1.500000 deg" \
		/usr/bin/python3 userspace/examples/read-scan.py \
		"$work/scan.h5"
}

report frames_are_listed_with_their_positions frames_are_listed
report images_are_written_and_nothing_is_overwritten images_are_written
report wrong_calls_are_told wrong_calls_are_told
report a_killed_scan_is_recovered_and_the_original_kept \
	a_killed_scan_is_recovered
report a_scan_is_not_completed_from_the_rest_of_a_recovery \
	no_rest_of_a_recovery_is_taken_for_one
report a_scan_is_drawn_with_its_frames a_scan_is_drawn
report a_report_is_of_all_frames_and_tells_those_lost frames_lost_are_told
report passes_without_a_frame_between_are_held_apart passes_are_held_apart
report earlier_scans_are_left_out_or_have_their_own_clock \
	earlier_scans_are_of_another_clock
report the_example_reads_a_scan_with_h5py_alone the_example_reads_it
