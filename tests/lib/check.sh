#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Run rings of tests and count.
#
#   check.sh RING...	style, unit, vm, debug, pi
#
# Each ring prints its result lines and appends them to the file that
# $OSCAN_RESULTS names: "ok NAME", "ok NAME # skip WHY" or "not ok NAME: WHY".
# All of them are in out/check/results afterwards. The last line printed is
# the count. Exit status 0: every test passed and at least one ran.
#
# A ring whose tests all passed is not run again as long as every file of the
# tree, every installed package and every kernel is the same: its results are
# told again. FRESH=1 runs it all the same.
#
# $T: for vm, only these of its tests. $KERNEL: for vm, only these kernels.
# $BUILD: for debug, build the kernel that takes long, too.
set -u

tree=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
cd "$tree" || exit
results=$tree/out/check/results

read -ra tests <<<"${T-}"

record()
{
	echo "$1"
	echo "$1" >>"$OSCAN_RESULTS"
}

run_ring()
{
	case $1 in
	style)	tests/lib/style.sh ;;
	unit)	env -u T -u MAKEFLAGS setpriv --pdeathsig TERM make \
			--no-print-directory -C tests/unit check ;;
	vm)	setpriv --pdeathsig TERM tests/vm/check "${tests[@]}" ;;
	debug)	setpriv --pdeathsig TERM tests/debug/check ${BUILD:+--build} ;;
	pi)	tests/pi/run ;;
	*)	echo "usage: check.sh style|unit|vm|debug|pi..." >&2
		exit 2 ;;
	esac
}

# A ring that dies, or forgets to run anything, must not look like success.
judge_ring()
{
	local ring=$1 status=$2

	if [ ! -s "$OSCAN_RESULTS" ]; then
		record "not ok $ring: it ran no test (exit status $status)"
	elif [ "$status" != 0 ] && ! grep -q '^not ok ' "$OSCAN_RESULTS"; then
		record "not ok $ring: exit status $status, though no test failed"
	fi
}

# A number for every file of the tree, every package and what was asked for.
sources()
{
	{
		find . \( -path ./out -o -path ./.git \) -prune -o \
			-type f -print0 | sort -z | xargs -0 sha256sum
		dpkg-query -W
		echo "$settings"
	} | sha256sum | cut -c 1-16
}

# passed_before RING: where it is remembered; the first run fetches kernels
passed_before()
{
	echo "$cache/passed/$1-$sources-$(cat "$cache"/kernels/* \
		"$cache"/debug/{version,*.build/root/release} 2>/dev/null |
		sha256sum | cut -c 1-16)"
}

remember()
{
	! grep -q '^not ok ' "$results.$1" && mkdir -p "$cache/passed" &&
		cp -p "$results.$1" "$(passed_before "$1")"
}

# remembered RING: the file, if it passed with the same of all
remembered()
{
	local before

	before=$(passed_before "$1")
	[ -n "${FRESH-}" ] || [ ! -s "$before" ] || echo "$before"
}

recall()
{
	local before

	before=$(remembered "$1")
	[ -n "$before" ] || return
	echo "== $1 passed on $(date -r "$before" '+%F at %R') with the same" \
	     "sources, packages and kernels; FRESH=1 runs it again"
	cp -p "$before" "$OSCAN_RESULTS"
	cat "$before"
}

# Each ring has a file of results, so that two can run at once.
ring()
{
	local started=$SECONDS

	export OSCAN_RESULTS=$results.$1
	recall "$1" && return
	: >"$OSCAN_RESULTS"
	echo "== $1"
	run_ring "$1"
	judge_ring "$1" $?
	echo "== $1 took $((SECONDS - started)) s"
}

tests/lib/deps.sh || exit
mkdir -p out/check
cache=${OSCAN_CACHE:-$HOME/.cache/oscan}
settings=$(env | grep -E '^(OSCAN_|FUZZ_|KERNEL=|T=|BUILD=)' | sort)
sources=$(sources)
# What more than one ring needs.
for name in "$@"; do
	if [ "$name" = style ] || [ -n "$(remembered "$name")" ]; then
		continue
	fi
	for folder in userspace tests/rotor tests/vm/prog tests/fuzz; do
		make --no-print-directory -j"$(nproc)" -C "$folder" || exit
	done
	break
done

# What runs in the background does not hear Ctrl-C.
trap 'kill $(jobs -p) 2>/dev/null' EXIT
trap 'exit 130' INT TERM HUP

# Rings wait more than they work: all run beside each other, but the Pi after what
# is short.
short=()
for name in "$@"; do
	case $name in
	style|pi) short+=("$name") ;;
	*)	ring "$name" & ;;
	esac
	[ "$name" != vm ] || export OSCAN_AFTER=$!
done
for name in "${short[@]}"; do
	ring "$name"
done
wait
# Not before: a ring may have fetched a kernel after another had ended.
if [ "$sources" = "$(sources)" ]; then
	for name in "$@"; do
		remember "$name"
	done
fi
export OSCAN_RESULTS=$results
cat "${@/#/$results.}" >"$OSCAN_RESULTS"

failed=$(grep -c '^not ok ' "$OSCAN_RESULTS")
skipped=$(grep -c '^ok .* # skip ' "$OSCAN_RESULTS")
passed=$(($(grep -c '^ok ' "$OSCAN_RESULTS") - skipped))
[ "$failed" = 0 ] || { echo; grep '^not ok ' "$OSCAN_RESULTS"; }
if [ "$skipped" = 0 ]; then
	echo "$passed passed, $failed failed"
else
	echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
