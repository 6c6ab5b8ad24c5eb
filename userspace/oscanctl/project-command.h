/* SPDX-License-Identifier: GPL-2.0-or-later */
/* oscanctl project: what its actions share. */
#ifndef PROJECT_COMMAND_H
#define PROJECT_COMMAND_H

#include "oscanctl.h"

/**
 * struct project_request - the command line
 * @root: folder of all projects
 * @name: of the project; NULL for an action that takes none
 * @scan: index, 0: all of them
 * @yes: --yes
 * @json: --json
 * @colmap: of export: folder of the model; NULL: not asked for, as below
 * @transforms: of export: file
 * @csv: of export: file
 * @zip: of export: file
 * @focal_px: of export: where a photo says none; 0: not given
 * @clockwise: of export: --clockwise
 */
struct project_request {
	const char *root;
	const char *name;
	unsigned int scan;
	bool yes;
	bool json;
	const char *colmap;
	const char *transforms;
	const char *csv;
	const char *zip;
	double focal_px;
	bool clockwise;
};

/* Each is an action; they return the exit status. */
int project_show(const struct project_request *request);
int project_stack(const struct project_request *request);
int project_export(const struct project_request *request);

/** project_bytes - "12.3 MB" into @text */
const char *project_bytes(const json_t *bytes, char text[32]);

#endif /* PROJECT_COMMAND_H */
