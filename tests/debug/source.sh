#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fetch Debian's kernel source 6.12 into the cache, without the parts that no
# kernel of ours is built from. tests/lib/source.sh finds its parts here, too.
#
#   source.sh [--refresh]
#
# What is in the cache is used as it is; --refresh asks Debian for the newest
# version. Prints the folder; its name is linux-VERSION.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/lib/apt.sh
. "$here/../lib/apt.sh"

package=linux-source-6.12
folder=$cache/debug

# Kconfig reads every folder's Kconfig, so those stay.
unwanted()
{
	local tree=$package name

	for name in alpha arc arm arm64 csky hexagon loongarch m68k \
		    microblaze mips nios2 openrisc parisc powerpc riscv s390 \
		    sh sparc xtensa; do
		printf -- "--exclude=$tree/arch/$name/%s\n" '*.[chS]' '*.dts*' \
			'*_defconfig'
	done
	for name in accel gpu infiniband 'media/[!t]*' net/ethernet \
		    net/wireless scsi staging; do
		echo "--exclude=$tree/drivers/$name/*.[chS]"
	done
	echo "--exclude=$tree/Documentation/devicetree/*.*"
	echo "--exclude=$tree/tools/testing"
	echo "--exclude=$tree/tools/perf"
	echo "--exclude=$tree/sound/*.[ch]"
}

fetch()
{
	local version tmp options

	apt_update amd64
	version=$(apt_query policy "$package" |
		  sed -n 's/^  Candidate: //p')
	if [ -z "$version" ] || [ "$version" = "(none)" ]; then
		echo "Debian's package lists have no $package; are Debian" \
		     "12's main and security archives in /etc/apt?" >&2
		exit 1
	fi
	if [ ! -d "$folder/linux-$version" ]; then
		tmp=$(mktemp -d "$folder/.fetch-XXXXXX")
		# shellcheck disable=SC2064
		trap "rm -rf '$tmp'" EXIT
		echo "fetching $package $version" >&2
		apt_fetch amd64 "$tmp" "$package=$version"
		mkdir "$tmp/source"
		mapfile -t options < <(unwanted)
		dpkg --fsys-tarfile "$tmp"/*.deb |
			tar -xO "./usr/src/$package.tar.xz" |
			xz -dc -T0 |
			tar -x -C "$tmp/source" --strip-components=1 \
				--wildcards "${options[@]}"
		chmod 755 "$tmp/source"
		mv -T "$tmp/source" "$folder/linux-$version"
	fi
	echo "$version" >"$folder/.version.$$"
	mv "$folder/.version.$$" "$folder/version"
}

mkdir -p "$folder"
exec 9>"$folder/.source-lock"
flock 9
if [ "${1-}" = --refresh ] || [ ! -s "$folder/version" ] ||
   [ ! -d "$folder/linux-$(cat "$folder/version")" ]; then
	fetch
fi
echo "$folder/linux-$(cat "$folder/version")"
