#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl scan on the model of the driver, in real time, with the synthetic
# camera: everything but the kernel is the product. The folder is judged by
# Python, which knows nothing of ours.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

oscanctl=out/tests/model/oscanctl-full
work=$(mktemp -d -p /dev/shm)
export OSCAN_MODEL_STATE=$work/state OPENSCAN_PROJECT_DIR=$work/projects
scanner=
trap '[ -z "$scanner" ] || kill -KILL "$scanner"; rm -rf "$work"' EXIT
bad=

must()
{
	"$@" >"$work/said" 2>&1 ||
		bad+="not true: $*: $(tail -n 1 "$work/said"); "
}

wait_until()
{
	local deadline=$((SECONDS + 60))

	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || {
			bad+="in 60 s not: $*; "
			return
		}
		sleep 0.02
	done
}

# Small photos, short ways, in order.
small=(--camera synthetic --size 64x48 --min-theta 70 --max-theta 100
	--max-phi 90 --shutter 20 --gain 1 --workers 1)

# scan PROJECT ARGS...
scan()
{
	"$oscanctl" scan --project "$1" "${small[@]}" "${@:2}" \
		>"$work/out" 2>"$work/error"
}

whole()
{
	must /usr/bin/python3 -I tests/unit/scan-read.py \
		"$OPENSCAN_PROJECT_DIR/$1" "$2"
}

saved()
{
	[ -e "$OPENSCAN_PROJECT_DIR/$1/journal.jsonl" ] &&
		[ "$(wc -l <"$OPENSCAN_PROJECT_DIR/$1/journal.jsonl")" -ge "$2" ]
}

idle() { ! "$oscanctl" status --json | grep -q '"motion": "moving"'; }
says() { grep -qF -- "$1" "$work/error"; }

# begin PROJECT ARGS...: in the background, until two photos are there
begin()
{
	"$oscanctl" scan --project "$1" "${small[@]}" "${@:2}" \
		>"$work/out" 2>"$work/error" &
	scanner=$!
	wait_until saved "$1/scan01" 2
}

# The moment is that of a move or of an exposure, as it comes.
end_with()
{
	local status

	kill "-$1" "$scanner" 2>/dev/null
	wait "$scanner" 2>/dev/null
	status=$?
	scanner=
	[ "$status" = "$2" ] || bad+="ended with $status and not $2; "
	wait_until idle
}

every_photo_is_saved_and_was_taken_where_it_was_planned()
{
	must scan whole --points 5 --bracket 2 --json
	must grep -q '"photos_saved": 10' "$work/out"
	whole whole/scan01 10
}

what_is_automatic_is_found_in_the_frames()
{
	must "$oscanctl" scan --project auto --camera synthetic:lens=4 --size 64x48 \
		--points 2 --min-theta 90 --max-theta 90 --max-phi 20 \
		--focus-stacks 2 --focus-range 3:4
	whole auto/scan01 4
	must grep -q '"found": true' "$OPENSCAN_PROJECT_DIR/auto/scan01/locked.json"
}

an_interrupted_scan_is_completed_and_none_is_taken_twice()
{
	begin ctrlc --points 6
	end_with INT 1
	must says "can be taken up again"
	must says "oscanctl scan --resume 'ctrlc:1'"
	must grep -q '"status": "cancelled"' \
		"$OPENSCAN_PROJECT_DIR/ctrlc/scan01/scan.json"
	must "$oscanctl" scan --resume ctrlc:1
	whole ctrlc/scan01 6
}

a_killed_scan_is_completed_and_none_is_taken_twice()
{
	begin killed --points 6
	end_with KILL 137
	must "$oscanctl" scan --resume killed:1
	whole killed/scan01 6
}

a_trigger_takes_the_place_of_the_camera()
{
	must scan trigger --points 3 --trigger camera --trigger-width-ms 1
	whole trigger/scan01 3
	must grep -q '"file": null' \
		"$OPENSCAN_PROJECT_DIR/trigger/scan01/journal.jsonl"
	must grep -q '"trigger": "camera"' \
		"$OPENSCAN_PROJECT_DIR/trigger/scan01/metadata/scan01_000.json"
}

# refused STATUS TEXT ARGS...: in one sentence, and nothing is made
refused()
{
	local status=$1 text=$2

	shift 2
	"$oscanctl" scan "$@" >"$work/out" 2>"$work/all"
	[ $? = "$status" ] || bad+="another status than $status: $*; "
	grep '^oscanctl' "$work/all" >"$work/error"
	[ "$(wc -l <"$work/error")" = 1 ] || bad+="no one sentence: $*; "
	must says "$text"
	[ ! -e "$OPENSCAN_PROJECT_DIR/no" ] || bad+="a project was made: $*; "
}

what_cannot_be_is_refused_in_one_sentence()
{
	echo '{"points": 3, "points": 4}' >"$work/twice.json"
	echo '{"point": 3}' >"$work/close.json"
	refused 2 "duplicate" --project no --job "$work/twice.json"
	refused 2 'did you mean "points"' --project no --job "$work/close.json"
	refused 2 "found no --project" --points 3
	refused 2 "focus-stacks" --project no --focus-stacks 100
	refused 2 "--resume takes the scan as it was begun" --resume whole:1 \
		--points 3
	refused 2 "as in mouse:1" --resume whole
	refused 1 "scan07" --resume whole:7
	refused 1 "theta" --project no --max-theta 140 --camera synthetic
	refused 1 "free" --project no --keep-free-mb 1e9 --camera synthetic
}

a_lost_position_is_not_relied_on()
{
	export OSCAN_MODEL_STATE=$work/lost
	OSCAN_MODEL_LOST=1 refused 1 "oscanctl set-position" --project lost \
		--camera synthetic --points 2
}

a_dry_run_makes_nothing()
{
	must scan no --points 4 --dry-run
	must grep -q "photos    4, at 4 points" "$work/out"
	[ ! -e "$OPENSCAN_PROJECT_DIR/no" ] || bad+="a project was made; "
}

if ! said=$({ make -s userspace && make -s -C tests/model; } 2>&1); then
	echo "not ok the_model_builds: $(tail -n 1 <<<"$said")"
	exit 1
fi
failed=0
for name in every_photo_is_saved_and_was_taken_where_it_was_planned \
	what_is_automatic_is_found_in_the_frames \
	an_interrupted_scan_is_completed_and_none_is_taken_twice \
	a_killed_scan_is_completed_and_none_is_taken_twice \
	a_trigger_takes_the_place_of_the_camera \
	what_cannot_be_is_refused_in_one_sentence \
	a_dry_run_makes_nothing a_lost_position_is_not_relied_on; do
	bad=
	$name
	if [ -z "$bad" ]; then
		echo "ok $name"
	else
		echo "not ok $name: $bad"
		failed=1
	fi
done
exit $failed
