// SPDX-License-Identifier: GPL-2.0-or-later
/* Ctrl-C and its like end a motion softly. */
#include <signal.h>
#include <string.h>
#include "oscanctl.h"

volatile int cancelled;

static void remember(int number)
{
	cancelled = number;
}

void cancel_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;
	size_t i;

	/* Without SA_RESTART, so that a wait ends at once. */
	memset(&action, 0, sizeof(action));
	action.sa_handler = remember;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}
