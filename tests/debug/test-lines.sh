#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The cases of tests/vm/test-trigger.sh that need no interrupt of a gpio chip,
# for which the User-Mode kernel has no numbers.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

refuses_a_capture_line()
{
	insmod "$OSCAN_MODULES/oscan_rig.ko" captures=1 || return
	insmod "$OSCAN_MODULES/oscan_motor.ko" "$motor_parameters" || return
	[ ! -e /dev/oscan-motor ] || return
	dmesg | grep -q 'capture line strobe has no interrupt; it needs' ||
		return
	unload_rig
}

expect a_capture_line_without_an_interrupt_is_refused refuses_a_capture_line

load_rig triggers=2 max_accel_sps2=100000 start_stop_fsps=1
run_cases trigger-check
run_cases events-check \
	a_move_tells_when_it_begins_and_why_it_ends \
	commands_tell_what_they_did \
	each_file_gets_what_it_subscribed_to_and_nothing_else \
	bad_calls_are_refused_as_documented \
	what_nobody_reads_pushes_out_the_oldest_and_is_counted \
	a_read_that_waits_is_woken \
	a_device_that_goes_ends_every_wait
run_cases page-check \
	what_is_read_while_axes_move_is_of_one_moment \
	the_page_can_never_be_written \
	the_page_outlives_the_device
