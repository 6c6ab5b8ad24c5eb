#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Find out what a kernel's interfaces look like by compiling small sources.
#
#   probes.sh KDIR FOLDER PROBES...
#
# Each probes/NAME.c that compiles in FOLDER against KDIR becomes a line
# "#define HAVE_NAME 1" on standard output. always.c must compile: when it does
# not, the compiler or the headers are at fault and no answer is worth anything.
set -eu

kdir=$1
folder=$2
shift 2

rm -rf "$folder"
mkdir -p "$folder"
cp "$@" "$folder/"
: >"$folder/Kbuild"
objects=$(cd "$folder" && echo *.c)
# shellcheck disable=SC2086
make -k -s -C "$kdir" M="$folder" ${objects//.c/.o} >"$folder/log" 2>&1 || true

if [ ! -e "$folder/always.o" ]; then
	tail -n 5 "$folder/log" >&2
	echo "Nothing compiles against $kdir; is its compiler installed?" >&2
	exit 1
fi

echo "/* Made by kmod/probes.sh. */"
for object in "$folder"/*.o; do
	name=$(basename "$object" .o)
	echo "#define HAVE_${name^^} 1"
done
