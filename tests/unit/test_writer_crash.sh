#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What becomes of a scan file when its writer is killed, or the disk is full.
# The disks are made in a mount namespace of its own.
set -u

# shellcheck source=tests/unit/writer-lib.sh
. tests/unit/writer-lib.sh
writer=

stop_writer()
{
	[ -z "$writer" ] || kill -KILL "$writer" 2>/dev/null
	[ -z "$writer" ] || wait "$writer" 2>/dev/null
	writer=
}
trap 'stop_writer; rm -rf "$work"' EXIT

# start_writer FILE FRAMES: returns when that many are flushed.
start_writer()
{
	local deadline=$((SECONDS + 60))

	: >"$work/said"
	"$make" "$1" "$2" 64 48 3 endless >"$work/said" 2>"$work/errors" &
	writer=$!
	until grep -q '^written' "$work/said"; do
		if [ $SECONDS -ge $deadline ] || ! kill -0 $writer; then
			echo "the writer has not written $2 frames:" \
			     "$(tail -n 1 "$work/errors")"
			return 1
		fi
		sleep 0.02
	done
}

readable()
{
	/usr/bin/python3 $here/writer-read.py "$1" "$2" 64 48 3 growing
}

# killed FRAMES: after SIGKILL all that was counted as written is there.
killed()
{
	local file=$work/killed-$1.h5

	start_writer "$file" "$1" || return
	stop_writer
	readable "$file" "$(sed -n 's/written //p' "$work/said")"
}

# The same file twice while it is being written: the second time it has more.
read_while_written()
{
	local file=$work/live.h5 first second status

	start_writer "$file" 1 || return
	first=$(readable "$file" 1) &&
		second=$(readable "$file" "$((first + 1))")
	status=$?
	stop_writer
	[ $status = 0 ] || { echo "${second:-$first}"; return 1; }
}

# on_disk SIZE FUNCTION: runs this script's function FUNCTION with an empty
# file system of SIZE on $disk.
disk=$work/disk
on_disk()
{
	local namespace=(unshare --mount)

	[ "$(id -u)" = 0 ] || namespace=(unshare --mount --map-root-user)
	mkdir -p "$disk"
	export here make disk
	export -f fill_disk refused_at_once refused_read_only mount_disk
	"${namespace[@]}" bash -c "mount_disk $1 && $2"
}

mount_disk()
{
	mount -t tmpfs -o "size=$1" none "$disk"
}

# Frames until there is no room for one more.
fill_disk()
{
	local file=$disk/full.h5 said frames what

	said=$("$make" "$file" 1000 320 240 3) || { echo "$said"; return 1; }
	frames=$(sed -n 's/^written //p' <<<"$said")
	for what in put finish close; do
		grep -qx "$what: error ENOSPC" <<<"$said" || {
			echo "no ENOSPC from $what: ${said//$'\n'/, }"
			return 1
		}
	done
	if [ "$(wc -l <<<"$said")" != 4 ]; then
		echo "more failed than that: ${said//$'\n'/, }"
		return 1
	fi
	[ "$frames" -ge 10 ] || { echo "only $frames frames"; return 1; }
	tail -n 1 "$file.jsonl" | grep -q '"fail".*"primary":'"$frames," || {
		echo "documents: $(tail -n 1 "$file.jsonl")"
		return 1
	}
	# Whole and with positions: what was kept free was enough.
	/usr/bin/python3 $here/writer-read.py "$file" "$frames" 320 240 3
}

refused_at_once()
{
	local said

	said=$("$make" "$disk/none.h5" 1 320 240 3)
	[ "$said" = "open: error ENOSPC" ] || { echo "$said"; return 1; }
	[ -z "$(ls -A "$disk")" ] || {
		echo "left behind: $(ls -A "$disk")"
		return 1
	}
}

refused_read_only()
{
	local said

	mount -o remount,ro "$disk" || return
	said=$("$make" "$disk/none.h5" 1 320 240 3)
	[ "$said" = "open: error EROFS" ] || { echo "$said"; return 1; }
}

# A write that fails within HDF5 itself: the file is given up, not the program.
limited()
{
	local file=$work/limited.h5 said frames

	said=$(ulimit -f 4096; trap '' XFSZ
	       "$make" "$file" 1000 320 240 3 last 2>&1)
	echo "${said//$'\n'/, }"
	grep -q '^put: error EFBIG$' <<<"$said" || return
	grep -q '^close: error EFBIG$' <<<"$said" || return
	frames=$(sed -n 's/^written //p' <<<"$said")
	[ "$frames" -ge 1 ] || return
	/usr/bin/python3 $here/writer-read.py "$file" "$frames" 320 240 3 \
		growing
}

report a_killed_writer_leaves_the_first_frame killed 1
report a_killed_writer_leaves_twenty_frames killed 20
report a_killed_writer_leaves_three_hundred_frames killed 300
report a_file_is_read_while_it_is_written read_while_written
report a_write_that_fails_leaves_what_was_flushed limited

# on_a_disk NAME SIZE FUNCTION
on_a_disk()
{
	if on_disk 1m true >/dev/null 2>&1; then
		report "$1" on_disk "$2" "$3"
	else
		echo "ok $1 # skip no file system can be mounted here"
	fi
}

on_a_disk a_full_disk_says_ENOSPC_and_leaves_a_whole_file 12m fill_disk
on_a_disk without_room_for_a_frame_nothing_is_made 2m refused_at_once
on_a_disk a_read_only_disk_says_EROFS 12m refused_read_only
