#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Build an instrumented kernel from Debian's source into the cache.
#
#   kernel.sh [--refresh|--built] 6.12-debug|6.12-uml
#
# 6.12-debug boots in tests/vm/run, on two processors; 6.12-uml is a program,
# a User-Mode kernel. What is in the cache is used as it is, unless the
# configuration has changed since; --refresh asks Debian for a newer source,
# --built builds nothing and fails when the kernel is not in the cache.
#
# Prints what tests/lib/kernel.sh prints; for 6.12-uml, image= is the program.
set -eu

here=$(dirname "$(readlink -f "$0")")
refresh=()
built=
case ${1-} in
--refresh) refresh=(--refresh); shift ;;
--built) built=1; shift ;;
esac
case ${1-} in
6.12-debug) arch=x86_64 config=smp image=vmlinux flags=() ;;
# Compiled in two thirds of the time, and used for a fraction of it. KASAN looks at
# every access of our modules, and at those of the kernel's parts that are handed
# their memory; all of the kernel is looked at in 6.12-debug.
6.12-uml) arch=um config=uml image=linux
	handed='lib lib/% kernel/time kernel/irq net/netlink drivers/gpio'
	handed="$handed drivers/base fs/debugfs"
	flags=("KCFLAGS=-O1 -w"
	       "KASAN_SANITIZE=\$(if \$(filter $handed,\$(obj)),,n)") ;;
*)	echo "usage: kernel.sh [--refresh|--built] 6.12-debug|6.12-uml" >&2
	exit 2 ;;
esac

source=$("$here/source.sh" "${refresh[@]}")
fragments=("$here/common.config" "$here/$config.config")
key=$({ echo "$source${flags[*]}"; cat "${fragments[@]}"; } | sha256sum | cut -c 1-8)
folder=$(dirname "$source")/$config-$key
work=$folder.build
log=$work/log

make_kernel()
{
	make -s -j2 -C "$source" O="$work" ARCH=$arch \
		CC=gcc-12 HOSTCC=gcc "${flags[@]}" \
		LOCALVERSION="-$config-$key" KBUILD_BUILD_TIMESTAMP=@0 \
		KBUILD_BUILD_USER=oscan KBUILD_BUILD_HOST=oscan "$@"
}

# The fragments are wishes: what Kconfig did not grant must be seen.
check_config()
{
	local line name missing=0

	while read -r line; do
		name=${line%%=*}
		case $line in
		CONFIG_*=n)
			! grep -q "^$name=" "$work/.config" || {
				echo "$name is set"
				missing=1
			} ;;
		CONFIG_*)
			grep -qxF "$line" "$work/.config" || {
				echo "$line was not granted"
				missing=1
			} ;;
		esac
	done < <(cat "${fragments[@]}")
	return $missing
}

configure()
{
	mkdir -p "$work"
	cat "${fragments[@]}" >"$work/wanted.config"
	make_kernel KCONFIG_ALLCONFIG="$work/wanted.config" allnoconfig &&
		check_config
}

# What modules are built against stays in the build folder.
install_kernel()
{
	local release

	release=$(cat "$work/include/config/kernel.release")
	rm -rf "$folder"
	make_kernel INSTALL_MOD_PATH="$work/root" modules_install &&
		mkdir -p "$work/root/boot" &&
		cp "$work/$image" "$work/root/boot/$image-$release" &&
		echo "$release" >"$work/root/release"
}

build()
{
	echo "building kernel $config-$key, a few minutes" >&2
	if ! { configure && make_kernel $image modules &&
	       install_kernel; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		echo "The kernel does not build; all of it is in $log" >&2
		exit 1
	fi
}

if [ -n "$built" ]; then
	[ -s "$work/root/release" ]
	exit
fi
mkdir -p "$work"
exec 9>"$folder.lock"
flock 9
[ -s "$work/root/release" ] || build
release=$(cat "$work/root/release")
printf 'release=%q\nroot=%q\nkdir=%q\nimage=%q\n' "$release" "$work/root" \
       "$work" "$work/root/boot/$image-$release"
