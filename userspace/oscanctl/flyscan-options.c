// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include "flyscan-options.h"

int flyscan_refused(const struct settings *settings)
{
	if (errno == EINVAL)
		return wrong_usage("%s", settings->error);
	return fail("%s", settings->error);
}

int flyscan_option(struct settings *settings, const struct option_text *texts,
		   int key, const char *value)
{
	if (settings_option(settings, option_name(texts, key), value))
		return flyscan_refused(settings);
	return 0;
}

/* In the order of flyscan_check(). */
int flyscan_check_given(const struct flyscan_request *request)
{
	char why[FLYSCAN_ERROR_LEN];

	if (!request->axis)
		return wrong_usage("wanted the axis that moves, found no --axis");
	if (flyscan_check(request, "unit", request->period_s, why))
		return wrong_usage("%s", why);
	return 0;
}
