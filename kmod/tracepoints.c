// SPDX-License-Identifier: GPL-2.0
/* The tracepoints of oscan_trace.h, defined once. */
#define CREATE_TRACE_POINTS
#include "oscan_trace.h"
