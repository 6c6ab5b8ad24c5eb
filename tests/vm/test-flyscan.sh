#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl flyscan, in the guest: every frame is where the rig saw
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
	must ended_with success 1
	must at_rest
}

a_scan_backwards_under_load_is_as_right()
{
	sha256sum "$(file_of 1)" >"$work/sums"
	start_load
	flyscan --start 6 --end -6 --compression lz4 --json
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
p, w = d["period"], [w["type"] for w in d["warnings"] if w["message"]]
assert len(w) == len(d["warnings"]), d
assert ("FlyscanPeriodWarning" in w) == (p["used_s"] != p["asked_s"]), d
assert d["file"].endswith("_000002.h5") and "error" not in d, d' \
		"$work/out" 2>"$work/json" || why+="$(cat "$work/json"); "
}

no_file_is_overwritten()
{
	must sha256sum --quiet -c "$work/sums"
	must test -s "$(file_of 2)"
}

load_rig || { fail rig "the modules do not load"; exit 1; }
load_vimc || { fail vimc "it does not load"; exit 1; }
tests=(a_scan_has_every_frame_where_the_rig_saw_it
       a_scan_backwards_under_load_is_as_right
       json_is_one_object
       no_file_is_overwritten)
[ $# = 0 ] || tests=("$@")
for test in "${tests[@]}"; do
	run_test "$test"
done
