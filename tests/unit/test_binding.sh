#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The binding document says what kmod/props.c reads, and the overlays keep to
# it.
#
# BINDING, PROPS, OVERLAYS: other files to check.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

binding=${BINDING:-dts-overlays/oscan,motor.yaml}
props=${PROPS:-kmod/props.c}
read -ra overlays <<<"${OVERLAYS:-$(echo dts-overlays/*.dts)}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# dt-schema wants a binding in the folder that its $id names.
mkdir "$work/misc"
cp "$binding" "$work/misc/oscan,motor.yaml"

# What an axis may have: the keys six blanks deep.
documented_properties()
{
	sed -n '/^examples:/q;s/^      \([a-z][a-z0-9,-]*\):.*/\1/p' "$binding" |
		grep -E ',|-gpios$|^label$' | sort -u
}

read_properties()
{
	{
		grep -oE '"oscan,[a-z0-9-]+"' "$props" | tr -d '"'
		grep -oE '_line\([^"]*"(step|dir|enable|min-stop|max-stop)"' "$props" |
			sed 's/.*"\(.*\)"/\1-gpios/'
		grep -o '"label"' "$props" | tr -d '"'
	} | sort -u
}

# "NAME DEFAULT LEAST MOST" of every number whose range the driver checks.
read_ranges()
{
	tr '\n' ' ' <"$props" |
		grep -oE '"oscan,[a-z0-9-]+",\s*[a-z0-9_]+,\s*[0-9]+U?,\s*[0-9]+,\s*[0-9]+U?' |
		sed -E 's/"([^"]*)",\s*\w+,\s*([0-9]+)U?,\s*([0-9]+),\s*([0-9]+)U?/\1 \2 \3 \4/' |
		sort
}

documented_ranges()
{
	awk '
		/^examples:/ { exit }
		/^      oscan,/ { name = $1; sub(":", "", name) }
		$1 == "minimum:" { least[name] = $2 }
		$1 == "maximum:" { most[name] = $2 }
		$1 == "default:" { preset[name] = $2 }
		END {
			for (name in most)
				print name, preset[name], least[name], most[name]
		}' "$binding" | sort
}

the_same()
{
	diff "$work/driver" "$work/binding" | sed -n \
		-e 's/^</only the driver:/p' -e 's/^>/only the binding:/p'
	cmp -s "$work/driver" "$work/binding" && [ -s "$work/driver" ]
}

the_binding_names_exactly_what_the_driver_reads()
{
	read_properties >"$work/driver"
	documented_properties >"$work/binding"
	the_same
}

# Keys two blanks deep, besides what every node may have.
the_binding_names_what_the_driver_reads_of_the_controller()
{
	{
		grep -oE 'gpiod_get_optional\(dev, "[a-z-]+"' "$props"
		grep -oE '\.function = "[a-z-]+"' "$props"
	} | sed 's/.*"\(.*\)"/\1-gpios/' | sort -u >"$work/driver"
	sed -n '/^properties:/,/^patternProperties:/s/^  \([a-z-]*\):.*/\1/p' \
		"$binding" | grep -vE '^compatible$|-names$' |
		sort -u >"$work/binding"
	the_same
}

the_binding_states_the_drivers_ranges_and_defaults()
{
	read_ranges >"$work/driver"
	documented_ranges >"$work/binding"
	the_same
}

the_binding_is_a_valid_schema()
{
	local said

	said=$(dt-doc-validate -u "$work" "$work/misc/oscan,motor.yaml" 2>&1 |
	       grep -v 'relative path/filename\|expected:')
	echo "$said"
	[ -z "$said" ]
}

# As much of a Raspberry Pi as an overlay refers to.
write_board()
{
	cat <<-'EOB'
	/dts-v1/;
	/ {
		#address-cells = <1>;
		#size-cells = <1>;
		soc {
			#address-cells = <1>;
			#size-cells = <1>;
			gpio: gpio@7e200000 {
				reg = <0x7e200000 0xb4>;
				gpio-controller;
				#gpio-cells = <2>;
			};
			spi: spi@7e204000 {
				reg = <0x7e204000 0x200>;
			};
		};
	};
	EOB
}

# merge OVERLAY: into $work/merged.dtb
merge()
{
	write_board >"$work/board.dts"
	dtc -q -@ -I dts -O dtb -o "$work/board.dtb" "$work/board.dts" &&
		dtc -q -@ -I dts -O dtb -o "$work/overlay.dtbo" "$1" &&
		fdtoverlay -i "$work/board.dtb" -o "$work/merged.dtb" \
			"$work/overlay.dtbo"
}

every_overlay_compiles_without_a_warning()
{
	local overlay said=

	for overlay in "${overlays[@]}"; do
		said+=$(dtc -@ -I dts -O dtb -o /dev/null "$overlay" 2>&1)
	done
	echo "$said"
	[ -z "$said" ] && [ ${#overlays[@]} -gt 0 ]
}

every_overlay_keeps_to_the_binding()
{
	local overlay said=

	for overlay in "${overlays[@]}"; do
		merge "$overlay" 2>&1 || return
		[ -n "$(fdtget -l "$work/merged.dtb" /oscan-motor)" ] || return
		said+=$(dt-validate -s "$work/misc" -l oscan \
			"$work/merged.dtb" 2>&1)
	done
	echo "$said"
	[ -z "$said" ]
}

an_overlay_with_an_unknown_property_is_noticed()
{
	sed '0,/oscan,max-speed-sps/s//oscan,max-sped-sps/' "${overlays[0]}" \
		>"$work/wrong.dts"
	merge "$work/wrong.dts" &&
		dt-validate -s "$work/misc" -l oscan "$work/merged.dtb" 2>&1 |
		grep -q max-sped-sps
}

try()
{
	local why

	if why=$("$1"); then
		echo "ok $1"
	else
		echo "not ok $1: $(echo "$why" | head -n 3 | tr '\n' ' ')"
		failed=1
	fi
}

try the_binding_names_exactly_what_the_driver_reads
try the_binding_names_what_the_driver_reads_of_the_controller
try the_binding_states_the_drivers_ranges_and_defaults
try the_binding_is_a_valid_schema
try every_overlay_compiles_without_a_warning
try every_overlay_keeps_to_the_binding
try an_overlay_with_an_unknown_property_is_noticed
exit $failed
