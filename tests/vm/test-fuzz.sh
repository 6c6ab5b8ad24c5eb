#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Random requests and messages, good and bad, from several threads; at the end
# what the driver counted is what the rig recorded.
#
#   test-fuzz.sh [CALLS [SEED]]

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"

calls=${1-100000}
seed=${2-$(date +%s)}
name=random_calls_do_no_harm_and_every_step_is_counted

fuzz()
{
	local status

	"$OSCAN_TREE/out/tests/fuzz/fuzz" "$calls" "$seed" 2>&1
	status=$?
	# A sentence that says what is wrong has no end of line.
	printf '\nexit status %d\n' $status
}

said=
before=
# So that the first step of a move comes soon.
load_rig max_accel_sps2=100000 triggers=1 captures=1
while read -r line; do
	[ -n "$line" ] || continue
	progress "${line#\# }"
	before=$said
	said=$line
done < <(fuzz)
case $said in
"exit status 0") pass "$name" ;;
*)	fail "$name" "FUZZ_CALLS=$calls FUZZ_SEED=$seed: $before, $said" ;;
esac
