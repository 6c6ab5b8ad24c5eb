// SPDX-License-Identifier: GPL-2.0-or-later
#include "utc.h"

#include <stdio.h>
#include <time.h>

#define NS_PER_S 1000000000LL

int64_t utc_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

const char *utc_text(int64_t utc_ns, char text[UTC_LEN])
{
	const time_t seconds = utc_ns / NS_PER_S;
	struct tm tm = { 0 };
	size_t length;

	gmtime_r(&seconds, &tm);
	length = strftime(text, UTC_LEN, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, UTC_LEN - length, ".%06dZ",
		 (int)(utc_ns % NS_PER_S / 1000));
	return text;
}
