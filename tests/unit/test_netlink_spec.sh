#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The YAML specification of the netlink family says what the header says, and
# is one in the kernel's form.
set -u

spec=${SPEC:-include/uapi/linux/oscan-netlink.yaml}
header=${HEADER:-include/uapi/linux/oscan.h}
failed=0

# judge NAME KIND FILE
judge()
{
	local bad

	if bad=$(/usr/bin/python3 tests/unit/netlink-spec.py "$2" "$spec" "$3" 2>&1) &&
	   [ -z "$bad" ]; then
		echo "ok $1"
	else
		echo "not ok $1: ${bad//$'\n'/; }"
		failed=1
	fi
}

judge the_specification_says_what_the_header_says header "$header"

source=$(tests/lib/source.sh 6.12) &&
	judge the_specification_is_one_by_the_schema_of_the_kernel schema \
		"$source/Documentation/netlink/genetlink-legacy.yaml" || failed=1
exit $failed
