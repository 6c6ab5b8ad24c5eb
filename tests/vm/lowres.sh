#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a guest that was started with highres=off: the driver refuses to run.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"

refuses_and_says_why()
{
	insmod "$OSCAN_MODULES/oscan_rig.ko" || return
	insmod "$OSCAN_MODULES/oscan_motor.ko" || return
	if [ -e /dev/oscan-motor ]; then
		echo "it made /dev/oscan-motor"
		return 1
	fi
	if ! dmesg | grep -q 'oscan-motor.*needs high-resolution timers'; then
		echo "it said: $(dmesg | grep oscan-motor | tail -n 1)"
		return 1
	fi
}

expect without_high_resolution_timers_the_driver_refuses refuses_and_says_why
