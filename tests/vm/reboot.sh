#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: have the turntable move when the machine is switched off,
# which is what the harness does next. What came of it the rig tells on the
# console, and tests/vm/check judges.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"

# It takes 2 s to stop: time to ask for another move.
load_rig start_stop_fsps=1 max_accel_sps2=200
: >/tmp/it-moves
# A session of its own, or it would be killed with this script.
setsid "$OSCAN_TREE/out/tests/vm/lifetime-check" the_turntable_moves \
	>/tmp/mover.log 2>&1 &
dmesg -n 7
expect the_turntable_moves_when_the_machine_is_switched_off \
	wait_until 20 test -s /tmp/it-moves
