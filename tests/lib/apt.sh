# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fetch Debian packages without installing them. Sourced.
#
# apt runs on package lists of its own in the cache, so that neither root nor
# a foreign architecture on this machine is needed. Sets $cache.

cache=${OSCAN_CACHE:-$HOME/.cache/oscan}

apt_options()
{
	local state=$cache/apt/$1

	mkdir -p "$state/lists/partial" "$state/archives/partial"
	[ -e "$state/status" ] || : >"$state/status"
	options=(
		-q -q
		-o "APT::Architecture=$1"
		-o "APT::Architectures::=$1"
		-o "APT::Sandbox::User=$(id -un)"
		-o "Dir::State=$state"
		-o "Dir::State::lists=$state/lists"
		-o "Dir::State::status=$state/status"
		-o "Dir::Cache=$state"
		-o "Dir::Cache::pkgcache=pkgcache.bin"
		-o "Acquire::Languages=none"
		-o "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false"
		-o "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false"
	)
}

# apt_update ARCH: bring the lists of ARCH up to date, at most once an hour.
apt_update()
{
	apt_arch=$1
	apt_options "$1"
	(
		# Two rings may want them at once.
		flock 8
		update_lists "$1"
	) 8>"$cache/apt/$1/.lock"
}

update_lists()
{
	local stamp=$cache/apt/$1/updated

	[ -z "$(find "$stamp" -mmin -60 2>/dev/null)" ] || return 0
	if ! apt-get "${options[@]}" update --error-on=any >&2; then
		echo "Debian's package lists could not be fetched (wanted:" \
		     "the $1 lists of the archives in /etc/apt); check the" \
		     "network and start again." >&2
		return 1
	fi
	touch "$stamp"
}

# apt_query ARGS...: apt-cache on the lists that apt_update() fetched last.
apt_query()
{
	apt_options "$apt_arch"
	apt-cache "${options[@]}" "$@"
}

# apt_fetch ARCH FOLDER PACKAGES...: download and verify packages.
apt_fetch()
{
	local arch=$1 folder=$2

	shift 2
	apt_options "$arch"
	if ! (cd "$folder" && apt-get "${options[@]}" download "$@" >&2); then
		echo "Debian packages could not be fetched ($*); check the" \
		     "network and start again." >&2
		return 1
	fi
}
