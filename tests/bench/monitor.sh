#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: what it costs to tell every step at the highest rate that the
# driver admits, and whether all of them arrive. $1: seconds of the run under
# load; the others, which only measure, are short. The last column is the share
# of the processor against that with no subscriber.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"

trap 'kill $ticker; stop_load; unload_rig' EXIT
# A machine that says nothing for long is taken for a dead one.
(while sleep 3; do progress "$(cut -d ' ' -f 1 /proc/uptime) s"; done) &
ticker=$!
table=$OSCAN_OUT/table
bench=$OSCAN_TREE/out/tests/vm/monitor-bench
seconds=$1
short=$((seconds < 5 ? seconds : 5))
alone=

# print_row NAME ASKED MADE MISSED MESSAGES READER ALL
print_row()
{
	local ratio

	alone=${alone:-$7}
	ratio=$(awk -v a="$7" -v b="$alone" 'BEGIN { printf "%.2f", a / b }')
	printf '%-24s %9s %9s %7s %9s %7s%% %7s%% %7s\n' "$@" "$ratio" \
		>>"$table"
}

# row TEST NAME GROUP SECONDS: a row of the table, and a test that nothing was
# missed
row()
{
	local said

	if ! said=$("$bench" "$3" "$4" 2>&1); then
		fail "$1" "$said"
		return
	fi
	read -ra said <<<"$said"
	print_row "$2" "${said[@]}"
	if [ "${said[2]}" = 0 ]; then
		pass "$1"
	else
		fail "$1" "${said[2]} steps were missed"
	fi
}

printf '%-24s %9s %9s %7s %9s %8s %8s %7s\n' "one subscriber to" "asked/s" \
	"steps/s" missed "messages/s" reader all ratio >"$table"
# The highest rate is what the driver measures, which can be relied on here.
motor_parameters='' expect the_rig_loads load_rig max_speed_sps=1000000 \
	max_accel_sps2=4000000 pulse_high_ns=100 pulse_low_ns=100 || exit 0
row nobody_listens "nothing" none "$short"
row nothing_is_missed_of_a_thinned_trace "every 100th step" thin "$short"
row nothing_is_missed "every step" trace "$short"
start_load
row nothing_is_missed_under_load "every step, under load" trace "$seconds"
stop_load
