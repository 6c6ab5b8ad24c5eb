#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The interface header stands alone, is laid out alike for 32-bit and 64-bit
# programs, and documents every field.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

header=${HEADER:-include/uapi/linux/oscan.h}
folder=$(dirname "$(dirname "$header")")
cache=${OSCAN_CACHE:-$HOME/.cache/oscan}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# Headers of the C library are not needed, so no 32-bit one is either.
compile()
{
	gcc -I "$folder" -I "/usr/include/$(gcc -print-multiarch)" "$@"
}

# "STRUCT FIELD" for every field, read from the text.
fields()
{
	awk '
		/^struct .*{$/ { name = $2; next }
		/^};/ { name = "" }
		name && /;/ {
			sub(/;.*/, "")
			sub(/\[.*/, "")
			print name, $NF
		}' "$header"
}

# An object whose .rodata is a table of all sizes and offsets.
write_table()
{
	echo '#include <linux/oscan.h>'
	echo 'extern const unsigned int table[];'
	echo 'const unsigned int table[] = {'
	fields | while read -r name field; do
		echo "sizeof(struct $name),"
		echo "__builtin_offsetof(struct $name, $field),"
		echo "sizeof(((struct $name *)0)->$field),"
	done
	grep -oE '^#define OSCAN_IOC_[A-Z_]+' "$header" |
		sed 's/#define \(.*\)/\1,/'
	echo '};'
}

the_header_stands_alone_in_c()
{
	echo '#include <linux/oscan.h>' |
		compile -std=c99 -Wall -Wextra -pedantic -Werror \
			-fsyntax-only -xc - 2>&1
}

the_header_stands_alone_in_cplusplus()
{
	echo '#include <linux/oscan.h>' |
		compile -Wall -Wextra -Werror -fsyntax-only -xc++ - 2>&1
}

no_struct_has_hidden_padding()
{
	local bits

	for bits in 32 64; do
		echo '#include <linux/oscan.h>' |
			compile -m"$bits" -Wpadded -Werror -fsyntax-only \
				-xc - 2>&1
	done
}

programs_of_32_and_64_bits_see_the_same_layout()
{
	local bits

	[ "$(fields | wc -l)" -gt 60 ] ||
		echo "only $(fields | wc -l) fields were found"
	write_table >"$work/table.c"
	for bits in 32 64; do
		compile -m"$bits" -c -o "$work/$bits.o" "$work/table.c" 2>&1 &&
			objcopy -O binary --only-section=.rodata \
				"$work/$bits.o" "$work/$bits" 2>&1
	done
	[ -s "$work/32" ] || echo "the table is empty"
	cmp "$work/32" "$work/64" 2>&1
}

every_size_is_a_multiple_of_eight()
{
	{
		echo '#include <linux/oscan.h>'
		fields | cut -d ' ' -f 1 | uniq | while read -r name; do
			echo "_Static_assert(sizeof(struct $name) % 8 == 0," \
			     "\"$name\");"
		done
	} >"$work/eight.c"
	compile -m32 -fsyntax-only "$work/eight.c" 2>&1
}

# The kernel's own tool, of whichever stock kernel has been fetched.
every_field_is_documented()
{
	perl "$kernel_doc" -none -Wall -Werror "$header" 2>&1
}

kernel_doc=$(find "$cache/kernels" -name kernel-doc 2>/dev/null | head -n 1)

for test in $(declare -F | cut -d ' ' -f 3 | grep -E '^(every|no|programs|the)_')
do
	if [ "$test" = every_field_is_documented ] && [ -z "$kernel_doc" ]; then
		echo "ok $test # skip no kernel has been fetched yet"
		continue
	fi
	bad=$("$test" | head -n 5 | tr '\n' ';')
	if [ -z "$bad" ]; then
		echo "ok $test"
	else
		echo "not ok $test: $bad"
		failed=1
	fi
done
exit $failed
