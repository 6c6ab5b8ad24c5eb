#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fetch a stock Debian kernel with its headers into the cache. Nothing is
# installed: the packages are unpacked, so the machine's own kernel and
# compiler stay as they are, and no root is needed.
#
#   kernel.sh [--refresh] NAME
#
# NAME is 6.1, 6.12, 6.1-rt, 6.12-rt or arm64; 6.12-debug and 6.12-uml are
# built, see tests/debug/kernel.sh. What is in the cache is used as
# it is; --refresh asks Debian for the newest version of NAME.
#
# Prints, for eval:
#   release=  version of the kernel, as in uname -r
#   root=     folder that it is unpacked in; lib/modules/$release is below it
#   kdir=     headers, for make -C
#   image=    kernel for qemu's -kernel
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/lib/apt.sh
. "$here/apt.sh"

usage="usage: kernel.sh [--refresh]"
usage="$usage 6.1|6.12|6.1-rt|6.12-rt|arm64|6.12-debug|6.12-uml"

# The meta package of each name; all else follows from what it depends on.
choose()
{
	arch=amd64
	case $1 in
	6.1)	meta=linux-image-amd64 ;;
	6.1-rt)	meta=linux-image-rt-amd64 ;;
	6.12)	meta=linux-image-6.12-amd64 ;;
	6.12-rt) meta=linux-image-6.12-rt-amd64 ;;
	arm64)	meta=linux-image-6.12-arm64
		arch=arm64 ;;
	*)	echo "$usage" >&2
		exit 2 ;;
	esac
}

print_paths()
{
	local release root image

	release=$(cat "$kernels/$name")
	root=$kernels/$release
	image=$root/boot/vmlinux-$release
	[ -e "$image" ] || image=$root/boot/vmlinuz-$release
	printf 'release=%q\nroot=%q\nkdir=%q\nimage=%q\n' "$release" "$root" \
	       "$root/usr/src/linux-headers-$release" "$image"
}

is_cached()
{
	[ -s "$kernels/$name" ] &&
		[ -d "$kernels/$(cat "$kernels/$name")/lib/modules" ]
}

depends_of()
{
	apt_query depends "$1" |
		sed -n "s/^[ |]*Depends: \($2\)\$/\1/p" | head -n 1
}

# QEMU starts an uncompressed kernel about two seconds sooner.
unpack_image()
{
	local setup offset length magic

	setup=$(od -An -tu1 -j 497 -N 1 "$1")
	offset=$(od -An -tu4 -j 584 -N 4 "$1")
	length=$(od -An -tu4 -j 588 -N 4 "$1")
	offset=$(((setup + 1) * 512 + offset + 1))
	payload() { tail -c +"$offset" "$1" | head -c "$length"; }
	magic=$(payload "$1" | head -c 4 | od -An -tx1 | tr -d ' ')
	case $magic in
	fd377a58) payload "$1" | xz -dc 2>/dev/null ;;
	28b52ffd) payload "$1" | zstd -dc 2>/dev/null ;;
	1f8b*)	payload "$1" | gzip -dc 2>/dev/null ;;
	esac >"$2" || true
	[ "$(head -c 4 "$2" | od -An -c | tr -d ' ')" = '177ELF' ] ||
		rm -f "$2"
}

# Header packages name their common half by its installed path.
point_headers_into()
{
	sed -i "s,^include /usr/src/,include $kernels/$1/usr/src/," \
	       "$2/usr/src/linux-headers-$1/Makefile"
	ln -sfn "../../../usr/src/linux-headers-$1" "$2/lib/modules/$1/build"
	rm -f "$2/lib/modules/$1/source"
}

fetch()
{
	local image release common kbuild tmp deb

	apt_update "$arch"
	image=$(depends_of "$meta" 'linux-image-[0-9].*')
	release=${image#linux-image-}
	if [ -z "$release" ]; then
		echo "Debian's package lists have no $meta for $arch;" \
		     "are Debian 12's main and security archives in" \
		     "/etc/apt?" >&2
		exit 1
	fi
	if [ ! -d "$kernels/$release" ]; then
		common=$(depends_of "linux-headers-$release" \
				    'linux-headers-.*-common.*')
		kbuild=$(depends_of "linux-headers-$release" 'linux-kbuild-.*')
		tmp=$(mktemp -d "$kernels/.fetch-XXXXXX")
		# shellcheck disable=SC2064
		trap "rm -rf '$tmp'" EXIT
		echo "fetching kernel $release" >&2
		apt_fetch "$arch" "$tmp" "$image" "linux-headers-$release"
		[ "$arch" = amd64 ] || apt_update amd64
		apt_fetch amd64 "$tmp" "$common" "$kbuild"
		mkdir "$tmp/root"
		for deb in "$tmp"/*.deb; do
			dpkg -x "$deb" "$tmp/root"
		done
		chmod 755 "$tmp/root"
		[ "$arch" != amd64 ] ||
			unpack_image "$tmp/root/boot/vmlinuz-$release" \
				     "$tmp/root/boot/vmlinux-$release"
		point_headers_into "$release" "$tmp/root"
		PATH=$PATH:/sbin:/usr/sbin depmod -b "$tmp/root" "$release"
		mv -T "$tmp/root" "$kernels/$release"
	fi
	echo "$release" >"$kernels/.$name.$$"
	mv "$kernels/.$name.$$" "$kernels/$name"
}

refresh=
[ "${1-}" != --refresh ] || { refresh=1; shift; }
[ $# = 1 ] || { echo "$usage" >&2; exit 2; }
name=$1
case $name in
6.12-debug|6.12-uml)
	exec "$here/../debug/kernel.sh" ${refresh:+--refresh} "$name" ;;
esac
kernels=$cache/kernels
choose "$name"
mkdir -p "$kernels"

exec 9>"$kernels/.lock"
flock 9
if [ -n "$refresh" ] || ! is_cached; then
	fetch
fi
print_paths
