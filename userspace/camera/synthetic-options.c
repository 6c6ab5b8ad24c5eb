// SPDX-License-Identifier: GPL-2.0-or-later
/* The id of a synthetic camera. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "synthetic.h"

#define NAME "synthetic"

/* Longest time that an id may give, seconds. */
#define LONGEST_S 10.0

struct choice {
	const char *name;
	uint32_t value;
};

static const struct choice formats[] = {
	{ "grey", CAMERA_FORMAT_GREY8 },
	{ "rgb", CAMERA_FORMAT_RGB8 },
	{ "bayer", CAMERA_FORMAT_BAYER16 },
	{ 0 }
};

static const struct choice marks[] = {
	{ "unknown", CAMERA_MARK_UNKNOWN },
	{ "exposure_start", CAMERA_MARK_EXPOSURE_START },
	{ "readout_start", CAMERA_MARK_READOUT_START },
	{ "frame_end", CAMERA_MARK_FRAME_END },
	{ 0 }
};

static const struct choice faults[] = {
	{ "size", SYNTHETIC_FAULT_SIZE },
	{ "repeat", SYNTHETIC_FAULT_REPEAT },
	{ "reverse", SYNTHETIC_FAULT_REVERSE },
	{ "bad", SYNTHETIC_FAULT_BAD },
	{ "stall", SYNTHETIC_FAULT_STALL },
	{ "error", SYNTHETIC_FAULT_ERROR },
	{ "vanish", SYNTHETIC_FAULT_VANISH },
	{ "focus", SYNTHETIC_FAULT_FOCUS },
	{ 0 }
};

static const struct choice poses[] = { { "driver", 1 }, { 0 } };

enum key {
	KEY_FORMAT, KEY_MARK, KEY_ROW, KEY_LATENCY, KEY_JITTER, KEY_DROP,
	KEY_SPEED, KEY_TURNTABLE, KEY_ROTOR, KEY_POSE, KEY_DEVICE, KEY_FAULT,
	KEY_TRIGGER, KEY_STROBE, KEY_LENS, KEY_ON_DEMAND,
	KEYS
};

static const char *const keys[KEYS] = {
	[KEY_FORMAT] = "format",
	[KEY_MARK] = "mark",
	[KEY_ROW] = "row",
	[KEY_LATENCY] = "latency",
	[KEY_JITTER] = "jitter",
	[KEY_DROP] = "drop",
	[KEY_SPEED] = "speed",
	[KEY_TURNTABLE] = "turntable",
	[KEY_ROTOR] = "rotor",
	[KEY_POSE] = "pose",
	[KEY_DEVICE] = "device",
	[KEY_FAULT] = "fault",
	[KEY_TRIGGER] = "trigger",
	[KEY_STROBE] = "strobe",
	[KEY_LENS] = "lens",
	[KEY_ON_DEMAND] = "on_demand",
};

static bool choose(const struct choice *choices, const char *text,
		   uint32_t *value)
{
	for (; choices->name; choices++) {
		if (!strcmp(choices->name, text)) {
			*value = choices->value;
			return true;
		}
	}
	return false;
}

static bool number(const char *text, double low, double high, double *value)
{
	char *end;

	*value = strtod(text, &end);
	return end != text && !*end && !strpbrk(text, "xX") &&
	       *value >= low && *value <= high;
}

static bool time_ns(const char *text, double low, int64_t *ns)
{
	double seconds;

	if (!number(text, low, LONGEST_S, &seconds))
		return false;
	*ns = llrint(seconds * 1e9);
	return true;
}

static bool not_negative_ns(const char *text, uint64_t *ns)
{
	int64_t value;

	if (!time_ns(text, 0, &value))
		return false;
	*ns = value;
	return true;
}

static bool count(const char *text, uint32_t *value)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*value = n;
	return *text >= '0' && *text <= '9' && !*end && n >= 1 &&
	       n <= 1000000000;
}

static bool fault(char *text, struct synthetic_options *options)
{
	char *at = strchr(text, '@');

	if (!at)
		return false;
	*at = '\0';
	return choose(faults, text, &options->fault) &&
	       count(at + 1, &options->fault_at);
}

static bool device(const char *text, struct synthetic_options *options)
{
	return *text && snprintf(options->device, SYNTHETIC_PATH_LEN, "%s",
				 text) < SYNTHETIC_PATH_LEN;
}

/* One of the two. */
static bool line(const char *text, bool strobe,
		 struct synthetic_options *options)
{
	options->strobe = strobe;
	return *text && !*options->line &&
	       snprintf(options->line, SYNTHETIC_LINE_LEN, "%s",
			text) < SYNTHETIC_LINE_LEN;
}

static bool take(enum key key, char *value, struct synthetic_options *options)
{
	uint32_t driver;

	switch (key) {
	case KEY_FORMAT:
		return choose(formats, value, &options->format);
	case KEY_MARK:
		return choose(marks, value, &options->mark);
	case KEY_ROW:
		return not_negative_ns(value, &options->row_ns);
	case KEY_LATENCY:
		return time_ns(value, -LONGEST_S, &options->latency_ns);
	case KEY_JITTER:
		return not_negative_ns(value, &options->jitter_ns);
	case KEY_DROP:
		return count(value, &options->drop) && options->drop > 1;
	case KEY_SPEED:
		options->own_pose = true;
		return number(value, -36000, 36000, &options->speed_deg_s);
	case KEY_TURNTABLE:
		options->own_pose = true;
		return number(value, -1e6, 1e6, &options->pose.turntable_deg);
	case KEY_ROTOR:
		return number(value, 0, 180, &options->pose.rotor_deg);
	case KEY_POSE:
		options->need_driver = true;
		return choose(poses, value, &driver);
	case KEY_DEVICE:
		return device(value, options);
	case KEY_TRIGGER:
		return line(value, false, options);
	case KEY_STROBE:
		return line(value, true, options);
	case KEY_LENS:
		return number(value, 0, SYNTHETIC_LENS_MAX_DPT,
			      &options->lens_dpt);
	case KEY_ON_DEMAND:
		options->on_demand = true;
		return !strcmp(value, "yes");
	default:
		return fault(value, options);
	}
}

static bool take_pair(char *pair, struct synthetic_options *options,
		      unsigned int *given)
{
	char *value = strchr(pair, '=');
	int key;

	if (!value)
		return false;
	*value++ = '\0';
	for (key = 0; key < KEYS; key++)
		if (!strcmp(keys[key], pair))
			break;
	if (key == KEYS || *given & (1u << key))
		return false;
	*given |= 1u << key;
	return take(key, value, options);
}

int synthetic_parse(const char *id, struct synthetic_options *options)
{
	size_t length = strlen(NAME);
	unsigned int given = 0;
	char *list, *rest, *pair;
	bool good = true;

	*options = (struct synthetic_options){
		.format = CAMERA_FORMAT_GREY8,
		.mark = CAMERA_MARK_EXPOSURE_START,
		.pose.rotor_deg = 90,
		.lens_dpt = NAN,
	};
	errno = ENODEV;
	if (id && *id && (strncmp(id, NAME, length) ||
			  (id[length] && id[length] != ':')))
		return -1;
	if (!id || !*id || !id[length])
		return 0;
	list = strdup(id + length + 1);
	if (!list)
		return -1;
	rest = list;
	while (good && (pair = strsep(&rest, ",")))
		good = take_pair(pair, options, &given);
	free(list);
	errno = EINVAL;
	if (!good || (options->need_driver && options->own_pose) ||
	    (options->on_demand && *options->line))
		return -1;
	return 0;
}
