/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moments as text: ISO 8601, UTC. */
#ifndef OSCAN_UTC_H
#define OSCAN_UTC_H

#include <stdint.h>

/* Room for utc_text(), with its NUL. */
#define UTC_LEN 32

/** utc_now - nanoseconds from 1970 */
int64_t utc_now(void);

/** utc_text - "2026-11-21T20:05:01.123456Z"; @utc_ns at least 0 */
const char *utc_text(int64_t utc_ns, char text[UTC_LEN]);

#endif /* OSCAN_UTC_H */
