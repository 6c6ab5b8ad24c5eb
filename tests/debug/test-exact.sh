#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a guest whose clock moves only while everybody sleeps: the edges are
# where the schedule has them.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

expect the_rig_loads load_rig || exit 0
run_cases exact-check
unload_rig

load_rig start_stop_fsps=1
run_cases change-check
unload_rig

# Slow pulses, above what is waited out, and the fastest motion that has room
# for them.
load_rig pulse_high_ns=10000000 pulse_low_ns=10000000 max_speed_sps=45 \
	max_accel_sps2=1000000 enable_delay_ns=40000000
run_cases change-check a_pulse_that_ends_late_makes_the_next_step_late \
	a_new_target_keeps_the_pulses_apart \
	a_new_target_before_the_first_step_waits_for_the_driver
unload_rig
