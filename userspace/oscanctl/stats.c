// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl stats: how well steps met their time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "oscanctl.h"

#define BAR_COLUMNS 40
#define TIME_LEN 32

static const struct option_text option_texts[] = {
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "stats",
	.operands = "[AXIS]",
	.most = 1,
	.text = "Show how well the steps of the axes met their time.",
	.options = option_texts,
};

/* Three digits with the unit that suits them. */
static const char *duration(double ns, char text[TIME_LEN])
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	unsigned int unit = 0;

	while (ns >= 999.5 && unit < 3) {
		ns /= 1000;
		unit++;
	}
	snprintf(text, TIME_LEN, "%.3g %s", ns, units[unit]);
	return text;
}

/* Under how many nanoseconds the steps of a bin are late; 0: no end. */
static uint64_t bin_end_ns(unsigned int bin)
{
	return bin == OSCAN_LATE_BINS - 1 ? 0 : 1ULL << bin;
}

static json_t *histogram_json(const struct oscan_stats *stats)
{
	json_t *array = json_array();
	unsigned int bin;
	uint64_t end;

	for (bin = 0; bin < OSCAN_LATE_BINS; bin++) {
		end = bin_end_ns(bin);
		json_array_append_new(array, json_pack("{s:I, s:o, s:I}",
			"from_ns", (json_int_t)(bin ? 1ULL << (bin - 1) : 0),
			"below_ns", end ? json_integer(end) : json_null(),
			"steps", (json_int_t)stats->late_bins[bin]));
	}
	return array;
}

static json_t *shortest_json(uint64_t ns)
{
	return ns == UINT64_MAX ? json_null() : json_integer(ns);
}

static json_t *stats_json(const struct oscan_axis_info *axis,
			  const struct oscan_stats *stats)
{
	return json_pack("{s:s, s:{s:I, s:I, s:I, s:o, s:I}, s:{s:I, s:I, s:I}, s:o}",
			 "axis", axis->name,
			 "move",
			 "move_id", (json_int_t)stats->move_id,
			 "worst_late_ns",
			 (json_int_t)stats->move_worst_late_ns,
			 "slip_ns", (json_int_t)stats->move_slip_ns,
			 "shortest_interval_ns",
			 shortest_json(stats->move_shortest_ns),
			 "stumbles", (json_int_t)stats->move_stumbles,
			 "total",
			 "worst_late_ns", (json_int_t)stats->worst_late_ns,
			 "slip_ns", (json_int_t)stats->slip_ns,
			 "stumbles", (json_int_t)stats->stumbles,
			 "lateness", histogram_json(stats));
}

static void print_bar(uint64_t steps, uint64_t most)
{
	double share = (double)steps / most;
	unsigned int columns = share * BAR_COLUMNS + 0.5;

	/* One step in a million is what one looks for. */
	if (steps && !columns)
		columns = 1;
	while (columns--)
		putchar('#');
	putchar('\n');
}

static void print_bin(const struct oscan_stats *stats, unsigned int bin,
		      uint64_t most)
{
	uint64_t steps = stats->late_bins[bin], end = bin_end_ns(bin);
	char text[TIME_LEN] = "above";

	printf("    %s %9s  %12llu  ", end ? "<" : " ",
	       end ? duration(end, text) : text, (unsigned long long)steps);
	print_bar(steps, most);
}

static void print_histogram(const struct oscan_stats *stats)
{
	unsigned int first = 0, last = OSCAN_LATE_BINS, bin;
	uint64_t most = 0;

	for (bin = 0; bin < OSCAN_LATE_BINS; bin++)
		if (stats->late_bins[bin] > most)
			most = stats->late_bins[bin];
	if (!most) {
		printf("  lateness  no step was made yet\n");
		return;
	}
	while (!stats->late_bins[first])
		first++;
	while (!stats->late_bins[last - 1])
		last--;
	printf("  lateness         steps\n");
	for (bin = first; bin < last; bin++)
		print_bin(stats, bin, most);
}

static void print_stats(const struct oscan_axis_info *axis,
			const struct oscan_stats *stats)
{
	char late[TIME_LEN], slip[TIME_LEN], shortest[TIME_LEN] = "none";

	printf("%s\n", axis->name);
	if (stats->move_shortest_ns != UINT64_MAX)
		duration(stats->move_shortest_ns, shortest);
	if (stats->move_id)
		printf("  move %-4u worst %s late, slip %s, shortest interval %s, %u stumble%s\n",
		       stats->move_id,
		       duration(stats->move_worst_late_ns, late),
		       duration(stats->move_slip_ns, slip), shortest,
		       stats->move_stumbles,
		       stats->move_stumbles == 1 ? "" : "s");
	printf("  total     worst %s late, slip %s, %u stumble%s\n",
	       duration(stats->worst_late_ns, late),
	       duration(stats->slip_ns, slip), stats->stumbles,
	       stats->stumbles == 1 ? "" : "s");
	print_histogram(stats);
}

static int show_axis(struct oscan_motor *motor, unsigned int axis,
		     json_t *array)
{
	const struct oscan_axis_info *info =
		oscan_motor_axis_info(motor, axis);
	struct oscan_stats stats;

	if (oscan_motor_stats(motor, axis, &stats))
		return machine_fail(motor, axis, "read the statistics", errno);
	if (array)
		json_array_append_new(array, stats_json(info, &stats));
	else
		print_stats(info, &stats);
	return EXIT_SUCCESS;
}

int cmd_stats(int argc, char **argv)
{
	return machine_show(argc, argv, &usage, show_axis);
}
