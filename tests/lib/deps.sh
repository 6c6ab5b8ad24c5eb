#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Install the Debian packages that building and testing oscan needs.
#
#   deps.sh          install what is missing; nothing runs when all is there
#   deps.sh --list   print the packages, one a line
#
# Exit status: 0 all there, 1 something is missing and could not be installed.
set -u

packages=(
	# the programs
	gcc g++ make pkg-config libnl-3-dev libnl-genl-3-dev libhdf5-dev
	libcamera-dev libjansson-dev libjpeg-dev libcairo2-dev liblz4-dev
	libdeflate-dev libtiff-dev libpng-dev libexif-dev libunistring-dev
	libcurl4-openssl-dev libgphoto2-dev
	libwebsockets-dev libsystemd-dev libarchive-dev
	# the modules
	gcc-12 gcc-12-aarch64-linux-gnu libc6-dev-arm64-cross dwarves
	libelf-dev xz-utils zstd kmod
	# the machines that tests and the demo run in
	qemu-system-x86 qemu-system-arm busybox-static cpio udev libcamera-ipa
	device-tree-compiler iproute2 procps
	# the tests
	check hdf5-tools python3-h5py python3-numpy python3-yaml
	python3-jsonschema mandoc dt-schema hdf5-filter-plugin bitshuffle
	nexus-tools libimage-exiftool-perl libraw-bin curl bsdextrautils
	# the style checks
	shellcheck sparse perl git
	# the instrumented kernels
	bison flex bc
)

missing_packages()
{
	dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
	awk -v want="${packages[*]}" '
		$1 == "installed" {
			for (i = 2; i <= NF; i++) {
				sub(",$", "", $i)
				have[$i] = 1
			}
		}
		END {
			n = split(want, list, " ")
			for (i = 1; i <= n; i++)
				if (!(list[i] in have))
					print list[i]
		}'
}

if [ "${1-}" = --list ]; then
	printf '%s\n' "${packages[@]}"
	exit 0
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "oscan's tests need Debian 12 (dpkg-query, apt-get), and this is" \
	     "not it; provide the equivalents of: ${packages[*]}." >&2
	exit 1
fi

mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -gt 0 ] || exit 0

install=(apt-get -o DPkg::Lock::Timeout=600 install -y
	 --no-install-recommends "${missing[@]}")
as_root=()
line="apt-get update && ${install[*]}"
if [ "$(id -u)" != 0 ]; then
	line="sudo apt-get update && sudo ${install[*]}"
	# A person at a terminal may type the password; a script cannot.
	as_root=(sudo -n)
	[ ! -t 0 ] || as_root=(sudo)
	if ! "${as_root[@]}" true 2>/dev/null; then
		echo "Packages are missing and this user may not install" \
		     "them; run this and start again: $line" >&2
		exit 1
	fi
fi

echo "$line"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { "${as_root[@]}" apt-get update &&
       "${as_root[@]}" "${install[@]}"; } >"$log" 2>&1; then
	tail -n 5 "$log" >&2
	echo "apt-get could not install the missing packages (is there a" \
	     "network?); run this and start again: $line" >&2
	exit 1
fi
