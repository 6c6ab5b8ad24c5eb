#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A camera of libgphoto2 that is not there, with libgphoto2 itself.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

oscanctl=${OSCANCTL:-out/bin/oscanctl}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

a_camera_that_is_not_there_is_one_sentence()
{
	local status

	"$oscanctl" diag --camera "gphoto2:No Such Model" \
		>"$work/out" 2>"$work/err" </dev/null
	status=$?
	[ "$status" = 1 ] || echo "exit status $status and not 1"
	[ "$(wc -l <"$work/err")" = 1 ] || echo "not one line"
	grep -q '^oscanctl diag: wanted the camera gphoto2:No Such Model, found: No such device; ' \
		"$work/err" || echo "said \"$(cat "$work/err")\""
}

try()
{
	local why

	why=$("$1")
	if [ -z "$why" ]; then
		echo "ok $1"
	else
		echo "not ok $1: $(echo "$why" | tr '\n' ';')"
		failed=1
	fi
}

try a_camera_that_is_not_there_is_one_sentence
exit $failed
