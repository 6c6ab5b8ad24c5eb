#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscan-flyscan(7) has every row of the plan, R1 to R143 and D1 to D24, once,
# and every test that it names is there and carries the row's name.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

page=${PAGE:-userspace/man/oscan-flyscan.7}
oscanctl=${OSCANCTL:-out/bin/oscanctl}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# judge NAME WHY: ok if WHY is empty.
judge()
{
	if [ -z "$2" ]; then
		echo "ok $1"
	else
		echo "not ok $1: $(echo "$2" | tr '\n' ';')"
		failed=1
	fi
}

# "\&" keeps D1 from being taken for a macro.
page_text()
{
	sed 's/^\.It \\&/.It /' "$page"
}

# "ROW FILE TEST" for each test of each row, "ROW" for a row without.
rows()
{
	page_text | awk '/^\.It [RD][0-9]+$/ { if (row != "" && !tests) print row
				   row = $2; tests = 0 }
	     /^\.Em test_|^\.Em test-/ { print row, $2, $3; tests++ }
	     END { if (row != "" && !tests) print row }'
}

each_row_is_there_once()
{
	local n

	for n in $(seq -f 'R%g' 143) $(seq -f 'D%g' 24); do
		[ "$(page_text | grep -cx "\.It $n")" = 1 ] ||
			echo "$n does not stand there once"
	done
	[ "$(page_text | grep -c '^\.It [RD][0-9]*$')" = 167 ] ||
		echo "there are rows that are none of the plan's"
}

# A name begins with its rows: "R82_", "R3_R4_".
each_row_has_a_test_that_carries_its_name()
{
	local row file test source

	while read -r row file test; do
		if [ -z "$test" ]; then
			echo "$row has no test"
			continue
		fi
		[[ _$test =~ ^(_[RD][0-9]+)*_${row}_ ]] ||
			echo "$row: $test does not carry its name"
		source=tests/unit/$file
		[[ $file != test-* ]] || source=tests/vm/$file
		# The rows of test_flyscan.c are in two files.
		[ "$file" != test_flyscan.c ] || source+=" ${source%/*}/flyscan-rows.h"
		# shellcheck disable=SC2086
		grep -qE "^(TEST\($test\)|$test\(\))$" $source ||
			echo "$row: there is no $test in $source"
	done < <(rows)
}

# No row's test is left out of the page: it would be taken for nobody's.
each_test_with_a_row_is_in_its_row()
{
	local test row

	while read -r test; do
		for row in $(grep -oE '^([RD][0-9]+_)+' <<<"$test" |
			     tr '_' ' '); do
			rows | grep -qE "^$row .* $test$" ||
				echo "$test is not in $row"
		done
	done < <(sed -nE 's/^TEST\((([RD][0-9]+_)+.*)\)$/\1/p
			  s/^(([RD][0-9]+_)+[a-z_0-9]*)\(\)$/\1/p' \
			tests/unit/*.[ch] tests/unit/*.sh tests/vm/test-*.sh)
}

R27_R28_two_commands_and_one_sentence()
{
	local command

	for command in flyscan diag; do
		"$oscanctl" "$command" --help >"$work/out" 2>"$work/err" ||
			echo "$command --help: exit status $?"
		[ ! -s "$work/err" ] || echo "$command --help: $(cat "$work/err")"
		"$oscanctl" "$command" --t-period 0 --axis a >"$work/out" \
			2>"$work/err" && echo "$command took a period of 0"
		[ ! -s "$work/out" ] || echo "$command printed $(cat "$work/out")"
		[ "$(wc -l <"$work/err")" = 1 ] ||
			echo "$command: $(wc -l <"$work/err") lines"
	done
}

if [ ! -x "$oscanctl" ] || [ ! -s "$page" ]; then
	judge table "there is no $oscanctl (make userspace) or no $page"
	exit 1
fi
for test in each_row_is_there_once \
	    each_row_has_a_test_that_carries_its_name \
	    each_test_with_a_row_is_in_its_row \
	    R27_R28_two_commands_and_one_sentence; do
	judge "$test" "$($test)"
done
exit $failed
