// SPDX-License-Identifier: GPL-2.0-or-later
/* Can camera, lines and geometry go together? */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "scan.h"

__attribute__((format(printf, 3, 4)))
static int refuse(char *why, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, FLYSCAN_ERROR_LEN, format, args);
	va_end(args);
	errno = error;
	return -1;
}

static void add_name(char *list, size_t size, const char *name)
{
	size_t length = strlen(list);

	snprintf(list + length, size - length, "%s%s", length ? ", " : "",
		 name);
}

static int no_line(const char *kind, const char *name, const char *list,
		   int error, char *why)
{
	if (error != ENXIO)
		return refuse(why, error,
			      "wanted the %s line %.40s, found: %s; \"oscanctl doctor\" tells more",
			      kind, name, strerror(error));
	return refuse(why, ENXIO,
		      "no %s line \"%.40s\"; this machine has %.200s", kind,
		      name, *list ? list : "none");
}

static int find_trigger(struct scan *scan, char *why)
{
	int line = oscan_trigger_find(scan->motor, scan_trigger_line(scan));
	struct oscan_trigger state;
	int error = errno;
	char list[256] = "";

	if (line >= 0) {
		scan->trigger.pulses.number = line;
		return 0;
	}
	for (line = 0; !oscan_trigger_get(scan->motor, line, &state); line++)
		add_name(list, sizeof(list), state.name);
	return no_line("trigger", scan_trigger_line(scan), list, error, why);
}

static int find_capture(struct scan *scan, char *why)
{
	int line = oscan_capture_find(scan->motor, scan_capture_line(scan));
	struct oscan_capture state;
	int error = errno;
	char list[256] = "";

	if (line >= 0) {
		scan->trigger.strobes.number = line;
		return 0;
	}
	for (line = 0; !oscan_capture_get(scan->motor, line, &state); line++)
		add_name(list, sizeof(list), state.name);
	return no_line("capture", scan_capture_line(scan), list, error, why);
}

/* What somebody else has armed cannot be put back, for it has gone on then. */
static int check_idle(struct scan *scan, char *why)
{
	struct oscan_trigger state;

	if (oscan_trigger_get(scan->motor, scan->trigger.pulses.number,
			      &state))
		return refuse(why, errno,
			      "wanted the state of the trigger line %.40s, found: %s; load the driver again",
			      scan_trigger_line(scan), strerror(errno));
	if (state.status != OSCAN_TRIGGER_ARMED)
		return 0;
	return refuse(why, EBUSY,
		      "wanted the trigger line %.40s, found it armed already; if nobody uses it, \"oscanctl trigger %.40s --off\"",
		      state.name, state.name);
}

static int check_rate(struct scan *scan, char *why)
{
	double period = scan_trigger_shortest_s(scan);
	double asked = scan->result->period_used_s;
	double busy = scan_trigger_busy_s(scan);
	double least = 2 * FLYSCAN_PULSE_NS / 1e9;

	if (busy > period)
		return refuse(why, E2BIG,
			      "wanted pulses down to %.4g s apart, found that the camera exposes for %.4g s and reads out for %.4g s: take a shorter --t-acquire or a --t-period of %.4g s or longer",
			      period, scan_trigger_exposure_s(scan),
			      busy - scan_trigger_exposure_s(scan),
			      1.001 * busy * asked / period);
	if (period < least)
		return refuse(why, E2BIG,
			      "wanted pulses down to %.4g s apart, found that the line takes %.4g s for one: take a longer --t-period",
			      period, least);
	return 0;
}

static int check_places(struct scan *scan, char *why)
{
	double steps = fabs(scan_trigger_spacing(scan));
	double lead = scan_trigger_lead(scan);
	uint32_t places = scan->result->geometry.frames;

	if (steps < 1)
		return refuse(why, EINVAL,
			      "wanted a pulse at each place, found the places %.3g microsteps apart: take a density of %.6g per %s or lower",
			      steps, scan_steps(scan, 1), scan_unit(scan));
	if (places > OSCAN_TRIGGER_LIST_LIMIT && !scan_trigger_is_whole(scan))
		return refuse(why, E2BIG,
			      "wanted %u pulses %.6g microsteps apart, and a line holds no more than %d places unless they are whole microsteps apart: choose another density",
			      places, steps, OSCAN_TRIGGER_LIST_LIMIT);
	/* The axis must not stand on the first one. */
	if (lead + 1 / scan_steps(scan, 1) > scan->request->taxi_allowance)
		return refuse(why, EINVAL,
			      "wanted the first pulse %.4g %s before the first place, found a --taxi-allowance of %.4g: take a longer one, or a shorter exposure",
			      lead, scan_unit(scan),
			      scan->request->taxi_allowance);
	return 0;
}

static int check_camera(struct scan *scan, char *why)
{
	const struct camera_capabilities *can = &scan->capabilities;
	const char *id = scan->request->camera->id(scan->camera);

	if (flyscan_triggers(scan->request) &&
	    can->trigger == CAMERA_TRIGGER_NONE)
		return refuse(why, EOPNOTSUPP,
			      "wanted a camera that exposes at a pulse, found that %.80s does not; take another one, or another --trigger-mode",
			      id);
	if (flyscan_triggers(scan->request))
		return 0;
	if (can->trigger == CAMERA_TRIGGER_LINE)
		return refuse(why, EOPNOTSUPP,
			      "wanted a camera that runs by itself, found that %.80s exposes at a pulse only; take --trigger-mode compare",
			      id);
	return 0;
}

/* Without it a frame could belong to either of two strobes. */
static int check_exposure(struct scan *scan, char *why)
{
	const struct flyscan_request *request = scan->request;

	if (flyscan_triggers(request) || !scan_trigger_ends(scan) ||
	    scan->settings.exposure_ns || request->capture_both)
		return 0;
	return refuse(why, EOPNOTSUPP,
		      "wanted the exposure that the times of the camera %.80s come after, found that it tells none; take --capture-edges both, or another --trigger-mode",
		      request->camera->id(scan->camera));
}

int scan_trigger_check(struct scan *scan, char *why)
{
	const struct flyscan_request *request = scan->request;

	if (check_camera(scan, why))
		return -1;
	if (flyscan_triggers(request) &&
	    (find_trigger(scan, why) || check_idle(scan, why) ||
	     check_rate(scan, why) || check_places(scan, why)))
		return -1;
	if (!flyscan_captures(request))
		return 0;
	return check_exposure(scan, why) || find_capture(scan, why) ? -1 : 0;
}
