#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Files of the writer, read by programs that nobody here wrote: h5py, h5dump
# and silx.
set -u

# shellcheck source=tests/unit/writer-lib.sh
. tests/unit/writer-lib.sh

# round_trip FRAMES WIDTH HEIGHT BYTES [last|whole [COMPRESSION]]
round_trip()
{
	local file=$work/$1-$2x$3x$4${5:+-$5}${6:+-$6}.h5 said bare=

	said=$("$make" "$file" "$@") || { echo "$said"; return 1; }
	[ "$said" = "written $1" ] || { echo "$said"; return 1; }
	[ "${5-}" != last ] || bare=bare
	/usr/bin/python3 $here/writer-read.py "$file" "$1" "$2" "$3" "$4" $bare
}

# Frames of $1, with 7 left over for bitshuffle, and one too small to shrink.
compressed()
{
	round_trip 20 99 101 1 whole "$1" && round_trip 3 1 1 1 whole "$1" ||
		return
	[ "$(stat -c %s "$work/20-99x101x1-whole-$1.h5")" -lt 240000 ] || {
		echo "the file did not become smaller"
		return 1
	}
	/usr/bin/python3 - "$1" "$work/20-99x101x1-whole-$1.h5" \
		"$work/3-1x1x1-whole-$1.h5" <<-'END'
	import sys
	import h5py
	kind = {"deflate": [1], "shuffle-deflate": [2, 1], "lz4": [32004],
	        "bitshuffle-lz4": [32008]}[sys.argv[1]]
	for path, plain in ((sys.argv[2], False), (sys.argv[3], True)):
	    data = h5py.File(path, "r")["/entry/data/data"].id
	    plist = data.get_create_plist()
	    have = [plist.get_filter(n)[0] for n in range(plist.get_nfilters())]
	    mask = data.get_chunk_info(0).filter_mask
	    if have != kind or bool(mask) != plain:
	        sys.exit(f"{path}: filters {have}, left out {mask:b}")
	END
}

# The bytes that h5dump takes out, against those that went in.
h5dump_agrees()
{
	local file=$work/3-40x30x3.h5

	h5dump -d /entry/data/data -b LE -o "$work/pixels" "$file" \
		>/dev/null || return
	perl -e 'my ($n, $size) = (3, 40 * 30 * 3);
		for my $i (0 .. $n - 1) {
			print pack("C*", map { (7 * $i + 31 * $_ +
				int($_ / 256)) & 255 } 0 .. $size - 1);
		}' >"$work/wanted"
	[ "$(stat -c %s "$work/wanted")" = 10800 ] &&
		cmp "$work/pixels" "$work/wanted" &&
		h5dump -A "$file" | grep -q 'CSET H5T_CSET_UTF8'
}

silx_agrees()
{
	/usr/bin/python3 - "$@" <<-'END'
	import sys
	import h5py
	from silx.io.nxdata import get_default
	from silx.io.nxdata.parse import NXdata
	for path in sys.argv[1:]:
	    with h5py.File(path, "r") as file:
	        for name in ("/entry/data", "/entry/in_scan", "/tomo/data"):
	            if name not in file:
	                continue
	            data = NXdata(file[name])
	            if not data.is_valid or data.issues:
	                sys.exit(f"{path}: {name}: {data.issues}")
	        if get_default(file).group.name != "/entry/data":
	            sys.exit("the default is another group")
	END
}

# What the successor's master file has, in this one: the frames of the scan as
# a view, where each was at the begin, the middle and the end of its exposure,
# its number, its place in the file and its time; and this is what opens first.
R76_R132_the_frames_of_the_scan_are_a_view_with_their_positions()
{
	"$make" "$work/view.h5" 20 16 9 1 >/dev/null || return
	/usr/bin/python3 - "$work/view.h5" <<-'END'
	import sys
	import h5py
	import numpy as np
	with h5py.File(sys.argv[1], "r") as file:
	    entry = file[file.attrs["default"]]
	    assert entry[entry.attrs["default"]].name == "/entry/data"
	    view, data = entry["in_scan"], entry["data"]
	    assert view.attrs["NX_class"] == "NXdata"
	    assert view.attrs["signal"] == "data"
	    assert list(view.attrs["axes"]) == ["turntable", ".", "."]
	    assert view["data"].is_virtual and view["data"].shape == (10, 9, 16)
	    rows = view["frame_index"][:]
	    assert list(rows) == list(range(1, 20, 2)), rows
	    assert all(len(source.file_name) and source.file_name == "."
	               for source in view["data"].virtual_sources())
	    detector = entry["instrument/detector"]
	    for k, row in enumerate(rows):
	        assert np.array_equal(view["data"][k], data["data"][row])
	        assert view["turntable"][k] == data["turntable"][row] == row / 2
	        assert data["turntable_start"][row] == row / 2 - 0.125
	        assert data["turntable_end"][row] == row / 2 + 0.125
	        assert detector["sequence_number"][row] == 3 * row
	        assert (data["sensor_timestamp"][row] ==
	                1000000000000 + 33333333 * row)
	END
}

report a_file_without_frames_can_be_read round_trip 0 40 30 3
report a_file_with_one_frame_can_be_read round_trip 1 40 30 3
report a_file_with_two_frames_can_be_read round_trip 2 40 30 1
report three_frames_in_colour_come_back round_trip 3 40 30 3
report a_thousand_frames_come_back round_trip 1000 16 9 1
report frames_without_positions_come_back round_trip 20 64 48 3 last
report frames_of_one_pixel_come_back round_trip 5 1 1 1
report h5dump_takes_out_what_went_in h5dump_agrees
for sort in grey-2-40x30x1 colour-3-40x30x3; do
	report "the_header_documents_the_${sort%%-*}_file_and_no_more" \
		/usr/bin/python3 $here/writer-layout.py \
		userspace/writer/writer.h "$work/${sort#*-}.h5" "${sort%%-*}"
done
for kind in deflate shuffle-deflate lz4 bitshuffle-lz4; do
	report "${kind//-/_}_is_what_the_filter_reads" compressed $kind
done
report R76_R132_the_frames_of_the_scan_are_a_view_with_their_positions \
	R76_R132_the_frames_of_the_scan_are_a_view_with_their_positions
name=silx_finds_no_fault_in_the_nxdata
if /usr/bin/python3 -c 'import silx.io.nxdata.parse' 2>/dev/null; then
	report $name silx_agrees "$work"/[123]-*.h5 "$work"/*-last.h5
else
	echo "ok $name # skip python3-silx is not installed"
fi

# The NeXus library's own program goes through every group.
nxdir_agrees()
{
	local said

	said=$(nxdir "$work/3-40x30x3.h5" -p "$1" 2>&1)
	grep -q "$2" <<<"$said" || { echo "nxdir said: $said"; return 1; }
}

nxdir_reads()
{
	nxdir_agrees /NXentry/NXinstrument/NXdetector/data 3 &&
		nxdir_agrees /NXentry/NXdata/turntable 3
}

name=nxdir_finds_the_frames
if command -v nxdir >/dev/null; then
	report $name nxdir_reads
else
	echo "ok $name # skip nexus-tools is not installed"
fi

# HDF5, compiled for browsers: from npm, once.
h5wasm=${OSCAN_CACHE:-$HOME/.cache/oscan}/h5wasm
h5wasm_is_there()
{
	command -v node >/dev/null && command -v npm >/dev/null || return
	[ ! -d "$h5wasm/node_modules/h5wasm" ] || return 0
	mkdir -p "${h5wasm%/*}"
	timeout 60 npm install --silent --no-audit --no-fund \
		--prefix "$work/h5wasm" h5wasm@0.10.3 >/dev/null 2>&1 &&
		cp -rT "$work/h5wasm" "$h5wasm.$$" &&
		mv -T "$h5wasm.$$" "$h5wasm"
}

"$make" "$work/3-40x30x3-whole-deflate.h5" 3 40 30 3 whole deflate >/dev/null
name=h5wasm_reads_pixels_and_the_view_of_the_scan
if h5wasm_is_there; then
	report $name node $here/writer-h5wasm.mjs "$h5wasm" \
		"$work/3-40x30x3.h5" "$work/3-40x30x3-whole-deflate.h5"
else
	echo "ok $name # skip node and npm, or what they fetch, is not there"
fi

documents_agree()
{
	/usr/bin/python3 $here/writer-documents.py success "$@"
}

any_name_will_do()
{
	local file=$work/$'a "b" %41 #?\u00fc\xff.h5'

	"$make" "$file" 2 40 30 1 >/dev/null && documents_agree "$file"
}

report a_file_may_have_any_name any_name_will_do
report the_documents_follow_the_event_model documents_agree \
	"$work/0-40x30x3.h5" "$work/2-40x30x1.h5" "$work/1000-16x9x1.h5" \
	"$work/20-64x48x3-last.h5"
