#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: a fly scan of the turntable under load.
#
#   demo-guest.sh "FILES"	those that there are of earlier scans
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"

scan=/tmp/demo
trap stop_load EXIT

# The scan takes the first name that is free.
mkdir $scan
for file in $1; do
	: >"$scan/$file"
done

fly()
{
	oscanctl flyscan --axis turntable --start 0 --end 90 --density 1 \
		--period 0.1 --size 640x480 --output $scan \
		2> >(while read -r line; do progress "$line"; done) >$scan/said
}

write_report()
{
	oscanctl report "$file" --edges $scan/edges -o $scan/report.html \
		>$scan/checked
}

expect the_rig_and_the_driver_load load_rig || exit
expect the_camera_loads load_vimc || exit
expect the_motor_is_switched_on oscanctl enable turntable || exit
progress "four busy loops and a disk writer keep the machine busy from here on"
start_load
expect the_scan_loses_nothing fly
status=$?
stop_load
cat $scan/said
[ $status = 0 ] || exit
cat /dev/oscan-rig >$scan/edges
file=$(sed -n 's/^file *//p' $scan/said)
expect every_frame_is_where_the_rig_saw_it write_report

cp "$file" "$file.jsonl" $scan/edges $scan/report.html "$OSCAN_OUT/"
sed '/^file/d' $scan/said >"$OSCAN_OUT/summary"
sed '/^report/d' $scan/checked >>"$OSCAN_OUT/summary"
