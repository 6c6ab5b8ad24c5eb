// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl doctor: is this machine fit? */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "doctor.h"

enum {
	OPTION_OUTPUT = OPTION_OWN,
};

static const struct option_text option_texts[] = {
	{ "output", OPTION_OUTPUT, "DIR",
	  "folder to store scans in, this one if not given" },
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "doctor",
	.operands = "",
	.text = "Check whether this machine is fit for scans; moves nothing.",
	.options = option_texts,
};

static void (*const checks[])(struct checkup *checkup) = {
	check_kernel,
	check_timers,
	check_clock_source,
	check_governor,
	check_gpio_chips,
	check_module,
	check_device,
	check_permission,
	check_axes,
	check_step_cost,
	check_netlink,
	check_camera,
	check_disk,
};

static const char *const level_names[] = {
	[FINDING_OK] = "ok",
	[FINDING_WARN] = "warn",
	[FINDING_FAIL] = "fail",
};

void finding(struct checkup *checkup, enum finding_level level,
	     const char *subject, const char *advice, const char *format, ...)
{
	char text[512];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (level == FINDING_FAIL)
		checkup->failed++;
	if (checkup->text) {
		printf("%-4s  %s: %s%s%s\n", level_names[level], subject, text,
		       advice ? "; " : "", advice ? advice : "");
		fflush(stdout);
	}
	json_array_append_new(checkup->findings,
			      json_pack("{s:s, s:s, s:s, s:s?}",
					"level", level_names[level],
					"subject", subject,
					"found", text,
					"advice", advice));
}

int cmd_doctor(int argc, char **argv)
{
	struct checkup checkup = {
		.device = OSCAN_DEVICE_PATH,
		.directory = ".",
	};
	struct options options;
	size_t i;
	int key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0)
		checkup.directory = options.value;
	if (key < 0)
		return options.status;
	if (options.device)
		checkup.device = options.device;
	checkup.text = !options.json;
	checkup.findings = json_array();
	checkup.motor = oscan_motor_open(checkup.device, false);
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](&checkup);
	oscan_motor_close(checkup.motor);
	if (options.json &&
	    print_json(json_pack("{s:i, s:O}", "failed", checkup.failed,
				 "findings", checkup.findings)))
		checkup.failed++;
	json_decref(checkup.findings);
	return checkup.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
