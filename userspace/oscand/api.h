/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who answers: a http_handler for each route of routes.c. */
#ifndef OSCAND_API_H
#define OSCAND_API_H

#include "http.h"

/* api-machine.c */
http_handler api_status, api_disk, api_cameras, api_lights, api_light_set;
http_handler api_preview, api_snapshot, api_events;

/* api-jobs.c */
http_handler api_jobs, api_job_submit, api_job, api_job_delete, api_job_log;
http_handler api_job_pause, api_job_resume, api_job_cancel;

/* api-axes.c */
http_handler api_axes, api_axis, api_axis_move, api_axis_stop;
http_handler api_axis_home, api_axis_set_position;

/* api-projects.c */
http_handler api_projects, api_project, api_thumbnail, api_zip, api_scan;
http_handler api_photos, api_photo;

#endif /* OSCAND_API_H */
