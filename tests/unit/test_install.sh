#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What "make install" puts where, and that programs of others build with it.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
usr=$work/usr
failed=0

pkg()
{
	PKG_CONFIG_PATH=$usr/lib/pkgconfig pkg-config \
		--define-variable=prefix="$usr" "$@" oscan
}

there()
{
	local file

	for file in "$@"; do
		[ -s "$usr/$file" ] || bad+="there is no $file
"
	done
}

the_library_its_headers_and_its_package_file_are_installed()
{
	there include/oscan.h include/linux/oscan.h lib/liboscan.a \
		lib/liboscan.so lib/liboscan.so.0 lib/pkgconfig/oscan.pc \
		bin/oscanctl bin/oscanctl-full
	bad+=$(cmp userspace/liboscan/oscan.h "$usr/include/oscan.h" 2>&1)
	grep -qx 'prefix=/usr' "$usr/lib/pkgconfig/oscan.pc" ||
		bad+="oscan.pc names another prefix"
}

every_man_page_is_installed_and_found_by_each_of_its_names()
{
	local page name

	for page in userspace/man/*.[1-9]; do
		name=$(basename "$page")
		there "share/man/man${name##*.}/$name"
	done
	while read -r name; do
		there "share/man/man3/$name.3"
		# shellcheck disable=SC2010 # names of functions
		grep -q "^\\.Nm $name" "$usr/share/man/man3/$name.3" ||
			bad+="$name.3 is another page
"
	done < <(sed -n 's/^\t\(oscan_[a-z0-9_]*\);/\1/p' \
		userspace/liboscan/liboscan.map)
}

every_example_is_short_and_builds_with_what_is_installed()
{
	local source lines

	for source in userspace/examples/*.c; do
		lines=$(wc -l <"$source")
		if [ "$lines" -lt 40 ] || [ "$lines" -gt 110 ]; then
			bad+="$source has $lines lines
"
		fi
		[ -x "$work/examples/$(basename "$source" .c)" ] ||
			bad+="$source was not built
"
	done
}

every_example_says_how_it_is_called()
{
	local program status

	for program in "$work"/examples/*; do
		LD_LIBRARY_PATH=$usr/lib "$program" >"$work/out" 2>&1
		status=$?
		[ "$status" = 2 ] && grep -q 'usage: ' "$work/out" ||
			bad+="$(basename "$program"): $status, $(<"$work/out")
"
	done
}

every_example_needs_this_library_and_no_other_of_ours()
{
	local program needs

	for program in "$work"/examples/*; do
		needs=$(readelf -d "$program" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' |
			grep -v '^libc\.so' | tr '\n' ' ')
		[ "$needs" = "liboscan.so.0 " ] ||
			bad+="$(basename "$program") needs $needs
"
		readelf -V "$program" | grep -q 'Name: OSCAN_0' ||
			bad+="$(basename "$program") needs no version OSCAN_0
"
	done
}

the_static_library_links_too()
{
	local flags

	mkdir "$work/static"
	cp "$usr/lib/liboscan.a" "$work/static/"
	read -ra flags < <(pkg --static --cflags --libs |
		sed "s,$usr/lib,$work/static,g")
	bad=$(gcc -o "$work/follow" userspace/examples/follow-stream.c \
		"${flags[@]}" 2>&1)
	[ -x "$work/follow" ] || bad+="it was not built"
	! readelf -d "$work/follow" | grep -q liboscan ||
		bad+="it needs the shared library"
}

the_other_spelling_of_prefix_and_folders_of_ones_own_are_taken()
{
	local other=$work/other

	bad=$(make --no-print-directory -s install-userspace \
		DESTDIR="$other" PREFIX=/opt/oscan LIBDIR=/opt/oscan/lib64 \
		MANDIR=/man 2>&1)
	[ -e "$other/opt/oscan/lib64/liboscan.so" ] &&
		[ -e "$other/man/man7/liboscan.7" ] &&
		[ -e "$other/opt/oscan/include/oscan.h" ] ||
		bad+="not where it was wanted"
	# shellcheck disable=SC2016 # as it stands there
	grep -qx 'libdir=${prefix}/lib64' \
		"$other/opt/oscan/lib64/pkgconfig/oscan.pc" ||
		bad+="oscan.pc names another folder"
	[ -z "$(find "$other" -type f ! -path "$other/opt/oscan/*" \
		! -path "$other/man/*")" ] || bad+="files lie elsewhere"
}

# As root, with what root's commands would do only noted.
the_user_of_the_daemon_is_made_where_the_files_are_for_this_machine()
{
	local here=$work/here

	mkdir "$work/bin"
	for name in ldconfig systemd-sysusers udevadm; do
		printf '#!/bin/sh\necho "%s $*" >>"%s"\n' "$name" \
			"$work/called" >"$work/bin/$name"
	done
	printf '#!/bin/sh\necho 0\n' >"$work/bin/id"
	chmod +x "$work"/bin/*
	bad=$(PATH=$work/bin:$PATH make --no-print-directory -s \
		install-userspace DESTDIR= PREFIX="$here" 2>&1)
	grep -qx "systemd-sysusers $here/lib/sysusers.d/oscand.conf" \
		"$work/called" || bad+="called: $(<"$work/called")"
}

if ! tests/lib/examples.sh "$work" >"$work/log" 2>&1; then
	echo "not ok install: $(tail -n 5 "$work/log" | tr '\n' ' ')"
	exit 1
fi
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
