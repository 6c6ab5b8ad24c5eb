#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The manual of liboscan tells every function as the header declares it, and
# what it shows can be compiled.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

man=userspace/man
header=userspace/liboscan/oscan.h
includes=(-Iinclude/uapi -Iuserspace/liboscan)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# One prototype a line: "int oscan_f(struct a *b,int c)"
normal()
{
	sed -E 's/[[:space:]]+/ /g;s/ ?([*(),]) ?/\1/g;s/^ //;s/ $//' | sort
}

from_header()
{
	gcc -fpreprocessed -dD -E -P "$header" | grep -v '^#' | tr '\n' ' ' |
		sed 's/[;{}]/\n/g' | grep -E '\boscan_[a-z0-9_]+ ?\(' | normal
}

# from_pages PAGE...: of their synopses, .Fn on one line or .Fo to .Fc
from_pages()
{
	awk '
	/^\.Sh/ { synopsis = $2 == "SYNOPSIS" }
	!synopsis { next }
	/^\.Ft/ { type = substr($0, 5) }
	/^\.Fn/ {
		rest = substr($0, 5)
		name = $2
		sub(/^[^ ]+ */, "", rest)
		gsub(/" "/, ", ", rest)
		gsub(/"/, "", rest)
		print type " " name "(" rest ")"
	}
	/^\.Fo/ { name = $2; list = "" }
	/^\.Fa/ {
		rest = substr($0, 5)
		gsub(/"/, "", rest)
		list = list (list == "" ? "" : ", ") rest
	}
	/^\.Fc/ { print type " " name "(" list ")" }' "$@" | normal
}

# Of one page, its section.
section()
{
	sed -n "/^\\.Sh $2\$/,/^\\.Sh /p" "$1" | sed '1d;/^\.Sh /d'
}

every_function_stands_in_a_synopsis_as_the_header_declares_it()
{
	from_header >"$work/header"
	from_pages "$man"/*.3 >"$work/pages"
	[ "$(wc -l <"$work/header")" -gt 40 ] || bad="the header has none"
	bad+=$(diff "$work/header" "$work/pages" |
		sed -n 's/^</only in the header:/p;s/^>/only in a page:/p')
}

every_function_of_the_symbol_map_is_the_name_of_a_page()
{
	local name

	while read -r name; do
		grep -lqE "^\\.Nm $name( ,)?\$" "$man"/*.3 ||
			bad+="$name is in no page's NAME
"
	done < <(sed -n '/global:/,/local:/s/^\t*\(oscan_[a-z0-9_]*\);/\1/p' \
		userspace/liboscan/liboscan.map)
}

every_page_has_what_a_programmer_needs()
{
	local page part

	for page in "$man"/*.3; do
		for part in SYNOPSIS DESCRIPTION "RETURN VALUES" EXAMPLES \
			    ERRORS "SEE ALSO"; do
			[ -n "$(section "$page" "$part")" ] ||
				bad+="$page has no $part
"
		done
		grep -q "^\\.Xr $(basename "$page" .3) 3" "$man/liboscan.7" ||
			bad+="liboscan.7 does not name $page
"
		grep -q '^\.Xr liboscan 7' "$page" ||
			bad+="$page does not name liboscan(7)
"
	done
}

every_page_is_named_as_its_file()
{
	local page base

	for page in "$man"/*.[37]; do
		base=$(basename "$page")
		grep -q "^\\.Dt $(tr a-z. 'A-Z ' <<<"$base")\$" "$page" ||
			bad+="$page has another title
"
	done
}

every_page_of_ours_that_is_named_is_there()
{
	local name number

	while read -r name number; do
		[ -e "$man/$name.$number" ] ||
			bad+="there is no $name($number)
"
	done < <(sed -n 's/^\.Xr \(oscan[a-z_-]*\|liboscan\) \([0-9]\).*/\1 \2/p' \
		"$man"/*.[1-9] | sort -u)
}

the_pages_are_well_formed()
{
	bad=$(mandoc -Tlint -Wwarning "$man"/*.[2-9] 2>&1)
}

# The errors of a function that the header names stand in its page.
every_error_of_the_header_is_in_the_page()
{
	local error group page

	for page in "$man"/*.3; do
		group=$(basename "$page" .3)
		group=${group#oscan_}
		[ "$group" != home ] || group=homing
		sed -n "/@defgroup $group /,/\/\*\* @} \*\//p" "$header" \
			>"$work/group"
		[ -s "$work/group" ] || bad+="no group $group in $header
"
		while read -r error; do
			grep -qE "Er (.*, )?$error\\b" "$page" ||
				bad+="$page says nothing of $error
"
		done < <(grep -oE '\bE[A-Z0-9]{3,}\b' "$work/group" | sort -u)
	done
}

# Each example is the body of a function.
every_example_compiles_without_a_warning()
{
	local page said count=0

	for page in "$man"/*.3; do
		{
			printf '#include <%s.h>\n' err errno inttypes poll \
				stdio stdlib string oscan
			echo 'void example(void);void example(void){'
			section "$page" EXAMPLES |
				awk '/^\.Ed/ { on = 0 } on; /^\.Bd/ { on = 1 }' |
				sed 's/\\e/\\/g'
			echo '}'
		} >"$work/example.c"
		said=$(gcc -std=c11 -D_DEFAULT_SOURCE -Wall -Wextra -Werror \
			-Wno-unused-variable -fsyntax-only "${includes[@]}" \
			"$work/example.c" 2>&1) || bad+="$page: $said
"
		count=$((count + 1))
	done
	[ "$count" -gt 5 ] || bad+="there are $count pages"
}

for test in $(declare -F | cut -d ' ' -f 3 | grep -E '^(every|the)_'); do
	bad=
	"$test"
	if [ -z "$bad" ]; then
		echo "ok $test"
	else
		echo "not ok $test: $(tr '\n' ';' <<<"$bad")"
		failed=1
	fi
done
exit $failed
