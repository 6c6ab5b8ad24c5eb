#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl report: what it makes of a scan, and of what is none.
#
# The tests are called by name.
# shellcheck disable=SC2317,SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/flyscan.sh
. "$OSCAN_TREE/tests/vm/flyscan.sh"

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
flyscan
must_exit 0
take_edges
for test in the_report_stands_alone_and_the_edges_agree \
	    the_report_finds_positions_that_the_edges_do_not_show \
	    bad_files_for_the_report_are_told; do
	run_test "$test"
done
