// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl doctor: the driver and the axes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "doctor.h"

#define LOAD_MODULE "load it with \"modprobe oscan_motor\""

void check_module(struct checkup *checkup)
{
	char version[64] = "";
	FILE *file;

	if (access("/sys/module/oscan_motor", F_OK)) {
		finding(checkup, FINDING_FAIL, "module", LOAD_MODULE,
			"oscan_motor is not loaded");
		return;
	}
	file = fopen("/sys/module/oscan_motor/version", "re");
	if (file) {
		if (!fgets(version, sizeof(version), file))
			version[0] = '\0';
		fclose(file);
	}
	version[strcspn(version, "\n")] = '\0';
	finding(checkup, FINDING_OK, "module", NULL, "oscan_motor%s%s",
		version[0] ? " " : "", version);
}

static void tell_no_device(struct checkup *checkup)
{
	const char *advice = "give the right path with --device";

	/* The checkup's open file is NULL for many reasons: find this one. */
	if (!access(checkup->device, R_OK)) {
		finding(checkup, FINDING_FAIL, "device",
			"install the driver and the program of one version, or give the right path with --device",
			"%s does not answer as this program's driver does",
			checkup->device);
		return;
	}
	if (errno == EACCES) {
		finding(checkup, FINDING_FAIL, "device",
			"run this with sudo or have the file's permissions changed",
			"%s may not be read by this user", checkup->device);
		return;
	}
	if (!strcmp(checkup->device, OSCAN_DEVICE_PATH))
		advice = access("/sys/module/oscan_motor", F_OK) ?
			LOAD_MODULE :
			"describe the motors: on a Raspberry Pi a dtoverlay= line in config.txt; \"dmesg\" tells what the driver refused";
	finding(checkup, FINDING_FAIL, "device", advice, "%s is not there",
		checkup->device);
}

void check_device(struct checkup *checkup)
{
	const struct oscan_info *info;

	if (!checkup->motor) {
		tell_no_device(checkup);
		return;
	}
	info = oscan_motor_info(checkup->motor);
	finding(checkup, FINDING_OK, "device", NULL,
		"%s is %s, driver %s, interface %u (program %s, interface %d)",
		checkup->device, info->name, info->driver_version,
		info->abi_version, OSCAN_VERSION, OSCAN_ABI_VERSION);
}

void check_permission(struct checkup *checkup)
{
	if (!checkup->motor)
		return;
	if (access(checkup->device, R_OK | W_OK))
		finding(checkup, FINDING_FAIL, "permission",
			"run oscanctl with sudo or have the file's permissions changed",
			"this user may watch but not command %s",
			checkup->device);
	else
		finding(checkup, FINDING_OK, "permission", NULL,
			"this user may command %s", checkup->device);
}

static void check_axis(struct checkup *checkup, unsigned int axis)
{
	const struct oscan_axis_info *info =
		oscan_motor_axis_info(checkup->motor, axis);
	enum finding_level level = FINDING_OK;
	const char *advice = NULL;
	char place[MACHINE_TEXT_LEN], limits[MACHINE_TEXT_LEN];
	char subject[OSCAN_NAME_LEN + 8];
	struct oscan_state state;

	snprintf(subject, sizeof(subject), "axis %s", info->name);
	if (oscan_motor_state(checkup->motor, axis, &state)) {
		finding(checkup, FINDING_FAIL, subject,
			"load the driver again", "no answer: %s",
			strerror(errno));
		return;
	}
	if (state.position_state == OSCAN_POSITION_SUSPECT ||
	    state.position_state == OSCAN_POSITION_LOST) {
		level = FINDING_WARN;
		advice = "look where it is and say so with \"oscanctl set-position\"";
	}
	finding(checkup, level, subject, advice,
		"at %s, %s; limits %s; motor %s",
		machine_place(info, state.position, place),
		position_state_name(state.position_state),
		machine_limits(info, limits),
		state.flags & OSCAN_STATE_ENABLED ? "on" : "off");
}

void check_axes(struct checkup *checkup)
{
	unsigned int axis;

	if (!checkup->motor)
		return;
	for (axis = 0; axis < oscan_motor_info(checkup->motor)->axes; axis++)
		check_axis(checkup, axis);
}

void check_step_cost(struct checkup *checkup)
{
	const struct oscan_info *info;
	double fastest = 0, together = 0, speed;
	enum finding_level level = FINDING_OK;
	const char *advice = NULL;
	unsigned int axis;

	if (!checkup->motor)
		return;
	info = oscan_motor_info(checkup->motor);
	for (axis = 0; axis < info->axes; axis++) {
		speed = oscan_speed_to_double(
			oscan_motor_axis_info(checkup->motor,
					      axis)->max_speed_sps_q44);
		together += speed;
		if (speed > fastest)
			fastest = speed;
	}
	if (together > info->max_rate_sps) {
		level = FINDING_WARN;
		advice = "faster moves are refused; use fewer microsteps";
	}
	if (fastest <= info->max_rate_sps && advice)
		advice = "do not move all axes at full speed at once, that is refused";
	finding(checkup, level, "steps", advice,
		"a step costs %u ns of a processor, so %u a second are carried; the axes' greatest speeds are %.0f together",
		info->step_cost_ns, info->max_rate_sps, together);
}

void check_netlink(struct checkup *checkup)
{
	struct oscan_monitor *monitor;

	if (!checkup->motor)
		return;
	monitor = oscan_monitor_open(OSCAN_MONITOR_TRACE);
	if (monitor)
		finding(checkup, FINDING_OK, "trace", NULL,
			"step times can be received over netlink");
	else
		finding(checkup, FINDING_FAIL, "trace",
			"scans need the netlink family \"oscan\" of the initial network namespace: do not run this in a container of its own network",
			"step times cannot be received: %s", strerror(errno));
	oscan_monitor_close(monitor);
}
