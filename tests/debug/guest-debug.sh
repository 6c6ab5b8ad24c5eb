#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In an instrumented guest: run tests, each with modules of its own, and after
# each of them look for what it left behind.
#
#   guest-debug.sh NAMES...	test-NAME.sh of tests/debug or of tests/vm
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
unset OSCAN_TEST OSCAN_SCRIPT_TIMEOUT

leaks=/sys/kernel/debug/kmemleak

# kmemleak says nothing of what is younger than five seconds, and believes in
# a leak when it has seen the same twice. What an idle stack still points to
# hides from it: only what leaks more than once is sure to be found.
nothing_leaked()
{
	local said

	sleep 6
	echo scan >"$leaks" || return
	sleep 1
	echo scan >"$leaks" || return
	said=$(grep -A 12 '^unreferenced' "$leaks")
	echo clear >"$leaks"
	[ -n "$said" ] || return 0
	echo "$said" >&2
	echo "$(grep -c '^unreferenced' <<<"$said") leaks, the first from" \
	     "$(grep -m 1 -A 12 backtrace <<<"$said" | tail -n 6 |
		tr -s ' \n' ' ')"
	return 1
}

# The kernel turns them on a little after it has started.
timers_are_exact()
{
	grep -q '^ *\.hres_active *: 1' /proc/timer_list
}

wait_until 30 timers_are_exact || progress "no high-resolution timers"
for name in "$@"; do
	file=$OSCAN_TREE/tests/debug/test-$name.sh
	[ -r "$file" ] || file=$OSCAN_TREE/tests/vm/test-$name.sh
	if [ ! -r "$file" ]; then
		fail "$name" "there is no test-$name.sh"
		continue
	fi
	if [ -e $leaks ]; then
		echo scan >"$leaks"
		echo clear >"$leaks"
	fi
	started=$(date +%s)
	OSCAN_SCRIPT_TIMEOUT=$OSCAN_LIMIT run_script "$file"
	unload_rig || fail "$name" "its modules cannot be removed"
	progress "$name took $(($(date +%s) - started)) s"
	[ ! -e $leaks ] || expect "nothing_leaks_in_$name" nothing_leaked
done
true	# each failure is a result
