#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Lines that go with the motion, and what comes up besides the trace: compare
# output, capture input, events, the page.

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

load_rig triggers=1 captures=1 stops=1 max_accel_sps2=100000
run_cases trigger-check
run_cases capture-check
run_cases events-check
run_cases page-check
