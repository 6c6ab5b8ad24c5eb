# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by test_writer_*.sh. Sourced at the top of the tree. Sets $work, a
# folder that goes away at the end, and $make, the program writer-make.

# shellcheck disable=SC2034
here=tests/unit
work=$(mktemp -d)
# shellcheck disable=SC2034
make=out/tests/unit/writer-make
trap 'rm -rf "$work"' EXIT

# report NAME COMMAND...: ok if the command succeeds.
report()
{
	local name=$1 said

	shift
	if said=$("$@" 2>&1); then
		echo "ok $name"
	else
		echo "not ok $name: $(tail -n 1 <<<"$said")"
	fi
}
