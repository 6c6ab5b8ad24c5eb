#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Process 1 of the guest: sets the machine up, runs one script, says how it
# ended on the second serial line, and switches the machine off.

exec </dev/null >/run/oscan/run/guest.log 2>&1
set -a
# shellcheck source=/dev/null
. /run/oscan/run/env
# shellcheck disable=SC2034
OSCAN_OUT=/run/oscan/out
OSCAN_RESULTS=/dev/ttyS1
HOME=/tmp
TMPDIR=/tmp
LANG=C
PATH=/run/oscan/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PATH=$OSCAN_TREE/out/bin:$OSCAN_TREE/out/tests/vm:$OSCAN_TREE/out/tests/rotor:$PATH
set +a

# The small tools are busybox's, which load no library: ten times as fast.
/bin/busybox mkdir /run/oscan/bin
/bin/busybox cp /bin/busybox /run/oscan/bin
for tool in basename cat chmod cp cut date dd dirname env grep head insmod ln ls \
	    mkdir mktemp mv od pgrep readlink rm rmdir rmmod sed seq sleep sort stat \
	    tail tee touch tr true uniq wc; do
	/bin/busybox ln -s busybox /run/oscan/bin/$tool
done
stty -F "$OSCAN_RESULTS" raw -echo 2>/dev/null
mkdir -p /dev/shm /dev/pts
ln -sfn /proc/self/fd /dev/fd
mount -t tmpfs none /dev/shm
mount -t devpts none /dev/pts
mount -t debugfs none /sys/kernel/debug
mount -t tracefs none /sys/kernel/tracing 2>/dev/null
mount -t tmpfs none /media
ip link set lo up
hostname oscan-vm

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# For complaint(): one reader of the kernel's log for all scripts.
exec {OSCAN_LOG}< <(exec /bin/grep --line-buffered -E "oscan-mark|$complaints" /dev/kmsg)
export OSCAN_LOG
# Of a machine that was not given its processor while it tried its timer out, or
# measured how fast its clock runs (three times too fast, once).
if dmesg | grep -E 'APIC timer disabled|PIT calibration deviates' >/dev/console
then
	/bin/busybox poweroff -f
fi
echo "# $(uname -r) is up after $(cut -d' ' -f1 /proc/uptime) s" \
	>"$OSCAN_RESULTS"
cd /tmp || exit
mapfile -d '' -t command </run/oscan/run/command
OSCAN_SCRIPT_TIMEOUT=$OSCAN_LIMIT run_script "${command[@]}"
dmesg >/run/oscan/run/dmesg
sync -f /run/oscan/out
results_end >"$OSCAN_RESULTS"
stty -F "$OSCAN_RESULTS" drain 2>/dev/null
/bin/busybox poweroff -f
