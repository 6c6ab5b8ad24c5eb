// SPDX-License-Identifier: GPL-2.0-or-later
/* The report: one HTML page that needs nothing else. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <linux/oscan.h>
#include "camera.h"
#include "page.h"
#include "svg.h"
#include "thumbnail.h"

/* More would not be seen. */
#define MOST_LINE 800
#define MOST_POINTS 1500
#define MOST_THUMBNAILS 60
#define THUMBNAIL_MOST 176

static const char *const style[] = {
	":root{color-scheme:light dark;--back:#fbfbf9;--card:#fff;--ink:#1d2430;--soft:#5d6775;--edge:#e1e4e8;--path:#3b6ea8;--frame:#d1622b;--band:#3b6ea81a;--good:#1f7a4d;--bad:#b3261e}",
	"@media(prefers-color-scheme:dark){:root{--back:#14181d;--card:#1c2229;--ink:#e6e9ed;--soft:#9aa5b1;--edge:#323a44;--path:#79aee6;--frame:#f0935c;--band:#79aee622;--good:#5fce95;--bad:#ff8a80}}",
	"*{box-sizing:border-box}",
	"body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif}",
	"main{max-width:1060px;margin:0 auto;padding:32px 24px 64px}",
	"h1{font-size:26px;line-height:1.25;margin:0 0 4px}",
	"h2{font-size:18px;margin:40px 0 10px}",
	"p{margin:6px 0}",
	".soft{color:var(--soft)}",
	".verdict{display:inline-block;margin:14px 0 0;padding:3px 12px;border-radius:99px;border:1px solid;font-weight:600}",
	".good{color:var(--good)}",
	".bad{color:var(--bad)}",
	".cards{display:grid;gap:12px;margin:22px 0 0;grid-template-columns:repeat(auto-fill,minmax(290px,1fr))}",
	".card,figure,.table{background:var(--card);border:1px solid var(--edge);border-radius:10px}",
	".card{padding:12px 16px}",
	".card b{display:block;font-size:20px;font-weight:650;font-variant-numeric:tabular-nums;margin:2px 0}",
	".card span{color:var(--soft);font-size:13px}",
	"figure{margin:0;padding:14px 12px 6px}",
	"svg{display:block;width:100%;height:auto;font:12px system-ui,sans-serif}",
	"svg text{fill:var(--soft)}",
	"svg .label{fill:var(--ink);font-size:13px}",
	"svg .count{fill:var(--ink)}",
	".grid{stroke:var(--edge)}",
	".base{stroke:var(--soft)}",
	".band{fill:var(--band)}",
	".bar{fill:var(--path)}",
	".path{fill:none;stroke:var(--path);stroke-width:2;stroke-linejoin:round}",
	".frame{fill:var(--frame)}",
	".outside{fill:var(--card);stroke:var(--frame);stroke-width:1.2}",
	".sheet{display:grid;gap:10px;grid-template-columns:repeat(auto-fill,minmax(150px,1fr))}",
	".sheet div{background:var(--card);border:1px solid var(--edge);border-radius:8px;overflow:hidden;break-inside:avoid}",
	".sheet img{display:block;width:100%}",
	".sheet p{margin:0;padding:5px 10px;display:flex;justify-content:space-between;font-variant-numeric:tabular-nums}",
	".table{overflow:auto}",
	"table{border-collapse:collapse;width:100%}",
	"th,td{text-align:left;padding:7px 14px;vertical-align:top;border-top:1px solid var(--edge)}",
	"tr:first-child>*{border-top:0}",
	"th{font-weight:600;color:var(--soft)}",
	"td.n{text-align:right;font-variant-numeric:tabular-nums}",
	"td.v{overflow-wrap:anywhere}",
	"tr.sum td{font-weight:650}",
	"summary{cursor:pointer;margin:0 0 10px}",
	"@media print{body{background:#fff}main{padding:0;max-width:none}}",
};

static void text(FILE *out, const char *plain)
{
	for (; *plain; plain++) {
		if (*plain == '<')
			fputs("&lt;", out);
		else if (*plain == '>')
			fputs("&gt;", out);
		else if (*plain == '&')
			fputs("&amp;", out);
		else if (*plain == '"')
			fputs("&quot;", out);
		else
			putc(*plain, out);
	}
}

static const char *degree(const struct scanfile *scan)
{
	return strcmp(scan->unit, "deg") ? scan->unit : "\u00b0";
}

static unsigned long long whole(const struct scanfile *scan, const char *name)
{
	double number = scanfile_number(scan, name);

	return number > 0 ? llrint(number) : 0;
}

static bool complete(const struct scanfile *scan)
{
	char status[SCANFILE_TEXT_LEN];

	return !strcmp(scanfile_text(scan, "status", status), "complete");
}

static bool same_steps(const struct scanfile *scan)
{
	return whole(scan, "steps/commanded") == whole(scan, "steps/counted") &&
	       whole(scan, "steps/counted") == whole(scan, "steps/traced");
}

static void write_verdict(FILE *out, const struct scanfile *scan,
			  const struct rigcheck *check)
{
	const unsigned long long lost = whole(scan, "ledger/lost");
	const unsigned long long unpaired = whole(scan, "ledger/unpaired");
	char status[SCANFILE_TEXT_LEN];

	if (!complete(scan)) {
		fprintf(out, "<p class=\"verdict bad\">Not complete</p><p>");
		text(out, scanfile_text(scan, "status", status));
		fprintf(out, "</p>\n");
	} else if (check && !check->good) {
		fprintf(out,
			"<p class=\"verdict bad\">The rig's edges say otherwise</p>\n");
	} else if (lost || unpaired) {
		fprintf(out,
			"<p class=\"verdict bad\">Ended, but %llu frames lost, %llu without a position</p>\n",
			lost, unpaired);
	} else {
		fprintf(out,
			"<p class=\"verdict good\">Complete: no frame lost, every frame with its position</p>\n");
	}
}

static void write_head(FILE *out, const struct scanfile *scan,
		       const char *name, const struct rigcheck *check)
{
	char buffer[SCANFILE_TEXT_LEN];

	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>");
	text(out, name);
	fprintf(out, "</title>\n<style>\n");
	for (size_t i = 0; i < sizeof(style) / sizeof(style[0]); i++)
		fprintf(out, "%s\n", style[i]);
	fprintf(out, "</style>\n</head>\n<body><main>\n<h1>Fly scan of ");
	text(out, scan->axis);
	fprintf(out, ", %g%s to %g%s</h1>\n<p class=\"soft\">",
		scanfile_number(scan, "p_start"), degree(scan),
		scanfile_number(scan, "p_end"), degree(scan));
	text(out, name);
	fprintf(out, " &middot; ");
	text(out, scanfile_text(scan, "/entry/start_time", buffer));
	fprintf(out, "<br>camera ");
	text(out, scanfile_text(scan, "det_name", buffer));
	fprintf(out, ", %zu&times;%zu &middot; Linux ", scan->width,
		scan->height);
	text(out, scanfile_text(scan, "versions/kernel", buffer));
	fprintf(out, " &middot; oscan ");
	text(out, scanfile_text(scan, "versions/oscan", buffer));
	fprintf(out, "</p>\n");
	write_verdict(out, scan, check);
}

static void write_frame_card(FILE *out, const struct scanfile *scan)
{
	const unsigned long long passes = whole(scan, "passes");
	const unsigned long long copied = whole(scan, "ledger/copied");

	fprintf(out,
		"<div class=\"card\"><span>frames in the %s</span><b>%llu</b><span>%llu expected if the camera keeps its period; %llu in the file with run-up and run-out, %llu lost",
		passes > 1 ? "passes" : "pass", whole(scan, "ledger/in_scan"),
		whole(scan, "num_frames") * (passes ? passes : 1),
		whole(scan, "ledger/written") + copied,
		whole(scan, "ledger/lost"));
	if (copied)
		fprintf(out, "; %llu are of an earlier scan", copied);
	fprintf(out, "</span></div>\n");
}

static void write_step_card(FILE *out, const struct scanfile *scan,
			    const struct rigcheck *check)
{
	const char *sign = same_steps(scan) ? "=" : "&ne;";

	fprintf(out,
		"<div class=\"card\"><span>steps commanded</span><b>%llu</b><span>%s %llu counted %s %llu traced",
		whole(scan, "steps/commanded"), sign,
		whole(scan, "steps/counted"), sign,
		whole(scan, "steps/traced"));
	if (check)
		fprintf(out, " %s %zu on the rig's pins",
			check->steps == check->traced ? "=" : "&ne;",
			check->steps);
	fprintf(out, "</span></div>\n");
}

static void write_late_card(FILE *out, const struct scanfile *scan)
{
	char worst[SVG_DURATION_LEN];

	fprintf(out,
		"<div class=\"card\"><span>worst lateness of a step</span><b>%s</b><span>%llu stumbles</span></div>\n",
		svg_duration(scanfile_number(scan, "motor/worst_late"), worst),
		whole(scan, "motor/stumbles"));
}

/* Shortest and longest time between two frames of the pass, ms. */
static bool intervals(const struct scanfile *scan, double *least, double *most)
{
	*least = HUGE_VAL;
	*most = 0;
	for (size_t n = 1; n < scan->frames; n++) {
		double ms = (double)(int64_t)(scan->time_ns[n] -
					      scan->time_ns[n - 1]) / 1e6;

		if (!scanfile_follows(scan, n))
			continue;
		*least = fmin(*least, ms);
		*most = fmax(*most, ms);
	}
	return *most > 0;
}

static void write_period_card(FILE *out, const struct scanfile *scan)
{
	double measured = scanfile_number(scan, "t_period_measured");
	bool triggered = isnan(measured);
	double least, most;

	if (triggered)
		measured = scanfile_number(scan, "t_period_used");
	fprintf(out,
		"<div class=\"card\"><span>period of the camera</span><b>%.4g ms</b><span>%s; %.4g ms asked for",
		measured * 1e3, triggered ? "triggered" : "measured",
		scanfile_number(scan, "t_period") * 1e3);
	if (intervals(scan, &least, &most))
		fprintf(out, "; %.4g to %.4g ms in the pass", least, most);
	fprintf(out, "</span></div>\n");
}

static void write_speed_card(FILE *out, const struct scanfile *scan)
{
	double speed = scanfile_number(scan, "scan_velocity");

	fprintf(out,
		"<div class=\"card\"><span>speed in the pass</span><b>%.4g %s/s</b><span>for a frame every %.4g%s</span></div>\n",
		speed, scan->unit,
		speed * scanfile_number(scan, "t_period_used"), degree(scan));
}

static void write_check_card(FILE *out, const struct rigcheck *check)
{
	if (!check)
		return;
	fprintf(out,
		"<div class=\"card\"><span>positions against the pins</span><b class=\"%s\">%.3f microsteps</b><span>off at worst, of %zu frames, by the recorded edges alone; %g is allowed</span></div>\n",
		check->good ? "good" : "bad", check->worst, check->frames,
		RIGCHECK_LIMIT);
}

static void write_cards(FILE *out, const struct scanfile *scan,
			const struct rigcheck *check)
{
	fprintf(out, "<div class=\"cards\">\n");
	write_frame_card(out, scan);
	write_step_card(out, scan, check);
	write_late_card(out, scan);
	write_period_card(out, scan);
	write_speed_card(out, scan);
	write_check_card(out, check);
	fprintf(out, "</div>\n");
}

/* Which of @count things is number @n of @most, evenly chosen. */
static size_t evenly(size_t n, size_t most, size_t count)
{
	return most < 2 ? 0 : n * (count - 1) / (most - 1);
}

static double seconds(const struct scanfile *scan, uint64_t time_ns)
{
	return (double)(int64_t)(time_ns - scan->launch_ns) / 1e9;
}

struct plot {
	double *x;
	double *y;
	size_t line;
	struct svg_point *points;
	size_t n_points;
};

/* At rest before the first step and behind the last one. */
static void fill_line(struct plot *plot, const struct scanfile *scan)
{
	double initial = scanfile_number(scan, "p_initial");
	size_t steps = scan->steps - scan->first_step;
	size_t most = steps < MOST_LINE ? steps : MOST_LINE;
	bool frames = scan->first_frame < scan->frames;

	plot->x[0] = fmin(0, frames ? seconds(scan,
				scan->time_ns[scan->first_frame]) : 0);
	plot->y[0] = initial;
	plot->x[1] = 0;
	plot->y[1] = initial;
	for (size_t n = 0; n < most; n++) {
		size_t step = scan->first_step + evenly(n, most, steps);

		plot->x[n + 2] = seconds(scan, scan->step_ns[step]);
		plot->y[n + 2] = scan->step_position[step] / scan->scale;
	}
	plot->line = most + 2;
	if (!frames)
		return;
	plot->x[plot->line] = fmax(plot->x[plot->line - 1],
				   seconds(scan, scan->time_ns[scan->frames -
							       1]));
	plot->y[plot->line] = plot->y[plot->line - 1];
	plot->line++;
}

static void fill_points(struct plot *plot, const struct scanfile *scan)
{
	size_t frames = scan->frames - scan->first_frame;
	size_t most = frames < MOST_POINTS ? frames : MOST_POINTS;

	for (size_t n = 0; n < most; n++) {
		size_t frame = scan->first_frame + evenly(n, most, frames);

		if (isnan(scan->position[frame]))
			continue;
		plot->points[plot->n_points++] = (struct svg_point){
			.x = seconds(scan, scan->time_ns[frame]),
			.y = scan->position[frame],
			.index = frame,
			.marked = scan->in_scan[frame],
		};
	}
}

static void widen(struct svg_axis *axis, double value)
{
	axis->low = fmin(axis->low, value);
	axis->high = fmax(axis->high, value);
}

static void find_range(const struct plot *plot, struct svg_axis *x,
		       struct svg_axis *y)
{
	double margin;

	for (size_t i = 0; i < plot->line; i++) {
		widen(x, plot->x[i]);
		widen(y, plot->y[i]);
	}
	for (size_t i = 0; i < plot->n_points; i++)
		widen(x, plot->points[i].x);
	margin = (x->high - x->low) * 0.02 + 1e-9;
	x->low -= margin;
	x->high += margin;
	margin = (y->high - y->low) * 0.04 + 1e-9;
	y->low -= margin;
	y->high += margin;
}

static void draw_plot(FILE *out, const struct scanfile *scan,
		      struct plot *plot)
{
	struct svg_axis x = { .label = "seconds since the motor started" };
	char label[128];
	struct svg_axis y = { .low = HUGE_VAL, .high = -HUGE_VAL,
			      .label = label };
	const double band[] = { scanfile_number(scan, "p_start"),
				scanfile_number(scan, "p_end") };
	const size_t steps = scan->steps - scan->first_step;
	const size_t frames = scan->frames - scan->first_frame;

	snprintf(label, sizeof(label), "%s, %s", scan->axis, scan->unit);
	fill_line(plot, scan);
	fill_points(plot, scan);
	find_range(plot, &x, &y);
	fprintf(out,
		"<h2>Position against time</h2>\n<p class=\"soft\">Line: the %zu steps, each at the time it was made%s. Dots: the frames%s, full where they belong to the pass; shaded: the range asked for.",
		steps, steps > MOST_LINE ? " (some are drawn)" : "",
		frames > MOST_POINTS ? " (some are drawn)" : "");
	if (scan->first_frame)
		fprintf(out, " Not shown: %zu frames of an earlier scan.",
			scan->first_frame);
	fprintf(out, "</p>\n<figure>\n");
	svg_plot(out, &x, &y, plot->x, plot->y, plot->line, plot->points,
		 plot->n_points, band);
	fprintf(out, "</figure>\n");
}

static int write_plot(FILE *out, const struct scanfile *scan)
{
	struct plot plot = {
		.x = calloc(MOST_LINE + 3, sizeof(double)),
		.y = calloc(MOST_LINE + 3, sizeof(double)),
		.points = calloc(MOST_POINTS, sizeof(struct svg_point)),
	};
	int result = -1;

	if (plot.x && plot.y && plot.points) {
		draw_plot(out, scan, &plot);
		result = 0;
	}
	free(plot.x);
	free(plot.y);
	free(plot.points);
	return result;
}

static void write_lateness(FILE *out, const struct scanfile *scan)
{
	uint64_t bins[OSCAN_LATE_BINS];

	if (scanfile_counts(scan, "motor/late_bins", bins, OSCAN_LATE_BINS))
		return;
	fprintf(out,
		"<h2>Lateness of the steps</h2>\n<p class=\"soft\">Time from when a step was due to when its edge was written, the way to the start included. A late step moves what follows; it is never made up for by a burst.</p>\n<figure>\n");
	svg_late_bins(out, bins, OSCAN_LATE_BINS);
	fprintf(out, "</figure>\n");
}

static int write_thumbnail(FILE *out, const struct scanfile *scan,
			   size_t frame, uint8_t *pixels)
{
	const struct photo_pixels image = {
		.width = scan->width,
		.height = scan->height,
		.format = scan->bytes_per_pixel == 3 ? CAMERA_FORMAT_RGB8
						     : CAMERA_FORMAT_GREY8,
		.data = pixels,
		.size = scan->width * scan->height * scan->bytes_per_pixel,
	};

	if (scanfile_pixels(scan, frame, pixels)) {
		errno = EIO;
		return -1;
	}
	fprintf(out, "<div><img alt=\"frame %zu\" src=\"", frame);
	if (thumbnail_write(out, &image, THUMBNAIL_MOST))
		return -1;
	fprintf(out,
		"\"><p><span>%.3f%s</span><span class=\"soft\">#%zu</span></p></div>\n",
		scan->position[frame], degree(scan), frame);
	return 0;
}

/* What the position of a frame is the position of. */
static const char *moment(const struct scanfile *scan)
{
	char mark[SCANFILE_TEXT_LEN];

	if (!strcmp(scanfile_text(scan, "camera/time_mark", mark), "unknown"))
		return "at the time that its driver gave it (what moment of the exposure that is, this camera does not say)";
	return "in the middle of its exposure";
}

static int write_thumbnails(FILE *out, const struct scanfile *scan,
			    const size_t *frames, size_t count)
{
	size_t most = count < MOST_THUMBNAILS ? count : MOST_THUMBNAILS;
	uint8_t *pixels = malloc(scan->width * scan->height *
				 scan->bytes_per_pixel);
	int result = pixels ? 0 : -1;

	fprintf(out,
		"<h2>Frames</h2>\n<p class=\"soft\">%zu of the %zu frames of the pass, evenly chosen, each with where %s was %s.</p>\n<div class=\"sheet\">\n",
		most, count, scan->axis, moment(scan));
	for (size_t n = 0; n < most && !result; n++)
		result = write_thumbnail(out, scan,
					 frames[evenly(n, most, count)],
					 pixels);
	fprintf(out, "</div>\n");
	free(pixels);
	return result;
}

static int write_sheet(FILE *out, const struct scanfile *scan)
{
	size_t *frames = calloc(scan->frames + 1, sizeof(*frames));
	size_t count = 0;
	int result;

	if (!frames)
		return -1;
	for (size_t n = 0; n < scan->frames; n++)
		if (scan->in_scan[n])
			frames[count++] = n;
	result = write_thumbnails(out, scan, frames, count);
	free(frames);
	return result;
}

static void write_ledger(FILE *out, const struct scanfile *scan)
{
	static const struct {
		const char *name;
		const char *what;
	} rows[] = {
		{ "delivered", "frames that the camera gave" },
		{ "taken", "frames that the queue took" },
		{ "written", "frames that were written" },
		{ "copied", "frames of an earlier scan, written before" },
		{ "sensor_gaps", "missing in the camera's own count" },
		{ "camera_dropped", "given up by the camera" },
		{ "camera_bad", "marked by the camera as bad; written" },
		{ "unpaired", "in the file without a position" },
	};
	char name[64];

	fprintf(out,
		"<h2>Ledger</h2>\n<p class=\"soft\">Every frame, counted at each hop.</p>\n<div class=\"table\"><table>\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(name, sizeof(name), "ledger/%s", rows[i].name);
		fprintf(out,
			"<tr><td>%s</td><td class=\"n\">%llu</td></tr>\n",
			rows[i].what, whole(scan, name));
	}
	fprintf(out,
		"<tr class=\"sum\"><td>lost: missing + given up + (given &minus; taken) + (taken &minus; written)</td><td class=\"n\">%llu</td></tr>\n</table></div>\n",
		whole(scan, "ledger/lost"));
	if (!(scanfile_number(scan, "camera/counts_gaps") > 0))
		fprintf(out,
			"<p class=\"soft\">This camera does not count the frames that it drops before it gives them: what it never gave cannot be seen in the ledger.</p>\n");
}

static void write_parameter(const char *name, const char *value, void *data)
{
	FILE *out = data;

	fprintf(out, "<tr><td>");
	text(out, name);
	fprintf(out, "</td><td class=\"v\">");
	text(out, value);
	fprintf(out, "</td></tr>\n");
}

static void write_parameters(FILE *out, const struct scanfile *scan)
{
	fprintf(out,
		"<h2>Parameters</h2>\n<details><summary class=\"soft\">All that is stored in /entry/flyscan</summary>\n<div class=\"table\"><table>\n");
	scanfile_parameters(scan, write_parameter, out);
	fprintf(out, "</table></div></details>\n");
}

int page_write(FILE *out, const struct scanfile *scan, const char *name,
	       const struct rigcheck *check)
{
	write_head(out, scan, name, check);
	write_cards(out, scan, check);
	if (write_plot(out, scan))
		return -1;
	write_lateness(out, scan);
	if (write_sheet(out, scan))
		return -1;
	write_ledger(out, scan);
	write_parameters(out, scan);
	fprintf(out, "</main></body>\n</html>\n");
	return ferror(out) ? -1 : 0;
}
