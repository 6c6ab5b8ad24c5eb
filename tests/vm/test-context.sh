#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Where the steps are written from: the kernel's own trace says for each of
# them in what context it was. On PREEMPT_RT an ordinary timer's would be a
# thread's, which load may hold up.

# begin_rig takes parameters of the rig, or none.
# shellcheck disable=SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/oscanctl.sh
. "$OSCAN_TREE/tests/vm/oscanctl.sh"

tracing=/sys/kernel/tracing

begin_rig
case $OSCAN_KERNEL in
*-rt)	must grep -qx 1 /sys/kernel/realtime ;;
esac
echo 0 >"$tracing/events/enable"
echo >"$tracing/trace"
echo 1 >"$tracing/events/oscan/oscan_step/enable"
start_load
run move turntable 200 --steps --json
stop_load
echo 0 >"$tracing/events/enable"
must_exit 0
must_stand_at turntable 200
grep 'oscan_step: ' "$tracing/trace" >"$work/trace"
must [ "$(wc -l <"$work/trace")" = 200 ]
# PROCESS-PID [CPU] FLAGS: interrupts off, and in a hard interrupt
elsewhere=$(grep -vE '\] [dD].[hHzZ][^ ]* ' "$work/trace")
must [ -z "$elsewhere" ]
[ -z "$elsewhere" ] || why+="$(wc -l <<<"$elsewhere") were not, first: ${elsewhere%%$'\n'*}; "
verdict each_step_is_written_in_hard_interrupt_context
