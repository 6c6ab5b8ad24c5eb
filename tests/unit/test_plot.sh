#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl plot: pictures of trace files, looked at by others' programs; and
# the files themselves, read by h5py and h5dump.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

oscanctl=out/bin/oscanctl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

plot() { "$oscanctl" plot "$@" >"$work/out" 2>"$work/err"; }

# refused STATUS SENTENCE ARGS...
refused()
{
	local want=$1 sentence=$2 status

	shift 2
	plot "$@"
	status=$?
	[ "$status" = "$want" ] || { echo "$*: status $status"; return 1; }
	if [ "$(wc -l <"$work/err")" != 1 ] ||
	   ! grep -qF -- "$sentence" "$work/err"; then
		echo "$*: said $(<"$work/err")"
		return 1
	fi
}

a_trace_is_drawn_as_svg()
{
	plot "$work/t.h5" || return
	[ "$(<"$work/out")" = "$work/t.svg" ] &&
	/usr/bin/python3 - "$work/t.svg" <<-'END'
		import sys
		import xml.etree.ElementTree as tree
		svg = "{http://www.w3.org/2000/svg}"
		root = tree.parse(sys.argv[1]).getroot()
		assert root.tag == svg + "svg" and root.find(svg + "title").text
		texts = [text.text for text in root.iter(svg + "text")]
		for wanted in ("position of turntable (deg)",
		               "speed of turntable (deg/s)",
		               "lateness, the worst at each time", "10 ms"):
		    assert wanted in texts, (wanted, texts)
		assert texts[0].startswith("turntable in t.h5: 20000 steps in 9.3")
		# There and back: 1.125 deg, 1126 deg at rest, 1.125 deg again.
		lines = [[tuple(map(float, point.split(","))) for point in
		          line.get("points").split()]
		         for line in root.iter(svg + "polyline")]
		curve = max(lines, key=len)
		assert 200 < len(curve) < 8000, len(curve)
		heights = [y for x, y in curve]
		assert abs(heights[0] - heights[-1]) < 0.1, heights
		for x, y in curve:
		    assert 0 <= x <= 960 and 0 <= y <= 830, (x, y)
		# The 3 ms late ones, every thousandth: a bar each.
		tall = [rect for rect in root.iter(svg + "rect")
		        if rect.get("height") and "%" not in rect.get("height")
		        and float(rect.get("height")) > 150]
		assert len(tall) == 20, len(tall)
	END
}

a_trace_is_drawn_as_png()
{
	plot "$work/t.h5" -o "$work/t.png" || return
	/usr/bin/python3 - "$work/t.png" <<-'END'
		import struct, sys, zlib
		data = open(sys.argv[1], "rb").read()
		assert data[:8] == b"\x89PNG\r\n\x1a\n"
		chunks, at = {}, 8
		while at < len(data):
		    size, kind = struct.unpack(">I4s", data[at:at + 8])
		    body = data[at + 8:at + 8 + size]
		    crc, = struct.unpack(">I", data[at + 8 + size:at + 12 + size])
		    assert crc == zlib.crc32(kind + body)
		    chunks[kind] = chunks.get(kind, b"") + body
		    at += 12 + size
		width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
		assert (width, height) == (1920, 1660), (width, height)
		pixels = zlib.decompress(chunks[b"IDAT"])
		assert len(set(pixels)) > 20
	END
}

only_what_moved_is_drawn_unless_it_is_named()
{
	plot "$work/t.h5" && ! grep -q 'of a&lt;b' "$work/t.svg" &&
		plot "$work/t.h5" 'a<b&c' && grep -q 'a&lt;b&amp;c (mm)' "$work/t.svg" &&
		! grep -q turntable "$work/t.svg"
}

what_is_missing_is_shaded_and_not_drawn()
{
	plot "$work/g.h5" && grep -q 'steps are missing' "$work/g.svg" &&
		[ "$(grep -c '<rect.*fill="#f9dbb7"' "$work/g.svg")" = 3 ] &&
		[ "$(grep -c 'polyline.*stroke="#0c60aa"' "$work/g.svg")" = 4 ]
}

other_programs_read_the_trace()
{
	h5dump -A "$work/g.h5" >/dev/null &&
	/usr/bin/python3 - "$work/g.h5" <<-'END'
		import sys
		import h5py
		with h5py.File(sys.argv[1], "r") as file:
		    assert file.attrs["NX_class"] == "NXroot"
		    assert file["entry"].attrs["NX_class"] == "NXentry"
		    axis = file["entry/instrument/turntable"]
		    log = axis["value_log"]
		    assert log.attrs["NX_class"] == "NXlog"
		    assert log["time"].attrs["units"] == "s"
		    assert log["value"].attrs["units"] == "deg"
		    assert log["time_ns"].attrs["units"] == "ns"
		    assert len({len(column) for column in log.values()}) == 1
		    assert len(log["number"]) == 1900
		    assert list(log["number"][98:100]) == [99, 200]
		    begin = axis["begin_time_ns"][0]
		    assert abs(log["time"][0] - (log["time_ns"][0] - begin) / 1e9) < 1e-9
		    scale = axis["steps_per_unit"][()]
		    assert abs(scale - 3200 / 360) < 1e-9
		    assert abs(log["value"][5] - log["raw_value"][5] / scale) < 1e-9
		    assert list(axis["gaps/steps"]) == [100]
		    assert log["late"][5] == 60
		    assert file["entry/end_time"][()].endswith(b"Z")
	END
}

what_cannot_be_drawn_is_told_in_one_sentence()
{
	echo text >"$work/text.h5"
	h5copy -i "$work/t.h5" -o "$work/other.h5" -s /entry/instrument \
		-d /instrument
	refused 1 "No such file" "$work/none.h5" &&
		refused 1 "another kind of file" "$work/text.h5" &&
		refused 1 "another kind of file" "$work/other.h5" &&
		refused 1 "another kind of file" "$work" &&
		refused 1 'wanted axis "x"' "$work/t.h5" x &&
		refused 2 'ends in .svg or .png, found "x.jpg"' "$work/t.h5" -o x.jpg &&
		refused 2 'ends in .svg or .png, found ".png"' "$work/t.h5" -o .png &&
		refused 1 "No such file" "$work/t.h5" -o /nowhere/x.png &&
		refused 1 "No such file" "$work/t.h5" -o /nowhere/x.svg &&
		refused 1 "No space left" "$work/t.h5" -o "$work/full.svg" &&
		refused 1 "No space left" "$work/t.h5" -o "$work/full.png"
}

make=out/tests/unit/trace-make
if ! said=$({ "$make" "$work/t.h5" 20000 && "$make" "$work/g.h5" 2000 gap; } \
	    2>&1); then
	echo "not ok trace_make: $(tail -n 1 <<<"$said")"
	exit 1
fi
ln -s /dev/full "$work/full.svg.part"
ln -s /dev/full "$work/full.png.part"
for test in $(declare -F | cut -d ' ' -f 3 | grep -E '^(a|only|what|other)_'); do
	if said=$("$test" 2>&1); then
		echo "ok $test"
	else
		echo "not ok $test: $(tail -n 1 <<<"$said")"
		failed=1
	fi
done
exit $failed
