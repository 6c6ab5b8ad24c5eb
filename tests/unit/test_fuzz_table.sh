#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The fuzzer knows every request of the interface.
set -u

header=${HEADER:-include/uapi/linux/oscan.h}
table=${TABLE:-tests/fuzz/requests.c}
missing=
count=0

while read -r request structure; do
	count=$((count + 1))
	grep -qE "REQUEST\($request, $structure," "$table" ||
		missing+="$request with struct $structure, "
done < <(sed -nE 's/^#define OSCAN_IOC_([A-Z_]+)\s.*struct (\w+)\)$/\1 \2/p' \
	"$header")
all=$(grep -c '^#define OSCAN_IOC_' "$header")

if [ "$count" = 0 ] || [ "$count" != "$all" ]; then
	echo "not ok the_fuzzer_knows_every_request: read $count of the $all requests in $header"
elif [ -n "$missing" ]; then
	echo "not ok the_fuzzer_knows_every_request: $table has no ${missing%, }"
else
	echo "ok the_fuzzer_knows_every_request"
	exit 0
fi
exit 1
