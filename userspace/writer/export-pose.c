// SPDX-License-Identifier: GPL-2.0-or-later
#include "export.h"

#include <math.h>

/* Seen by an upright camera: right, down, forward; then turned by -phi. */
static void upright(const struct export_photo *photo, double axes[3][3])
{
	double theta = photo->theta_deg * M_PI / 180;
	double phi = photo->phi_deg * M_PI / 180;
	const double still[3][3] = {
		{ 0, 1, 0 },
		{ cos(theta), 0, -sin(theta) },
		{ -sin(theta), 0, -cos(theta) },
	};

	for (int i = 0; i < 3; i++) {
		axes[i][0] = still[i][0] * cos(phi) + still[i][1] * sin(phi);
		axes[i][1] = still[i][1] * cos(phi) - still[i][0] * sin(phi);
		axes[i][2] = still[i][2];
	}
}

/* Where the stored image's right and down are in the upright one. */
static void turn(uint32_t orientation, double axes[3][3])
{
	static const double turns[9][2][2] = {
		[1] = { { 1, 0 }, { 0, 1 } },
		[3] = { { -1, 0 }, { 0, -1 } },
		[6] = { { 0, 1 }, { -1, 0 } },
		[8] = { { 0, -1 }, { 1, 0 } },
	};
	double right, down;

	for (int i = 0; i < 3; i++) {
		right = axes[0][i];
		down = axes[1][i];
		axes[0][i] = turns[orientation][0][0] * right +
			     turns[orientation][0][1] * down;
		axes[1][i] = turns[orientation][1][0] * right +
			     turns[orientation][1][1] * down;
	}
}

void export_pose(const struct export_photo *photo, double place[3],
		 double axes[3][3])
{
	upright(photo, axes);
	for (int i = 0; i < 3; i++)
		place[i] = -photo->radius_mm * axes[2][i];
	turn(photo->orientation, axes);
}

/* From the greatest of its parts, so that no difference of likes divides. */
void export_quaternion(double axes[3][3], double quaternion[4])
{
	double trace = axes[0][0] + axes[1][1] + axes[2][2], sign;
	double four[4] = {
		1 + trace,
		1 + 2 * axes[0][0] - trace,
		1 + 2 * axes[1][1] - trace,
		1 + 2 * axes[2][2] - trace,
	};
	double products[4][4] = {
		{ four[0], axes[2][1] - axes[1][2], axes[0][2] - axes[2][0],
		  axes[1][0] - axes[0][1] },
		{ axes[2][1] - axes[1][2], four[1], axes[0][1] + axes[1][0],
		  axes[0][2] + axes[2][0] },
		{ axes[0][2] - axes[2][0], axes[0][1] + axes[1][0], four[2],
		  axes[1][2] + axes[2][1] },
		{ axes[1][0] - axes[0][1], axes[0][2] + axes[2][0],
		  axes[1][2] + axes[2][1], four[3] },
	};
	int best = 0;

	for (int i = 1; i < 4; i++)
		if (four[i] > four[best])
			best = i;
	sign = products[best][0] < 0 ? -1 : 1;
	for (int i = 0; i < 4; i++)
		quaternion[i] = sign * products[best][i] /
				(2 * sqrt(four[best]));
}
