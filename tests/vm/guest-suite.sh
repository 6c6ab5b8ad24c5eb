#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: run the tests test-NAME.sh, one after the other, each with
# modules of its own.
#
#   guest-suite.sh [NAMES...]	default: all of them
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
unset OSCAN_TEST OSCAN_SCRIPT_TIMEOUT

[ $# -gt 0 ] || set -- "$OSCAN_TREE"/tests/vm/test-*.sh
for test in "$@"; do
	name=$(basename "$test" .sh)
	name=${name#test-}
	# In the machine before this one, which died.
	[[ " ${OSCAN_DONE-} " != *" $name "* ]] || continue
	file=$OSCAN_TREE/tests/vm/test-$name.sh
	if [ ! -r "$file" ]; then
		fail "$name" "there is no tests/vm/test-$name.sh"
		continue
	fi
	started=$SECONDS
	run_script "$file"
	if ! unload_rig || ! unload_vimc; then
		fail "$name" "its modules cannot be removed"
	fi
	progress "$name took $((SECONDS - started)) s"
done
exit 0
