#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is missing on this machine is said in one sentence that tells what to
# do, and nothing is left behind.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# said STATUS PATTERN COMMAND...: it fails so, and its last line says that
said()
{
	local want=$1 pattern=$2 status

	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	if [ "$status" != "$want" ]; then
		echo "exit status $status, not $want"
	elif ! grep -v '^make' "$work/err" | tail -n 1 |
	       grep -qE -- "$pattern"; then
		echo "it said: $(tail -n 1 "$work/err")"
	else
		return 0
	fi
	return 1
}

# Every program of this machine but those that match $1, and those in $2.
path_without()
{
	local bin=$work/$1

	mkdir -p "$bin"
	find -L /usr/bin /usr/sbin -maxdepth 1 -type f ! -name "$1" \
		-exec ln -sf -t "$bin" {} + 2>/dev/null
	echo "$bin"
}

fake()
{
	mkdir -p "$work/fake"
	printf '#!/bin/sh\n%s\n' "$2" >"$work/fake/$1"
	chmod 755 "$work/fake" "$work/fake/$1"
}

without_network()
{
	unshare -rn env OSCAN_CACHE="$work/cache" "$@"
}

# A user who may install nothing.
as_nobody()
{
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	else
		"$@"
	fi
}

no_kernel_headers_says_what_to_install()
{
	said 2 'No kernel headers in /nowhere: install linux-headers-' \
		make --no-print-directory -C kmod KDIR=/nowhere
}

no_qemu_says_what_to_install()
{
	local bin

	bin=$(path_without 'qemu-system*')
	said 1 'qemu-system-x86_64 is not installed; run ' \
		env PATH="$bin" tests/vm/run tests/vm/guest-suite.sh
}

no_network_says_so_and_leaves_no_half_kernel()
{
	said 1 'could not be fetched.*check the network' \
		without_network tests/lib/kernel.sh 6.12 || return
	[ -z "$(ls "$work/cache/kernels" 2>/dev/null)" ] && return
	echo "left behind: $(ls "$work/cache/kernels")"
	return 1
}

a_package_that_cannot_be_installed_says_what_to_run()
{
	fake dpkg-query true
	fake apt-get 'exit 100'
	fake sudo 'shift; exec "$@"'
	said 1 'run this and start again: .*apt-get .*install -y.* gcc ' \
		env PATH="$work/fake:$PATH" tests/lib/deps.sh
}

a_user_who_may_not_install_is_told_what_to_run()
{
	chmod 755 "$work"
	fake dpkg-query true
	fake sudo 'exit 1'
	said 1 'run this and start again: sudo apt-get update && sudo ' \
		as_nobody env PATH="$work/fake:$PATH" tests/lib/deps.sh
}

an_unknown_kernel_lists_the_known_ones()
{
	said 2 'usage: .*6\.1\|6\.12' tests/lib/kernel.sh 5.4
}

for name in $(declare -F | sed -n 's/^declare -f \([a-z]*_[a-z_]*_[a-z_]*\)$/\1/p'); do
	if why=$($name); then
		echo "ok $name"
	else
		echo "not ok $name: $why"
		failed=1
	fi
done
exit $failed
