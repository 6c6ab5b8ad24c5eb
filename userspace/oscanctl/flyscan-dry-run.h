/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FLYSCAN_DRY_RUN_H
#define FLYSCAN_DRY_RUN_H

#include <stdbool.h>
#include "flyscan.h"

/** flyscan_dry_run - print what flyscan_run() would do, and every check
 *
 * Return: exit status: 0 if it would begin.
 */
int flyscan_dry_run(const struct flyscan_request *request, bool json);

#endif /* FLYSCAN_DRY_RUN_H */
