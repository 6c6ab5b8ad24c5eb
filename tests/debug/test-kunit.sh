#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a guest that has CONFIG_KUNIT: the suites of oscan_kunit.ko.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"

suites=/sys/kernel/debug/kunit

# Cases stand one level in, under the line that says how many there are.
report_suite()
{
	local suite=$1 line name planned found=0

	planned=$(sed -n 's/^ *1\.\.//p' "$suites/$suite/results" | tail -n 1)
	while read -r line; do
		name=$suite.${line##* }
		found=$((found + 1))
		case $line in
		"ok "*)	pass "$name" ;;
		*)	fail "$name" "$(grep -m 1 -A 3 'EXPECTATION\|ASSERTION' \
				"$suites/$suite/results" | tr -s '\n\t #' ' ')" ;;
		esac
	done < <(sed -nE 's/^ {4}((not )?ok [0-9]+ [a-z0-9_]+)$/\1/p' \
		 "$suites/$suite/results")
	if [ "$found" = 0 ] || [ "$found" != "$planned" ]; then
		fail "$suite" "$found of ${planned:-no} cases reported"
	fi
}

expect the_module_loads insmod "$OSCAN_MODULES/oscan_kunit.ko" || exit 0
for suite in "$suites"/oscan_*; do
	if [ -r "$suite/results" ]; then
		report_suite "$(basename "$suite")"
	else
		fail oscan_kunit "it has no suite"
	fi
done
rmmod oscan_kunit
