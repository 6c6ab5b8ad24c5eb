#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# However a move is ended, the axis comes to rest softly and counts right.

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

load_rig max_accel_sps2=32 start_stop_fsps=1
run_cases stop-check
unload_rig
