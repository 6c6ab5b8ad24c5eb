#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bad input, field by field, and other calls at the same time.

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

load_rig triggers=1 captures=1 max_speed_sps=2500
run_cases fields-check
