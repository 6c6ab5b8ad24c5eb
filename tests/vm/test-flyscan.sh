#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl flyscan and report, in the guest: every frame is where the rig saw
# it.
#
#   test-flyscan.sh [TESTS...]	only these of those at the end of this file
#
# The tests are called by name.
# shellcheck disable=SC2317,SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/flyscan.sh
. "$OSCAN_TREE/tests/vm/flyscan.sh"

a_scan_has_every_frame_where_the_rig_saw_it()
{
	flyscan
	must_exit 0
	must grep -qE '^frames .* 0 lost$' "$work/out"
	must grep -qE '^steps +([0-9]+) commanded = \1 counted = \1 traced$' \
		"$work/out"
	must grep -q '^period .* asked, .* measured' "$work/out"
	must grep -q "the scan runs at that" "$work/err"
	must grep -qx "file      $(file_of 1)" "$work/out"
	must_be_paired "$(file_of 1)"
	must at_rest
}

a_scan_backwards_under_load_is_as_right()
{
	sha256sum "$(file_of 1)" >"$work/sums"
	start_load
	flyscan --start 6 --end -6 --json
	stop_load
	must_exit 0
	must_be_paired "$(file_of 2)"
}

json_is_one_object()
{
	/usr/bin/python3 -IS -c 'import json, sys
d = json.load(open(sys.argv[1]))
f, s = d["frames"], d["steps"]
assert f["lost"] == 0 and f["written"] == f["delivered"] > 0, d
assert f["expected"] == 13, d
assert s["commanded"] == s["counted"] == s["traced"] > 0, d
assert d["period"]["asked_s"] == 0.1 and d["period"]["measured_s"] > 0, d
assert d["file"].endswith("_000002.h5") and "error" not in d, d' \
		"$work/out" 2>"$work/json" || why+="$(cat "$work/json"); "
}

no_file_is_overwritten()
{
	must sha256sum --quiet -c "$work/sums"
	must test -s "$(file_of 2)"
}

the_report_stands_alone_and_the_edges_agree()
{
	oscanctl report "$(file_of 1)" --edges "$edges" -o "$work/page.html" \
		>"$work/out" 2>"$work/err"
	status=$?
	must_exit 0
	must grep -q '^pairing .* microsteps$' "$work/out"
	must grep -q 'data:image/jpeg;base64,/9j/' "$work/page.html"
	must grep -q '<svg ' "$work/page.html"
	! grep -oiE '(src|href|url)[=(]["'\'']?[^d"'\'' >][^"'\'' >]*' \
		"$work/page.html" >"$work/links" ||
		why+="it links to $(head -n 1 "$work/links"); "
	must grep -qiv '<script' "$work/page.html"
}

# All edges of STEP moved by half a second: no position is right any more.
the_report_finds_positions_that_the_edges_do_not_show()
{
	/usr/bin/python3 -I -c 'import numpy, sys
e = numpy.fromfile(sys.argv[1], [("t", "<u8"), ("l", "<u4"), ("v", "<u4")])
e["t"] += 500000000
e.tofile(sys.argv[2])' "$edges" "$work/shifted"
	oscanctl report "$(file_of 1)" --edges "$work/shifted" \
		-o "$work/page.html" >"$work/out" 2>"$work/err"
	status=$?
	must_exit 1
	must_say "found otherwise"
}

bad_files_for_the_report_are_told()
{
	local row

	echo "no scan" >"$work/text"
	for row in "$work/none|No such file" "$work/text|not HDF5"; do
		oscanctl report "${row%|*}" -o "$work/bad.html" >"$work/out" \
			2>"$work/err"
		status=$?
		must_exit 1
		must_say "${row#*|}"
	done
	oscanctl report "$(file_of 1)" --edges "$work/text" \
		-o "$work/bad.html" >"$work/out" 2>"$work/err"
	status=$?
	must_exit 1
	must_say "whole records"
	oscanctl report "$(file_of 1)" -o "$work/none/bad.html" >"$work/out" \
		2>"$work/err"
	status=$?
	must_exit 1
	must_say "wanted to write the page"
	must test ! -e "$work/bad.html"
}

load_rig || { fail rig "the modules do not load"; exit 1; }
load_vimc || { fail vimc "it does not load"; exit 1; }
tests=(a_scan_has_every_frame_where_the_rig_saw_it
       a_scan_backwards_under_load_is_as_right
       json_is_one_object
       no_file_is_overwritten
       the_report_stands_alone_and_the_edges_agree
       the_report_finds_positions_that_the_edges_do_not_show
       bad_files_for_the_report_are_told)
[ $# = 0 ] || tests=("$@")
for test in "${tests[@]}"; do
	run_test "$test"
done
