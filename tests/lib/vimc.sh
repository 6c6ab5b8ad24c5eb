#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Build vimc.ko, the kernel's test camera, which Debian's kernels lack, for a
# stock kernel in the cache.
#
#   vimc.sh NAME	NAME as for kernel.sh
#
# Leaves it as vimc/vimc.ko in the kernel's folder, where the guest finds it.
set -eu

here=$(dirname "$(readlink -f "$0")")
root='' kdir=''
paths=$("$here/kernel.sh" "$@")
eval "$paths"
[ ! -e "$root/vimc/vimc.ko" ] || exit 0

source=$("$here/source.sh" "${1%-rt}")
exec 9>"$root/.vimc-lock"
flock 9
[ ! -e "$root/vimc/vimc.ko" ] || exit 0
tmp=$root/vimc.new
rm -rf "$tmp"
cp -r "$source/drivers/media/test-drivers/vimc" "$tmp"
echo "building vimc for $(basename "$root")" >&2
if ! make -s -C "$kdir" M="$tmp" CONFIG_VIDEO_VIMC=m modules \
     >"$tmp/log" 2>&1; then
	tail -n 5 "$tmp/log" >&2
	echo "vimc does not build; the whole output is in $tmp/log" >&2
	exit 1
fi
mv -T "$tmp" "$root/vimc"
