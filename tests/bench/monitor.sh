#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: what it costs to tell every step at the highest rate that the
# driver admits, and whether all of them arrive. $1: seconds of the run under
# load; the others, which only measure, take a sixth of it.
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
short=$(((seconds + 5) / 6))

# row NAME GROUP SECONDS
row()
{
	local said

	if said=$("$bench" "$2" "$3" 2>&1); then
		read -r asked made missed messages own all <<<"$said"
		[ -n "${alone-}" ] || alone=$all
		printf '%-24s %9s %9s %7s %9s %7s%% %7s%% %7s\n' "$1" "$asked" \
			"$made" "$missed" "$messages" "$own" "$all" \
			"$(awk -v a="$all" -v b="$alone" \
				'BEGIN { printf "%.2f", a / b }')" >>"$table"
		[ "$missed" = 0 ]
	else
		echo "$said"
		return 1
	fi
}

printf '%-24s %9s %9s %7s %9s %8s %8s %7s\n' "one subscriber to" "asked/s" \
	"steps/s" missed "messages/s" reader all ratio >"$table"
expect the_rig_loads load_rig max_speed_sps=1000000 \
	max_accel_sps2=4000000 || exit 0
expect none row "nothing" none "$short"
expect thin row "every 100th step" thin "$short"
expect trace row "every step" trace "$short"
start_load
expect trace_under_load row "every step, under load" trace "$seconds"
stop_load
