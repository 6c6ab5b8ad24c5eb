#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The style ring: one result line for each check, the findings above it.
set -u

tree=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
cd "$tree" || exit
work=$tree/out/style
mkdir -p "$work"
failed=0

record()
{
	echo "$1"
	[ -z "${OSCAN_RESULTS-}" ] || echo "$1" >>"$OSCAN_RESULTS"
}

# judge NAME FILE: FILE holds what a check complained of.
judge()
{
	if [ -s "$2" ]; then
		head -n 60 "$2"
		record "not ok style $1: $(grep -c . "$2") lines of complaint"
		failed=1
	else
		record "ok style $1"
	fi
}

# What git would commit, or everything where there is no git.
files()
{
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -co --exclude-standard
	else
		find . -path ./out -prune -o -type f -printf '%P\n'
	fi | while read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done
}

c_files() { files | grep -E '\.[ch]$'; }

shell_files()
{
	files | while read -r file; do
		case $file in
		*.sh) echo "$file" ;;
		*.*) ;;
		*)	head -n 1 "$file" | grep -qE '^#!.*sh$' &&
				echo "$file" ;;
		esac
	done
}

licences='GPL-2\.0( WITH Linux-syscall-note)?|(GPL-2\.0|LGPL-2\.1)-or-later'
licences="$licences|\(GPL-2\.0-only OR BSD-2-Clause\)"

check_spdx()
{
	files | grep -vE '^LICENSES/|\.(md|png|json|dtb)$' |
	while read -r file; do
		[ -s "$file" ] || continue
		head -n 2 "$file" |
		grep -qE "SPDX-License-Identifier: ($licences)( |\$)" ||
			echo "$file: its first line names no licence of LICENSES/"
	done
}

check_shell()
{
	shell_files | xargs -r shellcheck -x -P "$tree" 2>&1
}

# What checkpatch wants of every file that only the kernel can have: its own
# functions and macros (strscpy, ARRAY_SIZE, kstrtoint, __printf, READ_ONCE in
# place of volatile, which userspace needs for signal handlers).
kernel_only=STRCPY,STRNCPY,STRLCPY,ARRAY_SIZE,SSCANF_TO_KSTRTO,VOLATILE
kernel_only=$kernel_only,PREFER_DEFINED_ATTRIBUTE_MACRO,CONSIDER_KSTRTO
# In userspace a message names a file or an option, not the function around it.
kernel_only=$kernel_only,EMBEDDED_FUNCTION_NAME
# A broken string cannot be found in a log; HTML and SVG go to no log.
kernel_only=$kernel_only,SPLIT_STRING
# Its rules for errno and types are not those of libraries and programs.
kernel_only=$kernel_only,USE_NEGATIVE_ERRNO,ENOSYS,NEW_TYPEDEFS,AVOID_EXTERNS
kernel_only=$kernel_only,STATIC_CONST_CHAR_ARRAY

# At this commit no file had a complaint, and what did not change since has none:
# checkpatch takes two minutes of processor time for all. FRESH=1 looks at all. To
# be set anew, after that, whenever much has changed.
clean_at=5ca1bb2d5c98d4b6385705c482ac63b735904837

# Files by name and content that had no complaint, likewise on this machine.
cache=${OSCAN_CACHE:-$HOME/.cache/oscan}
clean_list=$cache/checkpatch-clean-$(sha256sum <.checkpatch.conf | cut -c 1-16)
[ -z "${FRESH-}" ] || clean_list=/dev/null

# What checkpatch is asked for has a part in its answers.
asked_for()
{
	grep -E '^(--|kernel_only=)'
}

# changed: of the files named on standard input
changed()
{
	local conf=.checkpatch.conf style=tests/lib/style.sh before now

	before=$(git show "$clean_at:$conf" "$clean_at:$style" 2>/dev/null |
		asked_for)
	now=$(cat "$conf" "$style" | asked_for)
	if [ -z "${FRESH-}" ] && [ "$before" = "$now" ]; then
		grep -xFf <(git diff --name-only $clean_at
			    git ls-files -o --exclude-standard)
	else
		cat
	fi
}

# to_check OPTIONS...: of the files named on standard input
to_check()
{
	changed | xargs -r sha256sum | sed "s|\$| $*|" |
		grep -vxFf "$clean_list"
}

# check_with CHECKPATCH OPTIONS...: the files named on standard input
check_with()
{
	local todo said

	todo=$(to_check "$@")
	[ -n "$todo" ] || return
	said=$(awk '{ print $2 }' <<<"$todo" |
		xargs perl "$1" --no-summary --terse "${@:2}" --file)
	if [ -z "$said" ]; then
		echo "$todo" >>"$clean_list"
	else
		echo "$said"
	fi
}

check_patch()
{
	local checkpatch

	checkpatch=$(tests/lib/source.sh 6.12)/scripts/checkpatch.pl || {
		echo "checkpatch.pl is not there"
		return
	}
	mkdir -p "$cache"
	touch "$clean_list"
	c_files | grep -E '^(kmod|include)/' | check_with "$checkpatch"
	c_files | grep -vE '^(kmod|include)/' |
		check_with "$checkpatch" --ignore "$kernel_only"
}

# The vm ring's modules: a warning ends their build, sparse looks at every file.
check_modules()
{
	make -s "-j$(nproc)" -C kmod KERNEL="$1" C=2 \
		CF="-Wsparse-error -D__CHECK_ENDIAN__" 2>&1 |
		grep -v '^Skipping BTF generation'
}

check_spdx >"$work/spdx"
judge spdx "$work/spdx"
check_shell >"$work/shellcheck"
judge shellcheck "$work/shellcheck"
# What is said while something is fetched is no complaint.
tests/lib/source.sh 6.12 >/dev/null
check_patch >"$work/checkpatch" 2>&1
judge checkpatch "$work/checkpatch"
for kernel in 6.1 6.12; do
	tests/lib/kernel.sh $kernel >/dev/null
	check_modules $kernel >"$work/modules-$kernel"
	judge sparse-and-warnings-on-$kernel "$work/modules-$kernel"
done
exit $failed
