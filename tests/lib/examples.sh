#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Install what is in userspace/ into a folder, as a package would, and build
# the examples that were installed with what was installed.
#
#   examples.sh FOLDER		FOLDER/usr, and programs FOLDER/examples/NAME
#
# What it says goes to standard output and standard error.
set -eu

tree=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
root=$1
rm -rf "${root:?}/usr" "$root/examples"
mkdir -p "$root/examples"
root=$(readlink -f "$root")
make --no-print-directory -s -C "$tree" install-userspace DESTDIR="$root" \
	prefix=/usr
export PKG_CONFIG_PATH=$root/usr/lib/pkgconfig
read -ra flags < <(pkg-config --define-variable=prefix="$root/usr" \
	--cflags --libs oscan)
for source in "$root"/usr/share/doc/oscan/examples/*.c; do
	program=$root/examples/$(basename "$source" .c)
	gcc -std=c11 -D_DEFAULT_SOURCE -O2 -Wall -Wextra -Werror \
		-o "$program" "$source" "${flags[@]}"
done
