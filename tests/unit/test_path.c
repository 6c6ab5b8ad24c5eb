// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/path.c userspace/scan/path-list.c
 * userspace/scan/path-file.c userspace/writer/durable.c -ljansson -lm
 */
/* Where a capture scan takes its photos, and the files that say so. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"
#include "unit.h"

#define RADIANS (M_PI / 180)

static char said[PATH_ERROR_LEN];

static struct path make(struct path_request request)
{
	struct path path;

	ck_assert_msg(!path_make(&request, &path, said), "%s", said);
	return path;
}

/* Degrees between two points of the sphere. */
static double apart(const struct path_point *a, const struct path_point *b)
{
	double cosine = sin(a->theta_deg * RADIANS) *
			sin(b->theta_deg * RADIANS) *
			cos((a->phi_deg - b->phi_deg) * RADIANS) +
			cos(a->theta_deg * RADIANS) *
			cos(b->theta_deg * RADIANS);

	return acos(fmin(fmax(cosine, -1), 1)) / RADIANS;
}

static double nearest(const struct path *path, size_t i)
{
	double least = INFINITY;

	for (size_t j = 0; j < path->count; j++)
		if (j != i)
			least = fmin(least, apart(&path->points[i],
						  &path->points[j]));
	return least;
}

/* Of the distances to the nearest neighbours: the least by the mean. */
static double evenness(const struct path *path)
{
	double sum = 0, least = INFINITY, here;

	for (size_t i = 0; i < path->count; i++) {
		here = nearest(path, i);
		sum += here;
		least = fmin(least, here);
	}
	return least * path->count / sum;
}

static void must_be_within(const struct path *path, double min_theta,
			   double max_theta, double min_phi, double max_phi)
{
	for (size_t i = 0; i < path->count; i++) {
		const struct path_point *point = &path->points[i];
		double phi = point->phi_deg;

		MUST(point->original == i);
		MUST(point->theta_deg >= min_theta &&
		     point->theta_deg <= max_theta, "%g", point->theta_deg);
		MUST(phi >= 0 && phi <= 360, "%g", phi);
		if (min_phi <= max_phi)
			MUST(phi >= min_phi && phi <= max_phi, "%g", phi);
		else
			MUST(phi >= min_phi || phi <= max_phi, "%g", phi);
	}
}

/* Worked out in numpy by the formula of OpenScan3's paths.py. */
TEST(fibonacci_has_the_points_of_OpenScan3)
{
	static const struct {
		uint32_t points;
		double window[4];
		size_t i;
		double theta;
		double phi;
	} rows[] = {
		{ 130, { 12, 125, 0, 360 }, 0, 125, 0 },
		{ 130, { 12, 125, 0, 360 }, 1, 124.162890073836,
		  222.492235949962 },
		{ 130, { 12, 125, 0, 360 }, 2, 123.333999997686,
		  84.984471899924 },
		{ 130, { 12, 125, 0, 360 }, 64, 78.681009913559,
		  199.503100797579 },
		{ 130, { 12, 125, 0, 360 }, 129, 12, 261.498437545121 },
		{ 50, { 20, 120, 300, 60 }, 0, 120, 300 },
		{ 50, { 20, 120, 300, 60 }, 1, 118.074453364230,
		  14.164078649987 },
		{ 50, { 20, 120, 300, 60 }, 25, 76.435664880364,
		  354.101966249685 },
		{ 50, { 20, 120, 300, 60 }, 49, 20, 334.039853849382 },
		{ 12, { 90, 90, 0, 360 }, 7, 90, 117.445651649735 },
		{ 1, { 12, 125, 0, 360 }, 0, 78.329354425730, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct path path = make((struct path_request){
			.method = PATH_FIBONACCI,
			.points = rows[i].points,
			.min_theta = rows[i].window[0],
			.max_theta = rows[i].window[1],
			.min_phi = rows[i].window[2],
			.max_phi = rows[i].window[3],
		});

		ck_assert_uint_eq(path.count, rows[i].points);
		ck_assert_double_eq_tol(path.points[rows[i].i].theta_deg,
					rows[i].theta, 1e-9);
		ck_assert_double_eq_tol(path.points[rows[i].i].phi_deg,
					rows[i].phi, 1e-9);
		must_be_within(&path, rows[i].window[0], rows[i].window[1],
			       rows[i].window[2], rows[i].window[3]);
		ck_assert_double_eq(path.radius_mm, 1);
		path_free(&path);
	}
}

TEST(a_grid_has_the_same_phis_on_every_ring_and_both_ends)
{
	struct path path = make((struct path_request){
		.method = PATH_GRID, .points = 12, .rings = 3,
		.min_theta = 30, .max_theta = 90, .min_phi = 10, .max_phi = 100,
	});

	for (size_t i = 0; i < 12; i++) {
		ck_assert_double_eq_tol(path.points[i].theta_deg,
					30 + 30 * (i / 4), 1e-9);
		ck_assert_double_eq_tol(path.points[i].phi_deg,
					10 + 30 * (i % 4), 1e-9);
	}
	path_free(&path);
	/* A whole turn does not come back to its first point. */
	path = make((struct path_request){
		.method = PATH_GRID, .points = 8, .rings = 2,
		.min_theta = 80, .max_theta = 100, .max_phi = 360,
	});
	ck_assert_double_eq_tol(path.points[3].phi_deg, 270, 1e-9);
	ck_assert_uint_eq(path.identical, 0);
	path_free(&path);
}

TEST(rings_are_circles_of_the_turntable_with_points_evenly)
{
	struct path_request request = PATH_REQUEST_DEFAULT;
	struct path path;

	request.method = PATH_RINGS;
	for (uint32_t points = 1; points <= 400; points += 19) {
		request.points = points;
		path = make(request);
		ck_assert_uint_eq(path.count, points);
		must_be_within(&path, 12, 125, 0, 360);
		ck_assert_uint_eq(path.identical, 0);
		if (points > 50)
			MUST(evenness(&path) > 0.6, "%u: %g", points,
			     evenness(&path));
		path_free(&path);
	}
	request = (struct path_request){
		.method = PATH_RINGS, .points = 20, .min_theta = 75,
		.max_theta = 75, .max_phi = 360,
	};
	path = make(request);
	for (size_t i = 0; i < 20; i++) {
		ck_assert_double_eq(path.points[i].theta_deg, 75);
		ck_assert_double_eq_tol(path.points[i].phi_deg, 18.0 * i,
					1e-9);
	}
	path_free(&path);
}

TEST(rings_reach_the_poles_with_one_point_each)
{
	struct path path = make((struct path_request){
		.method = PATH_RINGS, .points = 30, .rings = 5,
		.max_theta = 180, .max_phi = 360,
	});

	ck_assert_uint_eq(path.count, 30);
	ck_assert_double_eq(path.points[0].theta_deg, 0);
	ck_assert_double_eq(path.points[1].theta_deg, 45);
	ck_assert_double_eq(path.points[28].theta_deg, 135);
	ck_assert_double_eq(path.points[29].theta_deg, 180);
	path_free(&path);
}

TEST(a_spiral_goes_around_evenly)
{
	struct path_request request = PATH_REQUEST_DEFAULT;
	struct path path;

	request.method = PATH_SPIRAL;
	for (uint32_t points = 1; points <= 400; points += 57) {
		request.points = points;
		path = make(request);
		ck_assert_uint_eq(path.count, points);
		must_be_within(&path, 12, 125, 0, 360);
		if (points > 50)
			MUST(evenness(&path) > 0.6, "%u: %g", points,
			     evenness(&path));
		path_free(&path);
	}
	/* Of a part of a turn it goes to and fro, and never jumps. */
	request = (struct path_request){
		.method = PATH_SPIRAL, .points = 101, .rings = 4,
		.min_theta = 60, .max_theta = 100, .min_phi = 350,
		.max_phi = 30,
	};
	path = make(request);
	must_be_within(&path, 60, 100, 350, 30);
	ck_assert_double_eq_tol(path.points[0].phi_deg, 350, 1e-9);
	for (size_t i = 1; i < path.count; i++)
		MUST(apart(&path.points[i - 1], &path.points[i]) < 3);
	path_free(&path);
}

TEST(without_rings_each_method_spreads_points_evenly)
{
	struct path_request request = PATH_REQUEST_DEFAULT;
	struct path path;

	request.points = 132;
	request.min_theta = 60;
	for (request.method = PATH_FIBONACCI; request.method <= PATH_RINGS;
	     request.method++) {
		path = make(request);
		MUST(evenness(&path) > 0.6, "%u: %g", request.method,
		     evenness(&path));
		path_free(&path);
	}
}

TEST(identical_points_are_kept_and_counted)
{
	struct path path = make((struct path_request){
		.method = PATH_FIBONACCI, .points = 9, .min_theta = 90,
		.max_theta = 90, .min_phi = 45, .max_phi = 45,
	});

	ck_assert_uint_eq(path.count, 9);
	ck_assert_uint_eq(path.identical, 8);
	path_free(&path);
	path = make((struct path_request){
		.method = PATH_SPIRAL, .points = 20, .rings = 2,
		.min_theta = 90, .max_theta = 90, .max_phi = 360,
	});
	ck_assert_uint_eq(path.identical, 10);
	path_free(&path);
}

TEST(what_cannot_be_is_refused_in_a_sentence)
{
	static const struct path_request good = PATH_REQUEST_DEFAULT;
	struct path_request request;
	struct path path;

#define REFUSED(code, word, ...)					\
	do {								\
		request = good;						\
		__VA_ARGS__;						\
		ck_assert_int_eq(path_make(&request, &path, said), -1);	\
		ck_assert_int_eq(errno, code);				\
		ck_assert_msg(strstr(said, word), "%s", said);		\
		ck_assert_ptr_null(path.points);			\
	} while (0)
	REFUSED(EINVAL, "methods", request.method = 0);
	REFUSED(EINVAL, "methods", request.method = 6);
	REFUSED(EINVAL, "100000 points, found 0", request.points = 0);
	REFUSED(EINVAL, "found 100001", request.points = 100001);
	REFUSED(EINVAL, "min_theta", request.min_theta = -1);
	REFUSED(EINVAL, "min_theta", request.max_theta = 181);
	REFUSED(EINVAL, "found 126 and 125", request.min_theta = 126);
	REFUSED(EINVAL, "min_theta", request.min_theta = NAN);
	REFUSED(EINVAL, "min_theta", request.max_theta = NAN);
	REFUSED(EINVAL, "min_phi", request.min_phi = -1);
	REFUSED(EINVAL, "min_phi", request.max_phi = 361);
	REFUSED(EINVAL, "min_phi", request.max_phi = NAN);
	REFUSED(EINVAL, "radius", request.radius_mm = -1);
	REFUSED(EINVAL, "radius", request.radius_mm = NAN);
	REFUSED(EINVAL, "radius", request.radius_mm = INFINITY);
	REFUSED(EINVAL, "131 rings and 130 points", request.rings = 131,
		request.method = PATH_RINGS);
	REFUSED(EINVAL, "take 126 points", request.rings = 7,
		request.method = PATH_GRID);
	REFUSED(EINVAL, "1 by 131; take 132 points", request.points = 131,
		request.method = PATH_GRID);
	REFUSED(EINVAL, "a file", request.method = PATH_LIST);
	REFUSED(ENOENT, "No such file", request.method = PATH_LIST,
		request.file = "/nowhere/list");
	REFUSED(EINVAL, "regular", request.method = PATH_LIST,
		request.file = "/dev/zero");
	REFUSED(EINVAL, "regular", request.method = PATH_LIST,
		request.file = "/tmp");
#undef REFUSED
}

TEST(methods_have_names)
{
	for (int method = PATH_FIBONACCI; method <= PATH_LIST; method++)
		ck_assert_int_eq(path_method_of(path_method_name(method)),
				 method);
	ck_assert_ptr_null(path_method_name(0));
	ck_assert_ptr_null(path_method_name(PATH_LIST + 1));
	ck_assert_int_eq(path_method_of("archimedes"), -1);
	ck_assert_int_eq(path_method_of(""), -1);
}

/* ---- lists ---- */

static const char *put(const char *text, size_t size)
{
	static char file[] = "/tmp/test_path.XXXXXX";
	int fd;

	strcpy(strchr(file, '.') + 1, "XXXXXX");
	fd = mkstemp(file);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, size), size);
	close(fd);
	return file;
}

static int list(const char *text, struct path *path)
{
	struct path_request request = {
		.method = PATH_LIST, .file = put(text, strlen(text)),
	};
	int result = path_make(&request, path, said), error = errno;

	unlink(request.file);
	errno = error;
	return result;
}

/* Both of: 30 and 40, 50 and 350. */
static void good_list(const char *text)
{
	struct path path;

	ck_assert_msg(!list(text, &path), "%s: %s", text, said);
	ck_assert_msg(path.count == 2, "%s: %zu", text, path.count);
	ck_assert_double_eq(path.points[0].theta_deg, 30);
	ck_assert_double_eq(path.points[0].phi_deg, 40);
	ck_assert_uint_eq(path.points[1].original, 1);
	ck_assert_double_eq(path.points[1].theta_deg, 50);
	ck_assert_double_eq(path.points[1].phi_deg, 350);
	path_free(&path);
}

static void bad_list(const char *text, const char *word)
{
	struct path path;

	ck_assert_msg(list(text, &path) == -1, "taken: %s", text);
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert_msg(strstr(said, word), "%s: \"%s\"", text, said);
	ck_assert_ptr_null(path.points);
}

#define OPENSCAN(execution, original, theta, fi)			\
	"{\"execution_step\": " #execution ", \"original_step\": " #original \
	", \"polar\": {\"theta\": " #theta ", \"fi\": " #fi ", \"r\": 1.0}}"

TEST(a_list_is_read_however_it_was_written)
{
	good_list("30,40\n50,350\n");
	good_list("theta,phi\n30,40\n50,350");
	good_list("\357\273\277Theta,Fi\r\n30.0,40\r\n\r\n5e1,350\r\n");
	good_list("# of mine\n n ,\"phi\", theta\n1, 40 ,30\n2,\"350\",50\n");
	good_list("[[30, 40], [50.0, 350]]");
	good_list("\n [{\"theta\": 30, \"phi\": 40},"
		  "{\"theta\": 50, \"fi\": 350, \"note\": \"x\"}]");
	good_list("{\"points\": [" OPENSCAN(0, 7, 50.0, 350) ","
		  OPENSCAN(1, 2, 30.0, 40) "]}");
}

TEST(a_list_that_is_wrong_is_told_with_its_line)
{
	char *text = malloc(2000000);

	bad_list("", "found none");
	bad_list("# nothing\n\n", "found none");
	bad_list("theta,phi\n", "found none");
	bad_list("theta,x\n1,2\n", "one column \"theta\"");
	bad_list("phi,fi,theta\n1,2,3\n", "one column \"theta\"");
	bad_list("theta,phi,theta\n1,2,3\n", "one column \"theta\"");
	bad_list("30,40\n50\n", "line 2: wanted 2 columns");
	bad_list("30,40\n50,x\n", "line 2: wanted a number for phi, found \"x\"");
	bad_list("30,40\n,1\n", "number for theta, found \"\"");
	bad_list("30;40\n", "found \"30;40\"");
	bad_list("30,40\n181,0\n", "line 2: wanted a theta of 0 to 180");
	bad_list("30,40\nnan,0\n", "theta");
	bad_list("-1,0\n", "theta");
	bad_list("30,inf\n", "phi");
	bad_list("30,3601\n", "phi");
	bad_list("[", "line 1: wanted JSON");
	bad_list("[]", "found 0");
	bad_list("{}", "points");
	bad_list("[1]", "point 0");
	bad_list("[[1]]", "point 0");
	bad_list("[[1, 2], [1, 2, 3]]", "point 1");
	bad_list("[[1, \"2\"]]", "number for phi, found \"2\"");
	bad_list("[[null, 2]]", "number for theta, found null");
	bad_list("[{\"theta\": 3}]", "number for phi, found none");
	bad_list("[{\"theta\": 3, \"phi\": 1, \"fi\": 1}]", "either");
	bad_list("[{\"theta\": 3, \"theta\": 1, \"fi\": 1}]", "duplicate");
	bad_list("[[200, 2]]", "theta");
	bad_list("[[1, 1e300]]", "phi");

	ck_assert_ptr_nonnull(text);
	*text = '\0';
	for (size_t i = 0, used = 0; i <= PATH_POINTS_MAX; i++)
		used += sprintf(text + used, "90,%zu\n", i % 360);
	bad_list(text, "at most 100000 points");
	free(text);
}

TEST(a_byte_of_zero_in_a_list_hides_nothing)
{
	struct path_request request = {
		.method = PATH_LIST, .file = put("30,4\0 5\n", 8),
	};
	struct path path;

	ck_assert_int_eq(path_make(&request, &path, said), -1);
	ck_assert_msg(strstr(said, "\"4? 5\""), "%s", said);
	unlink(request.file);
	/* Nothing but them, in a time that does not grow with its square. */
	request.file = put("", 0);
	ck_assert_int_eq(truncate(request.file, 16 << 20), 0);
	ck_assert_int_eq(path_make(&request, &path, said), -1);
	ck_assert_msg(strstr(said, "found \"????"), "%s", said);
	unlink(request.file);
}

TEST(a_list_is_kept_with_angles_beyond_a_turn_and_twice_the_same)
{
	struct path path;

	ck_assert_int_eq(list("90,-20\n90,340\n90,700\n", &path), 0);
	ck_assert_uint_eq(path.count, 3);
	ck_assert_uint_eq(path.identical, 2);
	ck_assert_double_eq(path.points[0].phi_deg, -20);
	path_free(&path);
}

TEST(a_file_that_is_too_large_is_not_read)
{
	struct path_request request = { .method = PATH_LIST };
	struct path path;

	request.file = put("", 0);
	ck_assert_int_eq(truncate(request.file, 65 << 20), 0);
	ck_assert_int_eq(path_make(&request, &path, said), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(path_load(&path, request.file, said), -1);
	ck_assert_int_eq(errno, EFBIG);
	unlink(request.file);
}

/* ---- path.json ---- */

TEST(a_saved_path_is_what_OpenScan3_writes_and_comes_back)
{
	struct path_request request = PATH_REQUEST_DEFAULT;
	const char *file = put("old", 3);
	struct path path, back;
	json_t *root, *point;

	request.radius_mm = 250;
	path = make(request);
	path.points[0] = path.points[64];
	path.points[64] = (struct path_point){ 0, 125, 0 };
	ck_assert_int_eq(path_save(&path, file, "a \"b\" \xc3\xbc", 3), 0);
	root = json_load_file(file, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(root,
			 "project_name")), "a \"b\" \xc3\xbc");
	ck_assert_int_eq(json_integer_value(json_object_get(root,
			 "scan_index")), 3);
	/* As Python's datetime.isoformat(). */
	ck_assert_uint_eq(strlen(json_string_value(json_object_get(root,
			  "generated"))), strlen("2026-04-29T10:20:30.123456"));
	point = json_array_get(json_object_get(root, "points"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(point,
			 "execution_step")), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(point,
			 "original_step")), 64);
	ck_assert_double_eq_tol(json_number_value(json_object_get(
				json_object_get(point, "polar"), "fi")),
				199.503100797579, 1e-9);
	/* r sin(theta) cos(fi) and so on, worked out by hand. */
	point = json_object_get(point, "cartesian");
	ck_assert_double_eq_tol(json_number_value(json_object_get(point, "x")),
				-231.07227, 1e-4);
	ck_assert_double_eq_tol(json_number_value(json_object_get(point, "y")),
				-81.84106, 1e-4);
	ck_assert_double_eq_tol(json_number_value(json_object_get(point, "z")),
				49.06779, 1e-4);
	json_decref(root);

	ck_assert_msg(!path_load(&back, file, said), "%s", said);
	ck_assert_uint_eq(back.count, path.count);
	ck_assert_double_eq(back.radius_mm, 250);
	ck_assert(isnan(back.seconds) && isnan(back.unordered_seconds));
	for (size_t i = 0; i < path.count; i++) {
		ck_assert_uint_eq(back.points[i].original,
				  path.points[i].original);
		ck_assert_double_eq_tol(back.points[i].theta_deg,
					path.points[i].theta_deg, 1e-12);
		ck_assert_double_eq_tol(back.points[i].phi_deg,
					path.points[i].phi_deg, 1e-12);
	}
	path_free(&back);
	path_free(&path);
	unlink(file);
}

TEST(a_path_that_cannot_be_saved_leaves_the_old_one)
{
	struct path path = make((struct path_request){
		.method = PATH_RINGS, .points = 3, .max_phi = 360 });

	ck_assert_int_eq(path_save(&path, "/nowhere/path.json", "x", 1), -1);
	ck_assert_int_eq(errno, ENOENT);
	path_free(&path);
}

#define POINT(change)							\
	"{\"project_name\": \"a\", \"scan_index\": 1, \"points\": [{"	\
	"\"execution_step\": 0, \"original_step\": 1, \"polar\": "	\
	"{\"theta\": 90.0, \"fi\": 0, \"r\": 2.0}, \"cartesian\": "	\
	"{\"x\": 2.0, \"y\": 0.0, \"z\": 0.0}}, {" change "}]}"

static int load(const char *text)
{
	struct path path;
	const char *file = put(text, strlen(text));
	int result = path_load(&path, file, said), error = errno;

	unlink(file);
	if (!result)
		path_free(&path);
	else
		ck_assert_ptr_null(path.points);
	errno = error;
	return result;
}

TEST(a_path_with_any_field_wrong_is_refused)
{
	static const char good[] = POINT("\"execution_step\": 1, "
		"\"original_step\": 0, \"polar\": {\"theta\": 90.0, "
		"\"fi\": 90.0, \"r\": 2.0}, \"cartesian\": {\"x\": 0.0, "
		"\"y\": 2.0, \"z\": 0.0}");
	static const struct {
		const char *from;
		const char *to;
		const char *word;
	} rows[] = {
		{ "\"points\"", "\"point\"", "a list \"points\"" },
		{ "\"execution_step\": 1", "\"execution_step\": 2",
		  "points[1]: wanted a number for execution_step" },
		{ "\"execution_step\": 1", "\"execution_step\": \"1\"",
		  "execution_step" },
		{ "\"execution_step\": 1", "\"execution_step\": 1.0",
		  "execution_step" },
		{ "\"execution_step\": 1,", "", "execution_step" },
		{ "\"execution_step\": 1",
		  "\"execution_step\": 1, \"execution_step\": 1", "duplicate" },
		{ "\"original_step\": 0", "\"original_step\": 1", "1 twice" },
		{ "\"original_step\": 0", "\"original_step\": -1",
		  "original_step" },
		{ "\"original_step\": 0", "\"original_step\": 100000",
		  "found 100000" },
		{ "\"original_step\": 0", "\"original_step\": 1e1",
		  "original_step" },
		{ "\"original_step\": 0", "\"original_step\": 99999999999999999999",
		  "integer" },
		{ "\"polar\": {\"theta\": 90.0, \"fi\": 90.0, \"r\": 2.0}",
		  "\"polar\": 3", "polar" },
		{ "\"fi\": 90.0", "\"fi\": null", "number for phi, found null" },
		{ "\"fi\": 90.0", "\"fi\": 1e9", "phi of -3600 to 3600" },
		{ "\"fi\": 90.0", "\"phi\": 90.0", "number for phi" },
		{ "\"theta\": 90.0, \"fi\": 90.0",
		  "\"theta\": -0.1, \"fi\": 90.0", "theta of 0 to 180" },
		{ "\"theta\": 90.0, \"fi\": 90.0",
		  "\"theta\": [], \"fi\": 90.0", "theta, found []" },
		{ "90.0, \"r\": 2.0", "90.0, \"r\": 0", "r above 0" },
		{ "90.0, \"r\": 2.0", "90.0, \"r\": 3.0", "same r" },
		{ "90.0, \"r\": 2.0", "90.0", "r above 0, found none" },
		{ "\"y\": 2.0", "\"y\": 2.1", "wanted y to be 2 by its angles" },
		{ "\"y\": 2.0", "\"y\": true", "number for y" },
		{ "\"y\": 2.0,", "", "number for y, found none" },
		{ "{\"x\": 0.0, \"y\": 2.0, \"z\": 0.0}", "7", "number for x" },
	};
	char text[sizeof(good) + 128];
	const char *at;

	ck_assert_msg(!load(good), "%s", said);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		at = strstr(good, rows[i].from);
		ck_assert_ptr_nonnull(at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good,
			 rows[i].to, at + strlen(rows[i].from));
		ck_assert_msg(load(text) == -1, "taken: %s", text);
		ck_assert_int_eq(errno, EBADMSG);
		ck_assert_msg(strstr(said, rows[i].word), "%s: \"%s\"",
			      rows[i].to, said);
	}
	/* Cut anywhere it is no JSON, and a byte in place of another none. */
	for (size_t length = 0; length < sizeof(good) - 1; length += 7) {
		snprintf(text, sizeof(text), "%.*s", (int)length, good);
		ck_assert_int_eq(load(text), -1);
	}
	ck_assert_int_eq(load("{\"points\": []}"), -1);
	ck_assert_int_eq(load("[]"), -1);
	ck_assert_int_eq(load("\"points\""), -1);
	ck_assert_int_eq(load("null"), -1);
}
