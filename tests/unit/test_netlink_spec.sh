#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The YAML specification of the netlink family says what the header says, and
# is one in the kernel's form.
set -u

spec=${SPEC:-include/uapi/linux/oscan-netlink.yaml}
header=${HEADER:-include/uapi/linux/oscan.h}
cache=${OSCAN_CACHE:-$HOME/.cache/oscan}
failed=0

# judge NAME KIND FILE
judge()
{
	local bad

	if bad=$(python3 tests/unit/netlink-spec.py "$2" "$spec" "$3" 2>&1) &&
	   [ -z "$bad" ]; then
		echo "ok $1"
	else
		echo "not ok $1: ${bad//$'\n'/; }"
		failed=1
	fi
}

judge the_specification_says_what_the_header_says header "$header"

# The kernel's own schema, where a kernel's source has been unpacked.
schema=$(find "$cache/debug" "$cache/sources" -maxdepth 5 \
	-path '*/Documentation/netlink/genetlink-legacy.yaml' 2>/dev/null |
	head -n 1)
name=the_specification_is_one_by_the_schema_of_the_kernel
if [ -n "$schema" ]; then
	judge $name schema "$schema"
else
	echo "ok $name # skip no kernel's source has been unpacked yet"
fi
exit $failed
