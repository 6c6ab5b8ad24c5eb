#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bad input, field by field, and other calls at the same time.

# load_rig takes parameters of the rig, or none.
# shellcheck disable=SC2119

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

load_rig
run_cases fields-check
