# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a script that runs in the guest may call. Sourced; bash.
#
# Results, one line each; NAME says what holds, without blanks; it is printed
# after that of the script. A kernel complaint since the result before turns
# "ok" into "not ok".
#   pass NAME
#   fail NAME WHY
#   skip NAME WHY
#   expect NAME COMMAND [ARGS...]	ok if the command exits with 0; else the
#					last line that it printed is the reason
#   progress TEXT			a line for the person who watches
#
# Machinery:
#   load_rig [PARAMETER=VALUE...]	oscan_rig.ko with these, oscan_motor.ko
#   unload_rig
#   load_vimc				libcamera's test camera, and its udev
#   unload_vimc
#   start_load, stop_load		four busy loops and a disk writer
#   wait_until SECONDS COMMAND...	poll for a condition, with a deadline
#   run_script FILE [ARGS...]		run it in a process of its own
#
# Folders: $OSCAN_TREE (sources, read-only), $OSCAN_OUT (comes back to the
# host; on 9p, so write there what is to be kept, not what is to be fast),
# $OSCAN_MODULES (the built modules), /tmp (in memory).

: "${OSCAN_RESULTS:=/dev/stdout}"
results=/run/oscan/results
complaints='BUG:|WARNING:|Oops|possible circular|possible recursive|suspicious RCU'
complaints="$complaints|general protection|KASAN|UBSAN|scheduling while atomic"
complaints="$complaints|hung task|blocked for more than|lockup|rcu.*stall"
complaints="$complaints|refcount_t|sleeping function called|invalid wait context"
complaints="$complaints|inconsistent lock|bad unlock|list_add corruption"
complaints="$complaints|list_del corruption|unable to handle|kernel panic"

# What the kernel said since the last call: sets the caller's $said to the first
# complaint. Reads up to a mark of its own, without another program: each would
# cost more than a test.
marks=0
complaint()
{
	local line='' mark="oscan-mark $BASHPID $((++marks))"

	said=
	echo "$mark" >/dev/kmsg
	while [[ $line != *";$mark" ]]; do
		if ! read -r -t 60 -u "$OSCAN_LOG" line; then
			said='nothing more; its log was written faster than read'
			return
		fi
		[ -n "$said" ] || [[ $line == *';oscan-mark '* ]] ||
			said=${line#*;}
	done
}

result()
{
	echo "$1" >>"$results"
	echo "$1" >"$OSCAN_RESULTS"
}

pass()
{
	local said

	complaint
	if [ -n "$said" ]; then
		fail "$1" "the kernel said: $said"
	else
		result "ok ${OSCAN_TEST:+$OSCAN_TEST }$1"
	fi
}

fail()
{
	local said

	complaint
	result "not ok ${OSCAN_TEST:+$OSCAN_TEST }$1: $2"
}

skip()
{
	local said

	complaint
	result "ok ${OSCAN_TEST:+$OSCAN_TEST }$1 # skip $2"
}

expect()
{
	local name=$1 output status

	shift
	output=$("$@" 2>&1)
	status=$?
	if [ $status = 0 ]; then
		pass "$name"
	else
		fail "$name" "exit status $status of $1: ${output##*$'\n'}"
	fi
	return $status
}

progress()
{
	echo "# $*" >"$OSCAN_RESULTS"
}

# A pause by a program would cost as much as what is waited for.
exec {nothing}<> <(:)
wait_until()
{
	local deadline

	deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -le $deadline ] || return 1
		read -r -t 0.1 -u "$nothing" || :
	done
}

# What a step costs here depends on what else the host does: with two axes at
# full speed, and triggers, a test may find that the machine cannot carry it.
# Empty where it is to be measured.
motor_parameters=step_cost_ns=10000

load_rig()
{
	insmod "$OSCAN_MODULES/oscan_rig.ko" "$@" || return
	insmod "$OSCAN_MODULES/oscan_motor.ko" \
		${motor_parameters:+"$motor_parameters"} || return
	wait_until 5 test -c /dev/oscan-motor
}

unload_rig()
{
	local module

	for module in oscan_motor oscan_rig; do
		if [ -d "/sys/module/$module" ]; then
			rmmod "$module" || return
		fi
	done
}

# The camera stack finds its devices through udev's database.
load_vimc()
{
	modprobe -C /dev/null -d /run/oscan/kernel -a v4l2-tpg \
		videobuf2-vmalloc videobuf2-dma-contig videobuf2-v4l2 mc \
		videodev || return
	[ -d /sys/module/vimc ] || insmod "$OSCAN_VIMC" || return
	if ! pgrep -x systemd-udevd >/dev/null; then
		/lib/systemd/systemd-udevd --daemon || return
	fi
	udevadm trigger --subsystem-match=media --subsystem-match=video4linux
	udevadm settle --timeout=30
}

unload_vimc()
{
	[ ! -d /sys/module/vimc ] || rmmod vimc
}

load_pids=()

start_load()
{
	local _

	for _ in 1 2 3 4; do
		(while :; do :; done) &
		load_pids+=($!)
	done
	(while :; do
		dd if=/dev/zero of=/tmp/load bs=1M count=64 conv=fsync
	done) >/dev/null 2>&1 &
	load_pids+=($!)
}

stop_load()
{
	[ ${#load_pids[@]} = 0 ] || kill "${load_pids[@]}" 2>/dev/null
	wait "${load_pids[@]}" 2>/dev/null
	load_pids=()
	rm -f /tmp/load
}

# The one line by which the host knows that nothing is missing.
results_end()
{
	touch "$results"
	echo "end $(grep -c '^ok ' "$results")" \
	     "$(grep -c '^not ok ' "$results")"
}

# A process group of its own, so that nothing of it is left running.
run_script()
{
	local limit=${OSCAN_SCRIPT_TIMEOUT:-300} before status said pid

	touch "$results"
	before=$(wc -l <"$results")
	complaint
	OSCAN_TEST=$(basename "$1" .sh)
	OSCAN_TEST=${OSCAN_TEST#test-}
	export OSCAN_TEST=${OSCAN_TEST%-guest}
	timeout -k 5 "$limit" bash "$@" </dev/null &
	pid=$!
	wait $pid
	status=$?
	kill -KILL -- -$pid 2>/dev/null
	complaint
	if [ $status = 124 ] || [ $status = 137 ]; then
		fail script "no end within $limit s"
	elif [ $status != 0 ]; then
		fail script "exit status $status"
	elif [ -n "$said" ]; then
		fail script "the kernel said: $said"
	elif [ "$(wc -l <"$results")" = "$before" ]; then
		fail script "it ran no test"
	fi
	return $status
}
