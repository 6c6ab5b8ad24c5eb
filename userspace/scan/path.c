// SPDX-License-Identifier: GPL-2.0-or-later
/* Points over a window of the sphere. */
#include "path-internal.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* How far from even the steps of a grid may be without being asked for. */
#define GRID_UNEVEN 2.0

static const char *const method_names[] = {
	[PATH_FIBONACCI] = "fibonacci",
	[PATH_GRID] = "grid",
	[PATH_SPIRAL] = "spiral",
	[PATH_RINGS] = "rings",
	[PATH_LIST] = "list",
};

#define METHODS (sizeof(method_names) / sizeof(method_names[0]))

const char *path_method_name(enum path_method method)
{
	return method < METHODS ? method_names[method] : NULL;
}

int path_method_of(const char *name)
{
	for (size_t i = PATH_FIBONACCI; i < METHODS; i++)
		if (!strcmp(name, method_names[i]))
			return i;
	return -1;
}

int path_by_original(const void *a, const void *b)
{
	const struct path_point *one = a, *two = b;

	return one->original < two->original ? -1 : 1;
}

int path_fail(char *error, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, PATH_ERROR_LEN, format, arguments);
	va_end(arguments);
	errno = code;
	return -1;
}

int path_alloc(struct path *path, size_t count, char *error)
{
	*path = (struct path){
		.count = count,
		.radius_mm = 1,
		.seconds = NAN,
		.unordered_seconds = NAN,
	};
	path->points = calloc(count, sizeof(*path->points));
	if (!path->points)
		return path_fail(error, ENOMEM,
				 "wanted memory for %zu points, found none",
				 count);
	return 0;
}

void path_free(struct path *path)
{
	free(path->points);
	path->points = NULL;
	path->count = 0;
}

static double radians(double degrees)
{
	return degrees * M_PI / 180;
}

/* 0 to 360 for a window that may go through 0, as OpenScan3's. */
static double phi_span(const struct path_request *request)
{
	double span = fmod(request->max_phi - request->min_phi + 360, 360);

	if (request->min_phi == request->max_phi)
		return 0;
	return span == 0 ? 360 : span;
}

static void put(struct path *path, size_t i, double theta, double phi)
{
	path->points[i] = (struct path_point){
		.original = i,
		.theta_deg = theta,
		.phi_deg = phi > 360 ? phi - 360 : phi,
	};
}

static double clamp(double value, double low, double high)
{
	return fmin(fmax(value, low), high);
}

/* Of points at even heights: that of number @i, from @from to @to. */
static double theta_at_height(const struct path_request *request, size_t i,
			      double from, double to)
{
	double part = request->points > 1 ? i / (request->points - 1.0) : 0.5;
	double z = cos(radians(from)) +
		   (cos(radians(to)) - cos(radians(from))) * part;

	return clamp(acos(z) * 180 / M_PI, request->min_theta,
		     request->max_theta);
}

static void make_fibonacci(const struct path_request *request,
			   struct path *path)
{
	const double golden = (sqrt(5) - 1) / 2;
	double span = phi_span(request);

	for (size_t i = 0; i < path->count; i++)
		put(path, i, theta_at_height(request, i, request->max_theta,
					     request->min_theta),
		    request->min_phi + span * fmod(i * golden, 1));
}

/* The phi of number @i of @count on a circle. */
static double phi_on_ring(const struct path_request *request, uint32_t i,
			  uint32_t count)
{
	double span = phi_span(request);

	if (span == 360)
		return request->min_phi + span * i / count;
	if (count == 1)
		return request->min_phi + span / 2;
	return request->min_phi + span * i / (count - 1);
}

/* What lies between min_theta and max_theta, and its height on a unit sphere */
static double theta_span(const struct path_request *request)
{
	return radians(request->max_theta - request->min_theta);
}

static double height_span(const struct path_request *request)
{
	return cos(radians(request->min_theta)) -
	       cos(radians(request->max_theta));
}

/*
 * Thetas with which points stand as far apart one way as the other: the
 * window is theta_span() high and, in the mean over its height, w wide, so
 * that n points make r rings with r / (n / r) = theta_span() / w.
 */
static double even_rings(const struct path_request *request)
{
	double high = theta_span(request);
	double area = radians(phi_span(request)) * height_span(request);

	if (high == 0)
		return 1;
	if (area == 0)
		return request->points;
	return clamp(high * sqrt(request->points / area), 1, request->points);
}

static double theta_of_ring(const struct path_request *request, uint32_t ring,
			    uint32_t rings)
{
	if (rings == 1)
		return (request->min_theta + request->max_theta) / 2;
	return request->min_theta + (request->max_theta - request->min_theta) *
					    ring / (rings - 1);
}

/* The divisor of @points nearest to @wanted, as a factor. */
static uint32_t nearest_divisor(uint32_t points, double wanted, double *off)
{
	uint32_t best = 1;
	double away;

	*off = INFINITY;
	for (uint32_t rings = 1; rings <= points; rings++) {
		away = fabs(log(rings / wanted));
		if (points % rings || away >= *off)
			continue;
		*off = away;
		best = rings;
	}
	return best;
}

static int choose_grid(const struct path_request *request, uint32_t *rings,
		       char *error)
{
	struct path_request other = *request;
	double off;

	if (request->rings) {
		*rings = request->rings;
		if (!(request->points % *rings))
			return 0;
		return path_fail(error, EINVAL,
				 "wanted a grid of %u points on %u rings, found that it does not come out even; take %u points",
				 request->points, *rings,
				 request->points / *rings * *rings);
	}
	*rings = nearest_divisor(request->points, even_rings(request), &off);
	if (off <= log(GRID_UNEVEN))
		return 0;
	do {
		other.points++;
		nearest_divisor(other.points, even_rings(&other), &off);
	} while (off > log(GRID_UNEVEN));
	return path_fail(error, EINVAL,
			 "wanted a grid of %u points, found that it would be %u by %u; take %u points, or say how many rings",
			 request->points, *rings, request->points / *rings,
			 other.points);
}

static int make_grid(const struct path_request *request, struct path *path,
		     char *error)
{
	uint32_t rings, columns;

	if (choose_grid(request, &rings, error))
		return -1;
	columns = request->points / rings;
	for (size_t i = 0; i < path->count; i++)
		put(path, i, theta_of_ring(request, i / columns, rings),
		    phi_on_ring(request, i % columns, columns));
	return 0;
}

static void make_rings(const struct path_request *request, struct path *path)
{
	uint32_t rings = request->rings ? request->rings :
					  lround(even_rings(request));
	uint32_t left = request->points - rings, here;
	double weight = 0, share;
	size_t i = 0;

	for (uint32_t ring = 0; ring < rings; ring++)
		weight += sin(radians(theta_of_ring(request, ring, rings)));
	/* Each has one point; the rest goes by circumference, none is lost. */
	for (uint32_t ring = 0; ring < rings; ring++) {
		share = sin(radians(theta_of_ring(request, ring, rings)));
		here = ring == rings - 1 ? left :
		       weight > 0 ? lround(left * share / weight) : 0;
		weight -= share;
		left -= here;
		for (uint32_t k = 0; k <= here; k++)
			put(path, i++, theta_of_ring(request, ring, rings),
			    phi_on_ring(request, k, here + 1));
	}
}

/* The way from one turn to the next is as long as that to the next point. */
static double even_turns(const struct path_request *request)
{
	double area = radians(phi_span(request)) * height_span(request);

	if (area == 0)
		return 1;
	return fmax(1, theta_span(request) *
			       sqrt((request->points - 1) / area));
}

static double phi_of_spiral(const struct path_request *request, double turns)
{
	double span = phi_span(request), part = turns - floor(turns);

	if (span < 360 && fmod(floor(turns), 2) == 1)
		part = 1 - part;
	return request->min_phi + span * part;
}

static void make_spiral(const struct path_request *request, struct path *path)
{
	double turns = request->rings ? request->rings :
					round(even_turns(request));
	double span = request->max_theta - request->min_theta, theta, part;
	bool circle = span == 0 && phi_span(request) == 360;

	for (size_t i = 0; i < path->count; i++) {
		theta = theta_at_height(request, i, request->min_theta,
					request->max_theta);
		part = span > 0 ? (theta - request->min_theta) / span :
		       i / fmax(1, path->count - !circle);
		put(path, i, theta, phi_of_spiral(request, turns * part));
	}
}

static int check_window(const struct path_request *request, char *error)
{
	/* Not "below" and "above", so that NAN is refused too. */
	if (!(request->min_theta >= 0 && request->max_theta <= 180 &&
	      request->min_theta <= request->max_theta))
		return path_fail(error, EINVAL,
				 "wanted min_theta and max_theta between 0 and 180 and in this order, found %g and %g",
				 request->min_theta, request->max_theta);
	if (!(request->min_phi >= 0 && request->min_phi <= 360 &&
	      request->max_phi >= 0 && request->max_phi <= 360))
		return path_fail(error, EINVAL,
				 "wanted min_phi and max_phi between 0 and 360, found %g and %g",
				 request->min_phi, request->max_phi);
	return 0;
}

static int check(const struct path_request *request, char *error)
{
	bool by_rings = request->method == PATH_GRID ||
			request->method == PATH_RINGS;

	if (!path_method_name(request->method))
		return path_fail(error, EINVAL,
				 "wanted one of the methods fibonacci, grid, spiral, rings and list, found number %u",
				 request->method);
	if (!(request->radius_mm >= 0 && isfinite(request->radius_mm)))
		return path_fail(error, EINVAL,
				 "wanted a radius above 0 mm, found %g",
				 request->radius_mm);
	if (request->method == PATH_LIST)
		return 0;
	if (!request->points || request->points > PATH_POINTS_MAX)
		return path_fail(error, EINVAL,
				 "wanted 1 to %u points, found %u",
				 PATH_POINTS_MAX, request->points);
	if (request->rings > (by_rings ? request->points : PATH_POINTS_MAX))
		return path_fail(error, EINVAL,
				 "wanted at most as many rings as points, found %u rings and %u points",
				 request->rings, request->points);
	return check_window(request, error);
}

static int compare_places(const void *a, const void *b)
{
	const struct path_point *one = a, *two = b;

	if (one->theta_deg != two->theta_deg)
		return one->theta_deg < two->theta_deg ? -1 : 1;
	if (one->phi_deg != two->phi_deg)
		return one->phi_deg < two->phi_deg ? -1 : 1;
	return 0;
}

int path_count_identical(struct path *path, char *error)
{
	struct path sorted;		/* a copy */

	if (path_alloc(&sorted, path->count, error))
		return -1;
	for (size_t i = 0; i < path->count; i++) {
		sorted.points[i] = path->points[i];
		sorted.points[i].phi_deg =
			fmod(fmod(path->points[i].phi_deg, 360) + 360, 360);
	}
	qsort(sorted.points, sorted.count, sizeof(*sorted.points),
	      compare_places);
	path->identical = 0;
	for (size_t i = 1; i < path->count; i++)
		path->identical += !compare_places(&sorted.points[i - 1],
						   &sorted.points[i]);
	path_free(&sorted);
	return 0;
}

static int make(const struct path_request *request, struct path *path,
		char *error)
{
	if (request->method == PATH_LIST)
		return path_list(request, path, error);
	if (path_alloc(path, request->points, error))
		return -1;
	switch (request->method) {
	case PATH_GRID:
		return make_grid(request, path, error);
	case PATH_SPIRAL:
		make_spiral(request, path);
		return 0;
	case PATH_RINGS:
		make_rings(request, path);
		return 0;
	default:
		make_fibonacci(request, path);
		return 0;
	}
}

int path_make(const struct path_request *request, struct path *path,
	      char *error)
{
	int code;

	memset(path, 0, sizeof(*path));
	if (check(request, error))
		return -1;
	if (make(request, path, error) || path_count_identical(path, error)) {
		code = errno;
		path_free(path);
		errno = code;
		return -1;
	}
	path->radius_mm = request->radius_mm > 0 ? request->radius_mm : 1;
	return 0;
}
