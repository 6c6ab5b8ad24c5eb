// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known of a photo, in the words of EXIF. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "photo-file.h"

#define NS_PER_S 1000000000LL

/* Nothing that is measured is beyond what EXIF's fractions can hold. */
static double known(double value)
{
	return value > 0 && value < 1e9 ? value : 0;
}

static void tell_time(struct photo_facts *facts, int64_t utc_ns)
{
	const time_t seconds = utc_ns / NS_PER_S;
	struct tm tm;

	if (utc_ns <= 0 || !gmtime_r(&seconds, &tm))
		return;
	strftime(facts->date, sizeof(facts->date), "%Y:%m:%d %H:%M:%S", &tm);
	snprintf(facts->subsec, sizeof(facts->subsec), "%06u",
		 (unsigned int)(utc_ns % NS_PER_S / 1000) % 1000000);
}

static int tell_angle(char *text, size_t size, const char *name, double angle,
		      double sigma)
{
	if (isfinite(sigma))
		return snprintf(text, size, "%s %.5f deg +- %.2g", name, angle,
				sigma);
	return snprintf(text, size, "%s %.5f deg", name, angle);
}

static void tell_pose(struct photo_facts *facts, const struct photo_info *info)
{
	char theta[60], phi[60];

	if (!info->has_pose)
		return;
	tell_angle(theta, sizeof(theta), "theta", info->theta_deg,
		   info->theta_sigma_deg);
	tell_angle(phi, sizeof(phi), "phi", info->phi_deg,
		   info->phi_sigma_deg);
	snprintf(facts->comment, sizeof(facts->comment), "%s, %s", theta, phi);
}

void photo_facts(const struct photo_info *info, struct photo_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	tell_time(facts, info->utc_ns);
	tell_pose(facts, info);
	facts->exposure_s = known(info->exposure_ns / 1e9);
	facts->iso = fmin(round(100 * info->gain), UINT16_MAX);
	facts->focal_mm = known(info->focal_length_mm);
	if (info->lens_dpt >= 0)
		facts->distance_m = 1 / info->lens_dpt;
	facts->pixels_per_cm = known(1e4 / info->pixel_um);
	facts->orientation = info->orientation ? info->orientation : 1;
}

