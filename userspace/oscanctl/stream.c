// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl stream: how the steps are told to those who watch. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oscanctl.h"

enum {
	OPTION_PERIOD = OPTION_OWN,
	OPTION_SPACING,
};

static const struct option_text option_texts[] = {
	{ "period", OPTION_PERIOD, "MS", "steps wait at most so long" },
	{ "spacing", OPTION_SPACING, "STEPS",
	  "thinned: every so many microsteps" },
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "stream",
	.operands = "[AXIS]",
	.most = 1,
	.text = "Show or set how the steps of an axis are told to all who watch.",
	.options = option_texts,
};

static int parse(const char *option, const char *text, uint32_t most,
		 uint32_t *number)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || !value ||
	    value > most)
		return wrong_usage("%s: wanted 1 to %u, found \"%s\"", option,
				   most, text);
	*number = value;
	return 0;
}

static int stream_failed(const char *name)
{
	switch (errno) {
	case EPERM:
		return fail("wanted to set the stream of %s, found that this user may not; run it with sudo",
			    name);
	case ENOENT:
		return fail("wanted the axes, found no driver here; load it with \"modprobe oscan_motor\", and leave a container that has a network of its own");
	default:
		return fail("wanted the stream of %s, found: %s; \"oscanctl doctor\" tells more",
			    name, strerror(errno));
	}
}

static int show(const struct oscan_axis_info *axis, json_t *array)
{
	struct oscan_stream stream;

	if (oscan_stream_get(axis->axis, &stream))
		return stream_failed(axis->name);
	if (array)
		json_array_append_new(array, json_pack("{s:s, s:i, s:i}",
			"axis", axis->name, "period_ms",
			(int)stream.period_ms, "spacing_steps",
			(int)stream.spacing));
	else
		printf("%-16s at most every %u ms; thinned: every %u microsteps\n",
		       axis->name, stream.period_ms, stream.spacing);
	return EXIT_SUCCESS;
}

static int run(const struct oscan_axis_info *axis,
	       const struct oscan_stream *stream, json_t *array)
{
	if ((stream->period_ms || stream->spacing) &&
	    oscan_stream_set(axis->axis, stream))
		return stream_failed(axis->name);
	return show(axis, array);
}

static int run_all(const char *name, const struct oscan_stream *stream,
		   bool json)
{
	struct oscan_axis_info axes[OSCAN_MAX_AXES];
	int count = oscan_query_axes(axes), status = EXIT_SUCCESS, i;
	json_t *array = json ? json_array() : NULL;
	bool found = false;

	if (count < 0)
		status = stream_failed(name ? name : "the axes");
	for (i = 0; i < count && !status; i++) {
		if (name && strcmp(name, axes[i].name))
			continue;
		found = true;
		status = run(&axes[i], stream, array);
	}
	if (!status && !found)
		status = fail("no axis \"%s\"; \"oscanctl list\" shows those there are",
			      name);
	if (!status && json)
		return print_json(json_pack("{s:o}", "axes", array));
	json_decref(array);
	return status;
}

int cmd_stream(int argc, char **argv)
{
	struct oscan_stream stream = { 0 };
	struct options options;
	int key, status;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0) {
		if (key == OPTION_PERIOD)
			status = parse("--period", options.value,
				       OSCAN_PERIOD_MS_MAX,
				       &stream.period_ms);
		else
			status = parse("--spacing", options.value,
				       OSCAN_SPACING_MAX, &stream.spacing);
		if (status)
			return status;
	}
	if (key < 0)
		return options.status;
	return run_all(options.count ? argv[1] : NULL, &stream, options.json);
}
