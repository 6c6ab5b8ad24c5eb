// SPDX-License-Identifier: GPL-2.0-or-later
/* When a synthetic camera exposes, and when it says that it did. */
#include "synthetic-camera.h"

#include <math.h>

bool synthetic_faulty(const struct camera *camera, uint32_t number,
		      enum synthetic_fault fault)
{
	return camera->options.fault == fault &&
	       number + 1 >= camera->options.fault_at;
}

uint64_t synthetic_readout_ns(const struct camera *camera)
{
	return (camera->settings.height - 1) * camera->options.row_ns;
}

uint64_t synthetic_exposure_start(const struct camera *camera, uint32_t number)
{
	uint64_t time_ns = camera->start_ns +
			   number * camera->settings.period_ns;

	if (camera->options.on_demand)
		return camera->shots[number % SYNTHETIC_SHOTS];
	if (camera->trigger)
		synthetic_trigger_at(camera->trigger, number, &time_ns);
	return time_ns;
}

static uint32_t mix(uint32_t value)
{
	value = (value ^ (value >> 16)) * 0x7feb352du;
	value = (value ^ (value >> 15)) * 0x846ca68bu;
	return value ^ (value >> 16);
}

/* Twelve numbers from 0 to 1 have a sum with standard deviation 1. */
static double normal(uint32_t number)
{
	double sum = -6;

	for (uint32_t i = 0; i < 12; i++)
		sum += mix(number * 12 + i + 1) / 4294967296.0;
	return sum;
}

static uint64_t time_told(const struct camera *camera, uint32_t number)
{
	const struct synthetic_options *options = &camera->options;
	uint64_t time_ns = synthetic_exposure_start(camera, number);
	uint64_t exposure_ns = synthetic_state(camera, number)->exposure_ns;

	if (options->mark == CAMERA_MARK_READOUT_START)
		time_ns += exposure_ns;
	else if (options->mark == CAMERA_MARK_FRAME_END)
		time_ns += exposure_ns + synthetic_readout_ns(camera);
	return time_ns + options->latency_ns +
	       llrint(normal(number) * options->jitter_ns);
}

uint64_t synthetic_time_told(const struct camera *camera)
{
	uint32_t last = camera->options.fault_at >= 2 ?
			camera->options.fault_at - 2 : 0;
	uint64_t period_ns = camera->settings.period_ns;

	if (!period_ns)
		period_ns = camera->settings.exposure_ns;

	if (synthetic_faulty(camera, camera->number, SYNTHETIC_FAULT_REPEAT))
		return time_told(camera, last);
	if (synthetic_faulty(camera, camera->number, SYNTHETIC_FAULT_REVERSE))
		return time_told(camera, last) -
		       (camera->number - last) * period_ns;
	return time_told(camera, camera->number);
}

uint64_t synthetic_end(const struct camera *camera, uint32_t number)
{
	return synthetic_exposure_start(camera, number) +
	       synthetic_state(camera, number)->exposure_ns +
	       synthetic_readout_ns(camera);
}
