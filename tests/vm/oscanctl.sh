# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What tests of oscanctl share. To be sourced after guest-lib.sh. Where an axis
# stands is judged by the edges that the rig recorded, not by what the driver
# says. Programs are slow to start here: what bash can do by itself, it does.

work=$(mktemp -d)
trap 'stop_load; unload_rig; rm -rf "$work"' EXIT
edges=$work/edges
outputs=0
why=

# run ARGS...: oscanctl; sets status, output in $work/out and $work/err
run()
{
	oscanctl "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	keep_json
}

# keep_json: for the check at the end that all of it can be read
keep_json()
{
	local output

	read -r -d '' output <"$work/out"
	[[ $output == '{'* ]] || return
	outputs=$((outputs + 1))
	printf '%s' "$output" >"$work/json-$outputs"
}

# Each of these notes in $why what is not as it must be.
must()
{
	"$@" || why+="not true: $*; "
}

must_exit()
{
	[ "$status" = "$1" ] ||
		why+="exit status $status: $(cat "$work/out" "$work/err"); "
}

must_say()
{
	local said

	mapfile -t said <"$work/err"
	[ ${#said[@]} = 1 ] || why+="${#said[@]} lines and not one sentence; "
	[[ ${said[*]} == *"$1"* ]] ||
		why+="said \"${said[*]}\" and not \"$1\"; "
}

# verdict NAME: of all that was noted since the last one
verdict()
{
	if [ -z "$why" ]; then
		pass "$1"
	else
		fail "$1" "$(tr '\n' ' ' <<<"$why")"
	fi
	why=
}

# value NAME [N]: of the N-th such field in the last output, as it stands there
value()
{
	local line number=${2-1}

	while read -r line; do
		[[ $line == "\"$1\": "* ]] || continue
		number=$((number - 1))
		[ $number = 0 ] || continue
		line=${line#*: }
		line=${line#\"}
		echo "${line%%[\",]*}"
		return
	done <"$work/out"
}

# must_have NAME VALUE [N]
must_have()
{
	local found

	found=$(value "$1" "${3-1}")
	[ "$found" = "$2" ] || why+="$1 is \"$found\" and not \"$2\"; "
}

begin_rig()
{
	unload_rig || why+="the modules cannot be unloaded; "
	: >"$edges"
	load_rig "$@" || why+="the modules cannot be loaded; "
}

# Net count of STEP edges since begin_rig; a low DIR counts down.
rig_count()
{
	local step=0

	[ "$1" = turntable ] || step=4
	cat /dev/oscan-rig >>"$edges"
	od -An -v -w16 -tu4 "$edges" | awk -v step=$step '
		$3 == step + 1 { up = $4 }
		$3 == step && $4 { count += up ? 1 : -1 }
		END { print count + 0 }'
}

# Of the turntable: interval before the last STEP edge and the shortest one, nanoseconds.
rig_intervals()
{
	cat /dev/oscan-rig >>"$edges"
	od -An -v -w16 -tu4 "$edges" | awk '
		$3 == 0 && $4 {
			now = $1 + $2 * 4294967296
			if (before) {
				last = now - before
				if (!least || last < least)
					least = last
			}
			before = now
		}
		END { printf "%d %d\n", last, least }'
}

# must_stand_at AXIS [STEPS]: the last output, in JSON and of this axis, the
# rig and what is wanted must agree.
must_stand_at()
{
	local said counted origin=0

	[ "$1" = turntable ] || origin=10667
	said=$(value position_steps)
	counted=$(($(rig_count "$1") + origin))
	[ "$said" = "$counted" ] ||
		why+="$1 says $said, the rig counted $counted; "
	[ -z "${2-}" ] || [ "$said" = "$2" ] ||
		why+="$1 says $said and not $2; "
}

is_idle()
{
	run status "$1" --json
	[ "$(value motion)" = idle ]
}

is_moving()
{
	run status "$1" --json
	[ "$(value motion)" = moving ]
}

# count_edges: of all lines so far; sets total. Starts no program, so that it
# can be called often.
count_edges() { read -r total </sys/kernel/debug/oscan-rig/edges; }

has_edges()
{
	count_edges
	[ "$total" -gt "$1" ]
}

# must_move [STEPS]: until so many more have been made
must_move()
{
	count_edges
	wait_until 20 has_edges $((total + 2 * ${1-300})) ||
		why+="it does not move; "
}

# start_move ARGS...: a move in the background; sets mover
start_move()
{
	oscanctl move "$@" --json >"$work/move-out" 2>"$work/move-err" </dev/null &
	mover=$!
}

# end_move: wait for it; results as run() leaves them
end_move()
{
	wait "$mover"
	status=$?
	cp "$work/move-out" "$work/out"
	cp "$work/move-err" "$work/err"
	keep_json
}

# refused NAME SENTENCE ARGS...: exit 1, and no edge on any line
refused()
{
	local name=$1 sentence=$2 before

	shift 2
	count_edges
	before=$total
	run "$@"
	must_exit 1
	must_say "$sentence"
	count_edges
	must [ "$total" = "$before" ]
	verdict "$name"
}

# One process for all that was kept, for they are slow to start here.
json_is_json()
{
	must [ "$outputs" -gt 4 ]
	must /usr/bin/python3 -ISc 'import json, sys
for name in sys.argv[1:]:
    assert isinstance(json.load(open(name)), dict)' "$work"/json-*
	verdict every_output_for_programs_is_json
}
