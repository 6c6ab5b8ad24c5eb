/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan-show.c: run a capture scan, and print what it tells. */
#ifndef SCAN_SHOW_H
#define SCAN_SHOW_H

#include <stdbool.h>
#include "capture.h"

/** scan_run - capture_run() until it ends or Ctrl-C. Return: exit status */
int scan_run(const struct capture_request *request, bool json);

/** scan_dry_run - capture_preview(). Return: exit status */
int scan_dry_run(const struct capture_request *request, bool json);

#endif /* SCAN_SHOW_H */
