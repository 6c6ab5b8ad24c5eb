// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/oscanctl/tracefile.c userspace/oscanctl/message.c
 *	userspace/liboscan/units.c userspace/writer/h5.c
 *	userspace/writer/layout.c userspace/writer/compress.c
 *	userspace/scan/words.c -lhdf5_serial -ljansson -llz4 -ldeflate -lm
 */

/*
 * Writes a trace file for test_plot.sh.
 *
 *   trace-make FILE STEPS [gap]
 *
 * Axis "turntable", 3200 microsteps a turn: from 10 there and back, half of
 * STEPS each, ramped, the first step 1 s after the beginning, the way back 1 s
 * after the way there. Step n is n % 1000 * 10 ns late, but every 1000th is
 * 3 ms late. "gap": steps 100 to 199 are missing. Axis "a<b&c" does not move.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracefile.h"

#define BEGIN_NS 5000000000000ull
#define ACCEL 4000.0
#define BATCH 400

static const struct oscan_axis_info turntable = {
	.name = "turntable", .unit = OSCAN_UNIT_DEGREE,
	.full_steps_per_turn = 200, .microsteps = 16, .gear_num = 1,
	.gear_den = 1,
};

static const struct oscan_axis_info still = {
	.axis = 1, .name = "a<b&c", .unit = OSCAN_UNIT_MILLIMETRE,
	.full_steps_per_turn = 200, .microsteps = 16, .gear_num = 1,
	.gear_den = 1, .travel_per_turn_nm = 8000000,
};

/* Seconds from rest to step @n of @steps, up and down again. */
static double due(uint64_t n, uint64_t steps)
{
	if (2 * n > steps)
		return 2 * sqrt(steps / ACCEL) -
		       sqrt(2 * (double)(steps - n) / ACCEL);
	return sqrt(2 * (double)n / ACCEL);
}

static int leg(struct tracefile *trace, uint64_t start_ns, int64_t from,
	       uint64_t before, uint64_t steps, int sign, int gap)
{
	uint64_t times[BATCH], n = 1, i;
	uint32_t late[BATCH];

	while (n <= steps) {
		struct oscan_trace_batch batch = {
			.direction = sign, .spacing = 1, .times_ns = times,
			.late_ns = late, .first_number = before + n,
			.first_position = from + sign * (int64_t)n,
		};

		for (i = 0; i < BATCH && n <= steps; i++, n++) {
			/* The gap begins a batch of its own. */
			if (gap && before + n >= 100 && before + n < 200) {
				if (i)
					break;
				n = 200 - before;
				batch.first_number = 200;
				batch.first_position = from + sign * 200;
			}
			late[i] = n % 1000 ? n % 1000 * 10 : 3000000;
			times[i] = start_ns + (uint64_t)(due(n, steps) * 1e9);
		}
		batch.steps = i;
		batch.total = batch.first_number + i - 1;
		batch.horizon_ns = times[i - 1] + 1;
		if (tracefile_steps(trace, 0, &batch))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct oscan_state state = {
		.position = 10, .time_ns = BEGIN_NS,
	};
	uint64_t half = strtoull(argv[2], NULL, 10) / 2;
	uint64_t leg_ns = (uint64_t)(due(half, half) * 1e9) + 1000000000;
	struct oscan_trace_batch end = {
		.total = 2 * half, .spacing = 1,
		.horizon_ns = BEGIN_NS + 2 * leg_ns + 1000000000,
	};
	struct tracefile trace;

	if (tracefile_create(&trace, argv[1], "test"))
		return 1;
	trace.start_ns = BEGIN_NS;
	return tracefile_axis_add(&trace, &turntable, &state) ||
	       tracefile_axis_add(&trace, &still, &state) ||
	       leg(&trace, BEGIN_NS + 1000000000, 10, 0, half, 1,
		   argc > 3 && !strcmp(argv[3], "gap")) ||
	       leg(&trace, BEGIN_NS + 1000000000 + leg_ns, 10 + half, half,
		   half, -1, 0) ||
	       tracefile_steps(&trace, 0, &end) || tracefile_close(&trace);
}
