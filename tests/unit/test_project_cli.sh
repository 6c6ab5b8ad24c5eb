#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "oscanctl project" on folders that project-make.py makes, as OpenScan3 does.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

here=tests/unit
oscanctl=${OSCANCTL:-out/bin/oscanctl}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OPENSCAN_PROJECT_DIR=$work/projects
mkdir "$OPENSCAN_PROJECT_DIR"

report()
{
	local name=$1 said

	shift
	if said=$("$@" 2>&1); then
		echo "ok $name"
	else
		echo "not ok $name: $(tail -n 3 <<<"$said" | tr '\n' ';')"
	fi
}

# says STATUS SENTENCE ARGS...: exit status and a part of what it says
says()
{
	local want=$1 sentence=$2 said status

	shift 2
	said=$(env PATH="${programs:-$PATH}" "$oscanctl" project "$@" 2>&1)
	status=$?
	if [ $status != "$want" ] || ! grep -qF -- "$sentence" <<<"$said"; then
		echo "$*: status $status: $said"
		return 1
	fi
}

make_project()
{
	/usr/bin/python3 $here/project-make.py "$OPENSCAN_PROJECT_DIR/$1" \
		"$2" "$3"
}

projects_are_listed_and_shown()
{
	says 0 "" list && [ -z "$("$oscanctl" project list)" ] &&
		make_project beetle 2 3 && make_project other 0 0 &&
		mkdir "$OPENSCAN_PROJECT_DIR/no project" &&
		says 0 "    2       8 " list &&
		says 0 "imx519" show beetle &&
		says 0 "fibonacci" show beetle --scan 1 || return
	"$oscanctl" project list --json >"$work/list" &&
		"$oscanctl" project show beetle --scan 1 --json \
			>"$work/scan" || return
	/usr/bin/python3 - "$work" "$OPENSCAN_PROJECT_DIR" <<-'END'
	import json, sys
	projects = json.load(open(sys.argv[1] + "/list"))
	scan = json.load(open(sys.argv[1] + "/scan"))
	assert [p["name"] for p in projects] == ["beetle", "other"], projects
	assert projects[0]["path"] == sys.argv[2] + "/beetle", projects
	first, second = projects[0]["scans"].values()
	assert first["photo_count"] == 6 and second["photo_count"] == 2
	assert "photos" not in first and second["duration"] == 61.5
	assert scan["photos"] == [f"scan01_{n:03d}_fs{k:02d}.png"
	                          for n in range(2) for k in range(3)], scan
	END
}

wrong_calls_are_told()
{
	says 2 "wanted ACTION" && says 2 'did you mean "show"' shaw x &&
		says 2 "the name of a project" show &&
		says 2 "wanted nothing behind it" list x &&
		says 2 "1 to 9999" show beetle --scan 0 &&
		says 2 "1 to 9999" show beetle --scan 1x &&
		says 2 "with one project" list --scan 1 &&
		says 2 "--yes: wanted with delete" show beetle --yes &&
		says 2 "gone for good" delete beetle &&
		says 1 "choose another name" show ../beetle &&
		says 1 "choose another name" delete /etc --yes &&
		says 1 "none of that name" show beetles &&
		says 1 "none of that name" show "no project" &&
		says 1 "No such file" show beetle --scan 3 &&
		says 1 "found none" stack other
}

what_cannot_be_read_hides_nothing_else()
{
	make_project broken 0 0 &&
		echo "{" >"$OPENSCAN_PROJECT_DIR/broken/scan01/scan.json" &&
		says 1 "no object of JSON" show broken &&
		says 1 "   2  completed" show broken &&
		echo "{" >"$OPENSCAN_PROJECT_DIR/broken/openscan_project.json" &&
		says 0 "no object of JSON" list && says 0 "beetle" list
}

projects_and_scans_are_deleted()
{
	make_project gone 0 0 && says 0 "" delete gone --scan 1 --yes &&
		[ ! -e "$OPENSCAN_PROJECT_DIR/gone/scan01" ] &&
		says 1 "found: No such" delete gone --scan 1 --yes &&
		says 0 "   2  completed" show gone &&
		says 0 "" delete gone --yes && says 0 "" delete broken --yes &&
		left=$(ls -A "$OPENSCAN_PROJECT_DIR") || return
	[ "$left" = $'beetle\nno project\nother' ] || {
		echo "$left"
		return 1
	}
}

# Without the programs it says what to install, and loses nothing.
a_missing_program_is_told()
{
	programs=/nonexistent says 1 "install hugin-tools and enfuse" \
		stack beetle --scan 1 && says 0 "   1  completed" show beetle
}

# Merged, it would be kept when the scan has been completed.
a_stack_that_lacks_photos_is_left_out()
{
	local scan=$OPENSCAN_PROJECT_DIR/part/scan01

	make_project part 2 3 &&
		sed -i 's/"focus_stacks": 3/"focus_stacks": 4/' \
			"$scan/scan.json" || return
	programs=/nonexistent says 0 "incomplete  2" stack part --scan 1 &&
		says 0 "'part:1' --root '$OPENSCAN_PROJECT_DIR'" stack part &&
		says 0 '"incomplete": 2' stack part --json || return
	[ ! -e "$scan/stacked" ] && says 0 "" delete part --yes
}

# As another program may have left it.
a_photo_without_a_name_is_passed_over()
{
	make_project odd 0 3 &&
		sed -i 's/"photos": \[/&null/' \
			"$OPENSCAN_PROJECT_DIR/odd/scan01/scan.json" &&
		says 1 "wanted focus stacks in odd, found none" stack odd &&
		says 0 "" delete odd --yes
}

# What is made of a stack is sharp where each photo was.
stacks_become_sharp_photos()
{
	local beetle=$OPENSCAN_PROJECT_DIR/beetle before n

	before=$(cd "$beetle/scan01" && sha256sum ./*.png)
	says 0 "merged      2" stack beetle || return
	for n in 0 1; do
		# Of programs for photos only enfuse is there for sure.
		enfuse -o "$work/got$n.pnm" \
			"$beetle/scan01/stacked/stacked_scan01_00$n.jpg" &&
			enfuse -o "$work/soft$n.pnm" \
				"$beetle/scan01/scan01_00${n}_fs00.png" ||
			return
	done
	/usr/bin/python3 $here/project-sharp.py "$work" 2 || return
	[ "$before" = "$(cd "$beetle/scan01" && sha256sum ./*.png)" ] || {
		echo "a photo has changed"
		return 1
	}
	[ -z "$(find "$beetle" -name '.*' ! -name . -o -name '*.part')" ] || {
		find "$beetle"
		return 1
	}
	says 0 "kept        2" stack beetle &&
		says 0 '"failed": 0' stack beetle --json &&
		/usr/bin/python3 $here/project-check.py \
			"$OPENSCAN_PROJECT_DIR" stacked
}

# The merged photo tells what the middle one of its photos did.
exif_of_a_stack_is_kept()
{
	local scan=$OPENSCAN_PROJECT_DIR/jpeg/scan01 n

	make_project jpeg 1 3 || return
	for n in 0 1 2; do
		enfuse -o "$scan/scan01_000_fs0$n.jpg" \
			"$scan/scan01_000_fs0$n.png" &&
			exiftool -q -overwrite_original -Model="Model $n" \
				-FocalLength=4.28 -Orientation#=8 \
				"$scan/scan01_000_fs0$n.jpg" || return
	done
	sed -i 's/\.png/.jpg/' "$scan/scan.json"
	says 0 "merged      1" stack jpeg || return
	[ "$(exiftool -s3 -n -Model -FocalLength -Orientation -ImageWidth \
		"$scan/stacked/stacked_scan01_000.jpg" | tr '\n' ' ')" = \
		"Model 1 4.28 8 320 " ] || {
		exiftool "$scan/stacked/stacked_scan01_000.jpg"
		return 1
	}
}

for test in projects_are_listed_and_shown wrong_calls_are_told \
	    what_cannot_be_read_hides_nothing_else \
	    projects_and_scans_are_deleted a_missing_program_is_told \
	    a_stack_that_lacks_photos_is_left_out \
	    a_photo_without_a_name_is_passed_over; do
	report $test $test
done
# They are 115 MB with what they need.
for test in stacks_become_sharp_photos exif_of_a_stack_is_kept; do
	if command -v align_image_stack >/dev/null &&
	   command -v enfuse >/dev/null; then
		report $test $test
	else
		echo "ok $test # skip hugin-tools and enfuse are not installed"
	fi
done
