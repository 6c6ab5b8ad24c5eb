#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What clients may do to oscand: tests/fuzz/http.py, its quick part.
set -u

if ! said=$({ make -s userspace && make -s -C tests/model; } 2>&1); then
	echo "not ok oscand_builds: $(tail -n 1 <<<"$said")"
	exit 1
fi
exec /usr/bin/python3 -I tests/fuzz/http.py
