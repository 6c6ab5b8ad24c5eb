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
