# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Programs that are made of cases, see prog/kit/kit.h. To be sourced after
# guest-lib.sh.
#
#   run_cases [-s SUFFIX] PROGRAM [CASES...]	run these or all cases of
#						out/tests/vm/PROGRAM, each as
#						a test NAME or NAME_SUFFIX

programs=$OSCAN_TREE/out/tests/vm

# Each by itself, so that the kernel's complaints are told apart.
run_cases()
{
	local suffix='' program name names said status line

	if [ "$1" = -s ]; then
		suffix=_$2
		shift 2
	fi
	program=$programs/$1
	shift
	[ $# -gt 0 ] || mapfile -t names < <("$program" --list)
	[ $# -eq 0 ] || names=("$@")
	if [ ${#names[@]} = 0 ]; then
		fail "$(basename "$program")$suffix" "it has no cases"
		return
	fi
	for name in "${names[@]}"; do
		said=$("$program" "$name" 2>&1)
		status=$?
		while [[ $said == '# '*$'\n'* ]]; do
			line=${said%%$'\n'*}
			progress "${line#\# }"
			said=${said#*$'\n'}
		done
		case $status,$said in
		"0,ok $name")	pass "$name$suffix" ;;
		"1,not ok $name: "*) fail "$name$suffix" "${said#*: }" ;;
		*)		fail "$name$suffix" "exit status $status: $said" ;;
		esac
	done
}
