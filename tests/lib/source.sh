#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fetch the few parts of Debian's kernel source that the tests need: the vimc
# camera driver, checkpatch.pl, the licence texts and the schema of netlink's
# specifications.
#
#   source.sh 6.1|6.12
#
# Prints the folder that they are in, in the cache: that of tests/debug/source.sh,
# where it has them or is about to.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/lib/apt.sh
. "$here/apt.sh"

case ${1-} in
6.1)	schema=() ;;
6.12)	schema=("linux-source-6.12/Documentation/netlink/*.yaml") ;;
*)	echo "usage: source.sh 6.1|6.12" >&2
	exit 2 ;;
esac
package=linux-source-$1
sources=$cache/sources
folder=$sources/$package-parts
mkdir -p "$sources"

# has_all FOLDER: vimc is left out in those of former versions
has_all()
{
	[ -e "$1/scripts/checkpatch.pl" ] &&
		[ -e "$1/drivers/media/test-drivers/vimc/vimc-core.c" ]
}

if [ "$1" = 6.12 ] && [ ! -d "$folder" ] && [ -d "$cache/debug" ]; then
	exec 8>"$cache/debug/.source-lock"
	flock 8
	full=$cache/debug/linux-$(cat "$cache/debug/version" 2>/dev/null) || true
	if has_all "$full"; then
		echo "$full"
		exit
	fi
	exec 8>&-
fi

exec 9>"$sources/.lock"
flock 9
if [ ! -d "$folder" ]; then
	tmp=$(mktemp -d "$sources/.fetch-XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$tmp'" EXIT
	echo "fetching parts of $package" >&2
	apt_update amd64
	apt_fetch amd64 "$tmp" "$package"
	mkdir "$tmp/source"
	dpkg --fsys-tarfile "$tmp"/*.deb |
		tar -xO "./usr/src/$package.tar.xz" |
		xz -dc -T0 |
		tar -x -C "$tmp/source" --strip-components=1 --wildcards \
			"$package/drivers/media/test-drivers/vimc/*" \
			"$package/scripts/checkpatch.pl" \
			"$package/scripts/spelling.txt" \
			"$package/scripts/const_structs.checkpatch" \
			"$package/LICENSES/*" "${schema[@]}"
	chmod 755 "$tmp/source"
	mv -T "$tmp/source" "$folder"
fi
echo "$folder"
