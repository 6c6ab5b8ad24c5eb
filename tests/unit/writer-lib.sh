# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by test_writer_*.sh. Sourced at the top of the tree. Sets $work, a
# folder that goes away at the end, and $make, the program writer-make.

here=tests/unit
work=$(mktemp -d)
make=$work/writer-make
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

build()
{
	# Of the folder, what fly scans use.
	# shellcheck disable=SC2046
	gcc -O1 -g -D_GNU_SOURCE -fsanitize=address,undefined \
		-fno-sanitize-recover=undefined -Iuserspace/writer \
		$here/writer-make.c -o "$make" \
		$(find userspace/writer -name '*.c' ! -name 'photo*' \
			! -name 'project*' ! -name 'export*' \
			! -name 'stack*') -pthread \
		$(pkg-config --cflags --libs hdf5 jansson liblz4 libdeflate)
}

if ! said=$(build 2>&1); then
	echo "not ok writer_make_builds: $(tail -n 1 <<<"$said")"
	exit 1
fi
