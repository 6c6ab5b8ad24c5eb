#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Processors that go, suspend, removal of the module, 32-bit programs.

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

load_rig triggers=2 captures=1
expect a_32_bit_program_makes_every_request "$programs/compat-check"
unload_rig
load_rig refuse_suspend=1 start_stop_fsps=1
run_cases lifetime-check
