// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl scan: the scan while it runs, and how it went. */
#include "scan-show.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "axis-state.h"
#include "oscanctl.h"

#define BAR_WIDTH 24
/* Where there is no terminal, so seldom. */
#define LINE_S 5

/**
 * struct display - how the progress is shown
 * @control: of the scan
 * @terminal: one line that changes, else one now and then
 * @shown_s: when a line was last written
 */
struct display {
	struct capture_control control;
	bool terminal;
	double shown_s;
};

/* "1 h 12 min", "3 min 20 s" or "12 s" into @text */
static const char *span(double seconds, char text[32])
{
	unsigned int s = lrint(seconds);

	if (s >= 3600)
		snprintf(text, 32, "%u h %u min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(text, 32, "%u min %u s", s / 60, s % 60);
	else
		snprintf(text, 32, "%u s", s);
	return text;
}

static void show_line(const struct capture_progress *progress)
{
	char left[32];

	fprintf(stderr, "%" PRIu64 " of %" PRIu64 " photos saved, %u of %u points, ",
		progress->photos_saved, progress->photos_total,
		progress->points_done, progress->points_total);
	if (!isnan(progress->eta_s))
		fprintf(stderr, "%s left, ", span(progress->eta_s, left));
	fprintf(stderr, "%s", capture_state_name(progress->state));
}

static void show_bar(const struct capture_progress *progress)
{
	char bar[BAR_WIDTH + 1];
	double part = 0;
	int filled;

	if (progress->photos_total)
		part = (double)progress->photos_saved / progress->photos_total;
	filled = part * BAR_WIDTH;
	memset(bar, ' ', BAR_WIDTH);
	memset(bar, '=', filled);
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r\033[K[%s] %3.0f %%  ", bar, 100 * part);
	show_line(progress);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Called often enough for Ctrl-C, too. */
static void show(const struct capture_progress *progress, void *data)
{
	struct display *display = data;
	double now = now_s();

	if (cancelled)
		display->control.command = CAPTURE_CANCEL;
	if (progress->state == CAPTURE_CHECK ||
	    now - display->shown_s < (display->terminal ? 0.1 : LINE_S))
		return;
	display->shown_s = now;
	if (display->terminal) {
		show_bar(progress);
		return;
	}
	show_line(progress);
	fputc('\n', stderr);
}

static const char *state_of(const struct capture_result *result)
{
	return result->position_state ?
	       position_state_name(result->position_state) : NULL;
}

static json_t *result_json(const struct capture_request *request,
			   const struct capture_result *result)
{
	return json_pack("{s:s, s:o, s:s*, s:I, s:I, s:i, s:{s:i, s:i}, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:b, s:s*, s:o*, s:o*}",
		"project", request->project,
		"scan", result->scan ? json_integer(result->scan) :
				       json_null(),
		"folder", *result->folder ? result->folder : NULL,
		"photos_saved", (json_int_t)result->photos_saved,
		"photos_total", (json_int_t)result->photos_total,
		"points", (int)result->points_total,
		"size", "width", (int)result->width,
			"height", (int)result->height,
		"moves_s", result->moves_s,
		"unordered_moves_s", result->unordered_moves_s,
		"elapsed_s", result->elapsed_s,
		"bytes", (json_int_t)result->bytes,
		"photo_bytes", (json_int_t)result->photo_bytes,
		"memory_bytes", (json_int_t)result->memory_bytes,
		"free_bytes", (json_int_t)result->free_bytes,
		"queue_waits", (json_int_t)result->queue_waits,
		"resumable", (int)result->resumable,
		"position", state_of(result),
		"warning", *result->warning ? json_string(result->warning) :
					      NULL,
		"error", *result->error ? json_string(result->error) : NULL);
}

static void print_summary(const struct capture_result *result)
{
	char took[32];

	printf("photos    %" PRIu64 " of %" PRIu64 " saved, at %u points\n",
	       result->photos_saved, result->photos_total,
	       result->points_total);
	printf("time      %s, %.1f s of it for moves that were planned\n",
	       span(result->elapsed_s, took), result->moves_s);
	printf("bytes     %.1f MB in this run, %.1f MB free\n",
	       result->bytes / 1e6, result->free_bytes / 1e6);
	if (result->queue_waits)
		printf("queue     full %" PRIu64 " times: saving is what takes the time\n",
		       result->queue_waits);
	if (result->position_state)
		printf("position  %s%s\n", state_of(result),
		       result->position_state > OSCAN_POSITION_ASSUMED ?
		       " at some photos; their metadata say at which" : "");
	printf("folder    %s\n", result->folder);
}

static void hint(const struct capture_request *request,
		 const struct capture_result *result)
{
	if (result->resumable)
		note("what is missing is taken with \"oscanctl scan --resume '%s:%u'%s%s\"",
		     request->project, result->scan,
		     request->root ? " --root " : "",
		     request->root ? request->root : "");
}

int scan_run(const struct capture_request *request, bool json)
{
	struct display display = { .terminal = isatty(STDERR_FILENO) };
	static struct capture_result result;
	int failed;

	cancel_catch();
	failed = capture_run(request, &display.control, show, &display,
			     &result);
	if (display.terminal)
		fprintf(stderr, "\r\033[K");
	if (*result.warning)
		note("%s", result.warning);
	if (failed)
		fail("%s", result.error);
	if (failed)
		hint(request, &result);
	if (json && print_json(result_json(request, &result)))
		failed = -1;
	if (!json && result.scan)
		print_summary(&result);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static json_t *points_json(const struct path *path)
{
	json_t *list = json_array();

	for (size_t i = 0; i < path->count; i++)
		json_array_append_new(list, json_pack("{s:i, s:f, s:f}",
			"original_step", (int)path->points[i].original,
			"theta", path->points[i].theta_deg,
			"phi", path->points[i].phi_deg));
	return list;
}

static void print_plan(const struct path *path,
		       const struct capture_result *result)
{
	printf("  step  photo      theta        phi\n");
	for (size_t i = 0; i < path->count; i++)
		printf("%6zu  %5u  %9.3f  %9.3f\n", i,
		       path->points[i].original, path->points[i].theta_deg,
		       path->points[i].phi_deg);
	printf("\nphotos    %" PRIu64 ", at %u points\n",
	       result->photos_total, result->points_total);
	printf("moves     %.1f s, as they were made %.1f s\n",
	       result->moves_s, result->unordered_moves_s);
	printf("space     %.1f MB at most, %.1f MB free\n",
	       result->photos_total * result->photo_bytes / 1e6,
	       result->free_bytes / 1e6);
	printf("memory    %.1f MB at most for photos\n",
	       result->memory_bytes / 1e6);
}

int scan_dry_run(const struct capture_request *request, bool json)
{
	static struct capture_result result;
	struct path path;
	json_t *value;
	int status = EXIT_SUCCESS;

	if (capture_preview(request, &path, &result))
		return fail("%s", result.error);
	if (json) {
		value = result_json(request, &result);
		json_object_set_new(value, "path", points_json(&path));
		status = print_json(value);
	} else {
		print_plan(&path, &result);
	}
	path_free(&path);
	return status;
}
