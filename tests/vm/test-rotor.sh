#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rotor loses whole slips under what the old way does when it is held up,
# and nothing under the driver.

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

# shellcheck disable=SC2119
load_rig
progress "the old way here: $("$programs/oldway")"
run_cases rotor-check
unload_rig
