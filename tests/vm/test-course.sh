#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Moves that change while they run, wait for each other or belong together.

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

load_rig
run_cases course-check
start_load
run_cases -s under_load course-check a_new_target_may_come_at_any_moment
stop_load
unload_rig

load_rig max_accel_sps2=32 start_stop_fsps=1
run_cases course-check a_stop_at_a_seam_is_soft
unload_rig

load_rig start_stop_fsps=1
run_cases course-check a_stumble_in_a_stop_of_hours_goes_on
unload_rig

load_rig backlash_steps=40
run_cases course-check play_is_always_on_the_same_side
unload_rig
