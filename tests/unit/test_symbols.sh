#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What liboscan's header declares, its symbol map names and the library
# exports is the same, and the header stands on its own.
set -u

lib=userspace/liboscan
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
includes=(-Iinclude/uapi "-I$lib")

# same NAME FILE FILE: the two lists agree.
same()
{
	local apart

	if [ ! -s "$2" ]; then
		echo "not ok $1: ${2##*/} is empty"
	elif apart=$(comm -3 "$2" "$3") && [ -z "$apart" ]; then
		echo "ok $1"
	else
		echo "not ok $1: only in one of them: ${apart//[$'\n\t']/ }"
	fi
}

# compiles NAME COMMAND...: the command succeeds and says nothing.
compiles()
{
	local name=$1 said

	shift
	if said=$("$@" 2>&1) && [ -z "$said" ]; then
		echo "ok $name"
	else
		echo "not ok $name: ${said//$'\n'/ }"
	fi
}

gcc -fpreprocessed -dD -E -P "$lib/oscan.h" 2>/dev/null |
	grep -oE '\boscan_[a-z0-9_]+\(' | tr -d '(' | sort -u >"$work/header"
sed -n '/global:/,/local:/s/^\t*\(oscan_[a-z0-9_]*\);/\1/p' \
	"$lib/liboscan.map" | sort >"$work/map"
# shellcheck disable=SC2046 # flags are words
gcc -shared -fPIC -D_GNU_SOURCE -fvisibility=hidden -o "$work/liboscan.so" \
	"${includes[@]}" $(pkg-config --cflags libnl-genl-3.0) "$lib"/*.c \
	-Wl,--version-script="$lib/liboscan.map" -Wl,-z,defs \
	$(pkg-config --libs libnl-genl-3.0) -lm
nm -D --defined-only "$work/liboscan.so" |
	awk '$2 != "A" { sub("@.*", "", $3); print $3 }' | sort >"$work/library"

same every_declared_function_is_in_the_map "$work/header" "$work/map"
same every_function_of_the_map_is_exported "$work/map" "$work/library"
same nothing_else_is_exported "$work/library" "$work/header"

sort -c "$work/map" 2>/dev/null && [ "$(sort "$work/map" | uniq -d)" = "" ] &&
	echo "ok no_function_is_named_twice" ||
	echo "not ok no_function_is_named_twice: $(uniq -d "$work/map")"

echo '#include "oscan.h"' >"$work/alone.c"
cp "$work/alone.c" "$work/alone.cpp"
compiles the_header_stands_alone_in_c gcc -std=c11 -Wall -Wextra -Wpedantic \
	-fsyntax-only "${includes[@]}" "$work/alone.c"
compiles the_header_stands_alone_in_cxx g++ -std=c++11 -Wall -Wextra \
	-fsyntax-only "${includes[@]}" "$work/alone.cpp"

# Every function linked from outside, as a program would.
{
	cat "$work/alone.c"
	echo 'const void *const all[] = {'
	sed 's/.*/(const void *)&,/' "$work/header"
	printf '};\nint main(void) { return !all[0]; }\n'
} >"$work/user.c"
compiles a_program_links_with_every_function gcc "${includes[@]}" \
	-o "$work/user" "$work/user.c" "$work/liboscan.so"
