#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscand on the model of the driver: openapi.yaml is true, the token is wanted
# by TCP, and it begins and ends as oscand.8 says.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

oscand=out/tests/model/oscand
work=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill -KILL $daemon; rm -rf "$work"' EXIT
export OSCAN_MODEL_STATE=$work/model OSCAN_LEDS=$work/leds
failed=0
bad=

answers() { curl -s -m 60 --unix-socket "$work/sock" http://x/v1/status; }
by_tcp() { curl -s -m 60 -o /dev/null -w '%{http_code}' "$@"; }

# begin OPTIONS...: until it answers
begin()
{
	local deadline=$((SECONDS + 60))

	"$oscand" --state="$work/state" --socket="$work/sock" \
		--camera=synthetic "$@" 2>"$work/said" &
	daemon=$!
	until answers >"$work/status"; do
		if [ "$SECONDS" -ge "$deadline" ] || ! kill -0 $daemon; then
			bad+="it did not begin: $(<"$work/said"); "
			return
		fi
		sleep 0.05
	done
}

finish()
{
	kill -TERM "$daemon"
	wait "$daemon" || bad+="its exit status was $?: $(<"$work/said"); "
	daemon=
}

# refuses WORD OPTIONS...: it does not begin, and says why in one sentence
refuses()
{
	local word=$1
	shift

	if timeout 60 "$oscand" --socket="$work/other" "$@" \
			>"$work/out" 2>"$work/err"; then
		bad+="it began with $*; "
	fi
	[ "$(wc -l <"$work/err")" = 1 ] && grep -qF -- "$word" "$work/err" ||
		bad+="with $* it said: $(<"$work/err"); "
}

wrong_usage_and_what_cannot_be_is_told_in_one_sentence()
{
	echo short >"$work/short"
	echo 0123456789abcdef >"$work/token"
	chmod 600 "$work/short"
	chmod 644 "$work/token"
	refuses "--token-file" --state="$work/s" --listen=127.0.0.1:0
	refuses "16" --state="$work/s" --listen=127.0.0.1:0 \
		--token-file="$work/short"
	refuses "chmod 600" --state="$work/s" --listen=127.0.0.1:0 \
		--token-file="$work/token"
	chmod 600 "$work/token"
	refuses "ADDRESS:PORT" --state="$work/s" --listen=127.0.0.1 \
		--token-file="$work/token"
	refuses "--state" --state=/dev/null/x
	refuses "nobody-of-that-name" --state="$work/s" \
		--group=nobody-of-that-name
	refuses "--nope" --nope
	refuses "another" --state="$work/state"
	"$oscand" --help | grep -q '^Usage: oscand ' || bad+="--help; "
}

the_help_and_the_man_page_name_the_same_options()
{
	options() { grep -oE -- '--[a-z][a-z-]*' | sort -u; }

	bad+=$(diff <("$oscand" --help | options) \
		<(sed -n 's/^\.It Fl Fl \([a-z-]*\).*/--\1/p' \
			userspace/man/oscand.8 | options))
}

by_tcp_the_token_is_wanted()
{
	local port url

	port=$(/usr/bin/python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
	begin --listen="127.0.0.1:$port" --token-file="$work/token"
	url=http://127.0.0.1:$port/v1/status
	[ "$(by_tcp "$url")" = 401 ] || bad+="without one; "
	[ "$(by_tcp -H 'Authorization: Bearer 0123456789abcdeg' "$url")" \
		= 401 ] || bad+="with another one; "
	[ "$(by_tcp -H 'Authorization: Bearer 0123456789abcdef0' "$url")" \
		= 401 ] || bad+="with a longer one; "
	[ "$(by_tcp -H 'Authorization: Bearer ' "$url")" = 401 ] ||
		bad+="with an empty one; "
	[ "$(by_tcp -H 'Authorization: Bearer 0123456789abcdef' "$url")" \
		= 200 ] || bad+="with the right one; "
	[ "$(by_tcp "$url?token=0123456789abcdef")" = 200 ] ||
		bad+="with the right one in the query; "
	[ "$(by_tcp "$url?token=0123456789abcdeg")" = 401 ] ||
		bad+="with another one in the query; "
	[ "$(stat -c %a "$work/sock")" = 660 ] ||
		bad+="its socket has mode $(stat -c %a "$work/sock"); "
	finish
}

a_socket_that_a_dead_daemon_left_is_replaced()
{
	begin
	kill -KILL "$daemon"
	wait "$daemon" 2>"$work/killed"
	[ -S "$work/sock" ] || bad+="there is no socket; "
	begin
	finish
}

a_file_in_the_place_of_the_socket_is_left_alone()
{
	echo precious >"$work/file"
	refuses "File exists" --state="$work/s" --socket="$work/file"
	[ "$(<"$work/file")" = precious ] || bad+="it is gone; "
}

a_folder_of_projects_that_is_not_there_yet_has_room()
{
	begin --projects=not-there-yet
	grep -q '"projects":{"path":"not-there-yet","free_bytes"' \
		"$work/status" || bad+="it said: $(<"$work/status"); "
	finish
}

# As a disk that hangs: photos are not read while there is $work/hang.
make_hanging_disk()
{
	gcc -shared -fPIC -o "$work/hanging.so" -x c - <<-'END'
		#define _GNU_SOURCE
		#include <limits.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/syscall.h>
		#include <unistd.h>

		ssize_t read(int fd, void *data, size_t size)
		{
			const char *hang = getenv("OSCAN_TEST_HANG");
			char path[PATH_MAX] = "", link[64];

			snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
			readlink(link, path, sizeof(path) - 1);
			while (strstr(path, ".jpg") && !access(hang, F_OK)) {
				symlink("x", getenv("OSCAN_TEST_HANGS"));
				usleep(10000);
			}
			return syscall(SYS_read, fd, data, size);
		}
	END
}

a_disk_that_hangs_holds_up_only_who_reads_from_it()
{
	local deadline=$((SECONDS + 60)) photo reader readers=()

	make_hanging_disk
	touch "$work/hang"
	LD_PRELOAD=$work/hanging.so OSCAN_TEST_HANG=$work/hang \
		OSCAN_TEST_HANGS=$work/hangs begin
	photo=$(cd "$work/state/projects/of a test/scan01" && echo scan01_*.jpg)
	photo=${photo%% *}
	# More than there are threads to answer.
	for reader in {1..8}; do
		curl -s -m 120 --unix-socket "$work/sock" -o "$work/$reader" \
			"http://x/v1/projects/of%20a%20test/scans/1/photos/$photo" &
		readers+=($!)
	done
	until [ -L "$work/hangs" ] && grep -q '"clients":9' "$work/status"; do
		[ "$SECONDS" -lt "$deadline" ] || break
		sleep 0.02
		answers >"$work/status" || break
	done
	[ -L "$work/hangs" ] || bad+="nothing was read; "
	answers >"$work/status" || bad+="others are held up; "
	grep -q '"clients":9' "$work/status" || bad+="not all are there; "
	rm "$work/hang"
	for reader in {1..8}; do
		wait "${readers[reader - 1]}" || bad+="curl ended with $?; "
		cmp -s "$work/$reader" \
			"$work/state/projects/of a test/scan01/$photo" ||
			bad+="it is another photo; "
	done
	finish
}

# Clients that ask meanwhile must not keep a quiet stream quiet.
a_stream_that_says_nothing_has_a_comment()
{
	local deadline=$((SECONDS + 60)) stream

	begin
	curl -sN --unix-socket "$work/sock" http://x/v1/events >"$work/events" &
	stream=$!
	until grep -q '^:' "$work/events" || [ "$SECONDS" -ge "$deadline" ]; do
		answers >"$work/status"
		sleep 0.2
	done
	grep -q '^:' "$work/events" || bad+="in 60 s none came; "
	kill "$stream"
	wait "$stream"
	finish
}

sockets_of_systemd_are_used()
{
	local deadline=$((SECONDS + 60))

	rm -f "$work/sock"
	systemd-socket-activate --listen="$work/sock" \
		--setenv=OSCAN_MODEL_STATE "$oscand" --state="$work/state" \
		--socket="$work/not-this-one" 2>"$work/said" &
	daemon=$!
	until answers >"$work/status"; do
		[ "$SECONDS" -lt "$deadline" ] || {
			bad+="it did not begin: $(<"$work/said"); "
			break
		}
		sleep 0.05
	done
	[ ! -e "$work/not-this-one" ] || bad+="it made a socket; "
	finish
}

its_units_are_what_systemd_takes()
{
	local exposure

	mkdir -p "$work/units"
	sed 's,@bindir@/oscand,/bin/true,' userspace/oscand/oscand.service.in \
		>"$work/units/oscand.service"
	cp userspace/oscand/oscand.socket "$work/units"
	bad+=$(cd "$work/units" && SYSTEMD_UNIT_PATH=$work/units: \
		systemd-analyze verify --man=no ./oscand.service \
		./oscand.socket 2>&1 | grep oscand)
	exposure=$(cd "$work/units" && systemd-analyze security --no-pager \
		--offline=true ./oscand.service 2>&1 |
		sed -n 's/.*exposure level for oscand.service: \([0-9]*\).*/\1/p')
	# 0 is a service that may do nothing, 10 one that may do all.
	[ "${exposure:-10}" -le 2 ] || bad+="its exposure is $exposure; "
}

report()
{
	bad=
	"$1"
	if [ -z "$bad" ]; then
		echo "ok $1"
	else
		echo "not ok $1: $(tr '\n' ' ' <<<"$bad")"
		failed=1
	fi
}

if ! said=$({ make -s userspace && make -s -C tests/model; } 2>&1); then
	echo "not ok the_model_builds: $(tail -n 1 <<<"$said")"
	exit 1
fi
mkdir -p "$OSCAN_LEDS/oscan:white:ring"
echo 0 >"$OSCAN_LEDS/oscan:white:ring/brightness"
echo 255 >"$OSCAN_LEDS/oscan:white:ring/max_brightness"
begin
/usr/bin/python3 tests/unit/oscand-api.py userspace/oscand/openapi.yaml \
	userspace/oscand/routes.c "$work/sock" "$work/state/projects" ||
	failed=1
report wrong_usage_and_what_cannot_be_is_told_in_one_sentence
finish
report the_help_and_the_man_page_name_the_same_options
report by_tcp_the_token_is_wanted
report a_socket_that_a_dead_daemon_left_is_replaced
report a_file_in_the_place_of_the_socket_is_left_alone
report a_folder_of_projects_that_is_not_there_yet_has_room
report a_disk_that_hangs_holds_up_only_who_reads_from_it
report a_stream_that_says_nothing_has_a_comment
if command -v systemd-analyze >"$work/where"; then
	report sockets_of_systemd_are_used
	report its_units_are_what_systemd_takes
else
	echo "ok sockets_of_systemd_are_used # skip systemd is not installed"
	echo "ok its_units_are_what_systemd_takes # skip systemd is not installed"
fi
exit $failed
