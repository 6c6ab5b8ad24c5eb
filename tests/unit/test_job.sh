#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl job against a daemon that plays its part, played_oscand.py.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

oscanctl=${OSCANCTL:-out/bin/oscanctl}
work=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill "$daemon"; rm -rf "$work"' EXIT
export OSCAN_SOCKET=$work/socket
bad=

# job STATUS ARGS...: sets output in $work/out and $work/err
job()
{
	local want=$1 status

	shift
	"$oscanctl" job "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	[ "$status" = "$want" ] ||
		bad+="job $*: exit status $status: $(cat "$work/err"); "
}

# says TEXT: one sentence, and that
says()
{
	[ "$(grep -c '^oscanctl job' "$work/err")" = 1 ] ||
		bad+="not one sentence: $(cat "$work/err"); "
	grep -qF -- "$1" "$work/err" ||
		bad+="said \"$(cat "$work/err")\" and not \"$1\"; "
}

prints() { grep -qF -- "$1" "$work/out" ||
	bad+="printed \"$(cat "$work/out")\" and not \"$1\"; "; }

asked() { grep -qiF -- "$1" "$work/request" ||
	bad+="asked \"$(cat "$work/request")\" and not \"$1\"; "; }

a_wrong_command_line_asks_nothing()
{
	job 2 lst
	says 'did you mean "list"?'
	job 2 show
	says 'wanted the number of a job, found none'
	local id

	for id in 0 -3 x 1x 99999999999999999999; do
		job 2 show "$id"
		says "found \"$id\""
	done
	job 2 submit
	says 'wanted a file with settings'
	job 2 submit "$work/settings" --kind fly
	says 'wanted capture or flyscan, found "fly"'
	job 2 list 3
	says 'wanted nothing behind it'
	job 2 show 1 --wait
	says '--wait: wanted with submit or resume'
	job 2 list --url http://localhost:1 --socket "$work/socket"
	says 'found both'
	[ ! -e "$work/request" ] || bad+="it asked $(cat "$work/request"); "
}

a_daemon_that_is_not_there_is_told()
{
	job 1 list --socket "$work/none"
	says "wanted oscand at $work/none, found: No such file or directory; start it"
	job 1 wait 1 --socket "$work/none"
	says 'start it'
	job 1 list --url http://127.0.0.1:1
	says 'found: Connection refused; see that it listens there'
	job 1 list --token-file "$work/none"
	says 'wanted the token in'
	: >"$work/empty"
	job 1 list --token-file "$work/empty"
	says 'found none that can be one'
}

settings_are_sent_as_they_are()
{
	echo '{"points": 40, "pause": 0.30000000000000004}' >"$work/settings"
	job 0 submit "$work/settings" --name 'a "vase"'
	asked 'POST /v1/jobs'
	asked '{"kind":"capture","settings":{"points":40,"pause":0.30000000000000004},"name":"a \"vase\""}'
	prints 'job 1 is pending'
	job 0 submit "$work/settings" --kind flyscan --json
	asked '"kind":"flyscan"'
	prints '"state": "pending"'
}

settings_that_are_none_are_told()
{
	job 1 submit "$work/nothing"
	says 'No such file or directory; name a job file'
	echo '[1]' >"$work/settings"
	job 1 submit "$work/settings"
	says 'found another value'
	printf '{"points": 40,\n "points": 50}' >"$work/settings"
	job 1 submit "$work/settings"
	says 'found in line 2: duplicate object key'
	job 1 submit - --name $'\xff'
	says 'standard input: wanted a JSON object with settings, found in line 1'
}

jobs_are_shown()
{
	job 0 list
	prints '   2  capture  error '
	job 0 list --state 'run&ning'
	asked 'GET /v1/jobs?state=run%26ning'
	job 0 show 2
	prints 'error      wanted a camera, found none'
	prints ', 1:54 h left'
	job 0 show 1
	prints 'progress   exposing:  25 %, 10 of 40, 1:40 left'
	job 0 log 1
	prints '(3 older lines were forgotten)'
	prints '2026-11-21T10:00:01Z  it began'
	job 0 delete 3
	asked 'DELETE /v1/jobs/3'
	local verb

	for verb in pause resume cancel; do
		job 0 "$verb" 6
		asked "POST /v1/jobs/6/$verb"
		asked 'content-length: 0'
		prints 'job 6 is running'
	done
}

what_the_daemon_refuses_is_told_in_its_words()
{
	job 1 show 12
	says 'oscanctl job: there is no job 12'
	job 1 wait 12
	says 'there is no job 12'
}

what_is_no_answer_is_told()
{
	job 1 show 4
	says 'wanted an answer of oscand'
	job 1 show 5
	says 'wanted oscand at'
}

a_token_is_sent_over_tcp()
{
	echo 'secret' >"$work/token"
	job 0 show 2 --url "http://127.0.0.1:$(cat "$work/port")/" \
		--token-file "$work/token"
	asked 'GET /v1/jobs/2'
	asked 'authorization: bearer secret'
}

# The daemon goes away in between.
a_job_is_waited_for_to_its_end()
{
	job 0 wait 1
	prints 'project    vase, scan 2'
	prints 'stored     40, 0 lost'
	prints 'warning    the light was off'
	grep -q 'exposing' "$work/err" ||
		bad+="progress was \"$(cat "$work/err")\"; "
	grep -q 'oscand is away' "$work/err" ||
		bad+="it did not see that the daemon went away; "
	job 0 wait 1 --json
	prints '"state": "completed"'
}

an_end_that_is_none_is_a_failure()
{
	job 1 wait 2
	says 'job 2: wanted a camera, found none'
	job 1 wait 3
	says 'job 3 was cancelled; "oscanctl job resume 3" completes it'
	job 1 wait 7
	says 'found that it was deleted'
}

ctrl_c_ends_the_waiting_only()
{
	local waiter deadline=$((SECONDS + 60))

	rm -f "$work/listening"
	"$oscanctl" job wait 6 >"$work/out" 2>"$work/err" </dev/null &
	waiter=$!
	until [ -e "$work/listening" ] || [ $SECONDS -gt $deadline ]; do
		sleep 0.02
	done
	[ -e "$work/listening" ] || bad+="it does not listen to events; "
	kill -TERM $waiter
	wait $waiter
	[ $? = 1 ] || bad+="another exit status than 1; "
	says 'the job goes on, "oscanctl job cancel 6" ends it'
}

/usr/bin/python3 -I tests/unit/played_oscand.py "$work/socket" "$work" &
daemon=$!
deadline=$((SECONDS + 60))
until [ -S "$work/socket" ] || [ $SECONDS -gt $deadline ]; do
	sleep 0.02
done
for test in a_wrong_command_line_asks_nothing \
	    a_daemon_that_is_not_there_is_told settings_are_sent_as_they_are \
	    settings_that_are_none_are_told jobs_are_shown \
	    what_the_daemon_refuses_is_told_in_its_words \
	    what_is_no_answer_is_told a_token_is_sent_over_tcp \
	    a_job_is_waited_for_to_its_end an_end_that_is_none_is_a_failure \
	    ctrl_c_ends_the_waiting_only; do
	bad=
	$test
	if [ -z "$bad" ]; then
		echo "ok $test"
	else
		echo "not ok $test: $(tr '\n' ' ' <<<"$bad")"
		failed=yes
	fi
done
[ -z "${failed-}" ]
