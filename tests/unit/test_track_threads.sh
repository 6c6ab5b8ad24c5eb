#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A track is changed by one thread and asked by others, under ThreadSanitizer.
set -u

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=one_thread_adds_while_others_ask

if ! said=$(gcc -g -O1 -fsanitize=thread -D_GNU_SOURCE -Wall -Wextra \
		-Wno-unused-parameter -Iinclude/uapi -Iuserspace/liboscan \
		-o "$work/track-threads" tests/unit/track-threads.c \
		userspace/liboscan/track.c -lm -pthread 2>&1); then
	echo "not ok $name: it does not build: ${said//$'\n'/ }"
# Address space randomisation that this kernel may overdo for it.
elif said=$(setarch -R "$work/track-threads" 2>&1); then
	echo "ok $name"
else
	echo "not ok $name: ${said//$'\n'/ }"
fi
