// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl light: show the lights, or set some. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lights.h"
#include "oscanctl.h"

static const struct option_text option_texts[] = {
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "light",
	.operands = "[NAME [PERCENT]]",
	.most = 2,
	.text = "Show the lights, or those of one name, or make these so bright.",
	.options = option_texts,
};

static json_t *light_json(const struct light *light)
{
	return json_pack("{s:s, s:f, s:I, s:I}", "light", light->name,
			 "percent", light->percent,
			 "brightness", (json_int_t)light->brightness,
			 "max_brightness", (json_int_t)light->most);
}

static int print_light(void *data, const struct light *light)
{
	unsigned int *count = data;

	(*count)++;
	printf("%-24s %5.1f %%%s\n", light->name, light->percent,
	       light->most == 1 ? ", on or off only" : "");
	return 0;
}

static int add_light(void *data, const struct light *light)
{
	return json_array_append_new(data, light_json(light));
}

static int fail_light(const char *name, const char *wanted)
{
	switch (errno) {
	case ENODEV:
	case EINVAL:
		return fail("wanted the light %s, found none of that name; \"oscanctl light\" lists them",
			    name);
	case EACCES:
	case EPERM:
		return fail("wanted to %s the light %s, found: %s; run it as root",
			    wanted, name, strerror(errno));
	default:
		return fail("wanted to %s the light %s, found: %s; see \"dmesg\"",
			    wanted, name, strerror(errno));
	}
}

static int show(const char *name, bool json)
{
	json_t *array = json ? json_array() : NULL;
	unsigned int count = 0;
	int result = json ? lights_each(name, add_light, array) :
			    lights_each(name, print_light, &count);

	if (result) {
		json_decref(array);
		return fail_light(name ? name : "oscan:...", "read");
	}
	if (json)
		return print_json(array);
	if (!count)
		note("there are no lights; they come with the overlay of the board");
	return EXIT_SUCCESS;
}

static int parse_percent(const char *text, double *percent)
{
	char *end;

	*percent = strtod(text, &end);
	if (end != text && !strcmp(end, "%"))
		end++;
	if (end == text || *end || !(*percent >= 0 && *percent <= 100))
		return wrong_usage("wanted 0 to 100 percent, found \"%s\"",
				   text);
	return 0;
}

int cmd_light(int argc, char **argv)
{
	struct options options;
	const char *name;
	double percent;

	if (options_parse(&options, &usage, argc, argv))
		return options.status;
	name = options.count ? argv[1] : NULL;
	if (options.count == 2) {
		if (parse_percent(argv[2], &percent))
			return EXIT_USAGE;
		if (light_set(name, percent))
			return fail_light(name, "set");
	}
	return show(name, options.json);
}
