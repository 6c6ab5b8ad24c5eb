// SPDX-License-Identifier: GPL-2.0-or-later
/* What parts of oscanctl say, kept for the job. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "../oscanctl/oscanctl.h"
#include "jobs.h"
#include "said.h"

static char error[JOBS_ERROR_LEN];
static char noted[JOBS_ERROR_LEN];

void said_begin(void)
{
	error[0] = '\0';
	noted[0] = '\0';
}

const char *said_error(void)
{
	return error;
}

const char *said_note(void)
{
	return noted;
}

int fail(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(error, sizeof(error), format, list);
	va_end(list);
	return EXIT_FAILURE;
}

void note(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(noted, sizeof(noted), format, list);
	va_end(list);
}
