// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/writer/export-scan.c userspace/writer/export-pose.c
 *	userspace/writer/export-text.c userspace/writer/export-model.c
 *	userspace/writer/export-zip.c userspace/writer/export-size.c
 *	userspace/writer/durable.c userspace/camera/scene.c
 *	-ljansson -ljpeg -lpng -ltiff -larchive -lm -Wl,--wrap=read
 */
/*
 * Exported poses against the object that is known: what COLMAP's and NeRF's
 * formulas make of them must be where scene.h says, and where the dots are in
 * the image as it was stored.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <jpeglib.h>
#include <math.h>
#include <png.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "camera.h"
#include "export.h"
#include "scene.h"
#include "unit.h"

#define WIDTH 640
#define HEIGHT 480
#define PHOTOS 12

static char said[EXPORT_ERROR_LEN];
static char folder[] = "/tmp/test_export.XXXXXX";
static uint8_t upright[HEIGHT][WIDTH], stored[WIDTH * HEIGHT];
static struct scene_pose poses[PHOTOS];
static const uint32_t orientations[] = { 1, 3, 6, 8 };

/* ---- a scan ---- */

static int remove_one(const char *path, const struct stat *about, int kind,
		      struct FTW *where)
{
	(void)about;
	(void)kind;
	(void)where;
	return remove(path);
}

static void end(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *in_folder(const char *name)
{
	static char paths[4][256];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

/* Which pixel of the upright image is at a place of the stored one. EXIF:
 * row 0 is at the visual 1 top, 3 bottom, 6 right, 8 left; column 0 at the 1
 * left, 3 right, 6 top, 8 bottom.
 */
static void to_upright(uint32_t orientation, double column, double row,
		       double *x, double *y)
{
	switch (orientation) {
	case 1:
		*x = column;
		*y = row;
		break;
	case 3:
		*x = WIDTH - 1 - column;
		*y = HEIGHT - 1 - row;
		break;
	case 6:
		*x = WIDTH - 1 - row;
		*y = column;
		break;
	default:
		*x = row;
		*y = HEIGHT - 1 - column;
		break;
	}
}

static void stored_size(uint32_t orientation, int *width, int *height)
{
	*width = orientation > 4 ? HEIGHT : WIDTH;
	*height = orientation > 4 ? WIDTH : HEIGHT;
}

static void draw(struct scene *scene, size_t i)
{
	uint32_t orientation = orientations[i % 4];
	int width, height;
	double x, y;

	for (int row = 0; row < HEIGHT; row++)
		scene_row(scene, row, &poses[i], 1, 1, CAMERA_FORMAT_GREY8,
			  upright[row]);
	stored_size(orientation, &width, &height);
	for (int row = 0; row < height; row++)
		for (int column = 0; column < width; column++) {
			to_upright(orientation, column, row, &x, &y);
			stored[row * width + column] = upright[(int)y][(int)x];
		}
}

static void put_png(const char *path, int width, int height)
{
	png_image image = {
		.version = PNG_IMAGE_VERSION, .width = width,
		.height = height, .format = PNG_FORMAT_GRAY,
	};

	ck_assert(png_image_write_to_file(&image, path, 0, stored, 0, NULL));
}

static void put_jpeg(const char *path, int width, int height)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr error;
	JSAMPROW row = stored;
	FILE *out = fopen(path, "w");

	jpeg.err = jpeg_std_error(&error);
	jpeg_create_compress(&jpeg);
	jpeg_stdio_dest(&jpeg, out);
	jpeg.image_width = width;
	jpeg.image_height = height;
	jpeg.input_components = 1;
	jpeg.in_color_space = JCS_GRAYSCALE;
	jpeg_set_defaults(&jpeg);
	jpeg_start_compress(&jpeg, TRUE);
	while ((int)jpeg.next_scanline < height)
		jpeg_write_scanlines(&jpeg, &row, 1);
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	fclose(out);
}

static void put_text(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	fclose(out);
}

static json_t *metadata(size_t i)
{
	return json_pack("{s:{s:{s:f, s:f, s:i}}, s:{s:i, s:{s:f, s:f, s:f}}, s:{s:f, s:f, s:f, s:f}}",
			 "camera_metadata", "raw_metadata",
			 "focal_length_mm", 4.74, "pixel_um", 4740.0 /
			 scene_focal_px(WIDTH, HEIGHT),
			 "orientation", (int)orientations[i % 4],
			 "scan_metadata", "step", (int)i, "polar_coordinates",
			 "theta", poses[i].rotor_deg + 1, "fi",
			 poses[i].turntable_deg - 1, "r", SCENE_DISTANCE,
			 "measured", "theta", poses[i].rotor_deg, "fi",
			 poses[i].turntable_deg, "theta_sigma", 0.004,
			 "fi_sigma", 0.03);
}

static void put_metadata(size_t i, json_t *value)
{
	char name[64];

	snprintf(name, sizeof(name), "scan01/metadata/scan01_%03zu.json", i);
	ck_assert(!json_dump_file(value, in_folder(name), 0));
	json_decref(value);
}

/* With pictures, or with small black ones. Return: scan.json */
static json_t *begin(bool seen)
{
	struct scene *scene = seen ? scene_new(WIDTH, HEIGHT) : NULL;
	json_t *photos = json_array();
	int width, height;
	char name[64];

	strcpy(strchr(folder, '.') + 1, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert(!mkdir(in_folder("scan01"), 0777));
	ck_assert(!mkdir(in_folder("scan01/metadata"), 0777));
	for (size_t i = 0; i < PHOTOS; i++) {
		poses[i] = (struct scene_pose){
			.turntable_deg = 67.3 * i,
			.rotor_deg = 20 + 75.0 * i / PHOTOS,
		};
		width = 4;
		height = 3;
		if (seen) {
			draw(scene, i);
			stored_size(orientations[i % 4], &width, &height);
		}
		snprintf(name, sizeof(name), "scan01_%03zu.png", i);
		json_array_append_new(photos, json_string(name));
		snprintf(name, sizeof(name), "scan01/scan01_%03zu.png", i);
		put_png(in_folder(name), width, height);
		put_metadata(i, metadata(i));
	}
	scene_free(scene);
	return json_pack("{s:o}", "photos", photos);
}

static struct export_scan open_scan(const json_t *scan)
{
	struct export_scan out;

	ck_assert_msg(!export_open(in_folder("scan01"), scan, 0, false, &out,
				   said), "%s", said);
	return out;
}

/* ---- what is seen ---- */

/**
 * struct pinhole - a camera, as an exported file tells it
 * @turn: world to camera: right, down, forward
 * @shift: world to camera
 */
struct pinhole {
	double turn[3][3];
	double shift[3];
	double focal[2];
	double middle[2];
	char file[512];
};

/* Where it sees a point; whole numbers are middles of pixels. */
static void see(const struct pinhole *camera, const double point[3],
		double *column, double *row)
{
	double at[3];

	for (int i = 0; i < 3; i++)
		at[i] = camera->turn[i][0] * point[0] +
			camera->turn[i][1] * point[1] +
			camera->turn[i][2] * point[2] + camera->shift[i];
	*column = camera->focal[0] * at[0] / at[2] + camera->middle[0] - 0.5;
	*row = camera->focal[1] * at[1] / at[2] + camera->middle[1] - 0.5;
}

static bool faces(const struct scene_pose *pose, const double point[3])
{
	double a = pose->turntable_deg * M_PI / 180;
	double t = pose->rotor_deg * M_PI / 180;
	double near = point[0] * cos(a) - point[1] * sin(a);

	if (hypot(point[0], point[1]) < SCENE_RADIUS - 1)
		return cos(t) > 0.4;
	if (hypot(point[0], point[1]) > SCENE_RADIUS + 1)
		return cos(t) > 0.7 && near > 0;
	return near / SCENE_RADIUS * sin(t) > 0.6;
}

#define REACH 12

/* What is bright and hangs together with the middle, by its light. */
static double gather(const uint8_t *at, int width, int column, int row,
		     double least, bool seen[2 * REACH + 1][2 * REACH + 1],
		     double *x, double *y)
{
	double light = at[row * width + column] - least, sum;

	if (abs(column) > REACH || abs(row) > REACH || light <= 0 ||
	    seen[row + REACH][column + REACH])
		return 0;
	seen[row + REACH][column + REACH] = true;
	*x += light * column;
	*y += light * row;
	sum = light;
	sum += gather(at, width, column + 1, row, least, seen, x, y);
	sum += gather(at, width, column - 1, row, least, seen, x, y);
	sum += gather(at, width, column, row + 1, least, seen, x, y);
	sum += gather(at, width, column, row - 1, least, seen, x, y);
	return sum;
}

/* Middle of the white dot around a place; a dark ring sets it apart. */
static bool find_dot(const uint8_t *pixels, int width, int height,
		     double *column, double *row)
{
	bool seen[2 * REACH + 1][2 * REACH + 1] = { { false } };
	int c = lrint(*column), r = lrint(*row);
	const uint8_t *at = pixels + r * width + c;
	double x = 0, y = 0, sum;

	if (c < REACH + 2 || c >= width - REACH - 2 || r < REACH + 2 ||
	    r >= height - REACH - 2)
		return false;
	sum = gather(at, width, 0, 0, *at / 2.0, seen, &x, &y);
	ck_assert_double_gt(sum, 0);
	*column = c + x / sum;
	*row = r + y / sum;
	return true;
}

static uint8_t *read_png(const char *file, int *width, int *height)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	uint8_t *pixels;

	ck_assert(png_image_begin_read_from_file(&image, file));
	image.format = PNG_FORMAT_GRAY;
	pixels = malloc(PNG_IMAGE_SIZE(image));
	ck_assert(png_image_finish_read(&image, NULL, pixels, 0, NULL));
	*width = image.width;
	*height = image.height;
	return pixels;
}

/* Return: number of dots that were found in the image */
static unsigned int check_camera(const struct pinhole *camera, size_t i)
{
	double point[3], column, row, x, y, want[2], found[2];
	unsigned int dots = 0;
	int width, height;
	uint8_t *pixels = read_png(camera->file, &width, &height);

	for (size_t dot = 0; scene_point(dot, point); dot++) {
		bool seen = scene_project(WIDTH, HEIGHT, &poses[i], point,
					  &want[0], &want[1]);

		see(camera, point, &column, &row);
		to_upright(orientations[i % 4], column, row, &x, &y);
		MUST(hypot(x - want[0], y - want[1]) < 1e-4,
		     "photo %zu, dot %zu at %.5f, %.5f and not %.5f, %.5f", i,
		     dot, x, y, want[0], want[1]);
		found[0] = column;
		found[1] = row;
		if (!seen || !faces(&poses[i], point) ||
		    !find_dot(pixels, width, height, &found[0], &found[1]))
			continue;
		MUST(hypot(found[0] - column, found[1] - row) < 0.5,
		     "photo %zu, dot %zu is at %.2f, %.2f and not %.2f, %.2f",
		     i, dot, found[0], found[1], column, row);
		dots++;
	}
	free(pixels);
	return dots;
}

/* ---- the files ---- */

/* As COLMAP's documentation has it: Hamilton's quaternion, world to camera. */
static void from_quaternion(const double q[4], double turn[3][3])
{
	double w = q[0], x = q[1], y = q[2], z = q[3];
	const double rows[3][3] = {
		{ 1 - 2 * (y * y + z * z), 2 * (x * y - w * z),
		  2 * (x * z + w * y) },
		{ 2 * (x * y + w * z), 1 - 2 * (x * x + z * z),
		  2 * (y * z - w * x) },
		{ 2 * (x * z - w * y), 2 * (y * z + w * x),
		  1 - 2 * (x * x + y * y) },
	};

	memcpy(turn, rows, sizeof(rows));
}

/* Of the camera with this number. */
static void read_intrinsics(const char *file, unsigned int wanted,
			    struct pinhole *camera)
{
	FILE *in = fopen(file, "r");
	unsigned int number = 0, width, height;
	char line[512];
	int fields;

	ck_assert_ptr_nonnull(in);
	while (fgets(line, sizeof(line), in)) {
		if (*line == '#')
			continue;
		fields = sscanf(line, "%u PINHOLE %u %u %lf %lf %lf %lf",
				&number, &width, &height, &camera->focal[0],
				&camera->focal[1], &camera->middle[0],
				&camera->middle[1]);
		ck_assert_int_eq(fields, 7);
		if (number == wanted)
			break;
	}
	ck_assert_uint_eq(number, wanted);
	fclose(in);
}

TEST(a_colmap_model_reprojects_the_dots_to_where_they_are)
{
	json_t *json = begin(true);
	struct export_scan scan = open_scan(json);
	struct pinhole camera;
	unsigned int number, camera_number, dots = 0, photos = 0;
	char line[512], name[128];
	int fields;
	double q[4];
	FILE *in;

	ck_assert_msg(!export_colmap(&scan, in_folder("sparse"), said), "%s",
		      said);
	in = fopen(in_folder("sparse/images.txt"), "r");
	while (fgets(line, sizeof(line), in)) {
		if (*line == '#')
			continue;
		fields = sscanf(line, "%u %lf %lf %lf %lf %lf %lf %lf %u %127s",
				&number, &q[0], &q[1], &q[2], &q[3],
				&camera.shift[0], &camera.shift[1],
				&camera.shift[2], &camera_number, name);
		ck_assert_int_eq(fields, 10);
		ck_assert_uint_eq(number, photos + 1);
		ck_assert(q[0] >= 0);
		from_quaternion(q, camera.turn);
		read_intrinsics(in_folder("sparse/cameras.txt"),
				camera_number, &camera);
		snprintf(camera.file, sizeof(camera.file), "%s/%s",
			 in_folder("scan01"), name);
		dots += check_camera(&camera, photos++);
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), in));
		ck_assert_str_eq(line, "\n");
	}
	fclose(in);
	ck_assert_uint_eq(photos, PHOTOS);
	ck_assert_uint_gt(dots, 40);
	ck_assert(!access(in_folder("sparse/points3D.txt"), R_OK));
	/* What is there stays. */
	ck_assert_int_eq(export_colmap(&scan, in_folder("sparse"), said), -1);
	ck_assert_int_eq(errno, EEXIST);
	export_close(&scan);
	json_decref(json);
	end();
}

static double number(const json_t *object, const char *name)
{
	ck_assert(json_is_number(json_object_get(object, name)));
	return json_number_value(json_object_get(object, name));
}

/* Camera to world with y up and z backward. */
static void from_frame(const json_t *frame, struct pinhole *camera)
{
	const double signs[] = { 1, -1, -1 };
	const json_t *rows = json_object_get(frame, "transform_matrix");
	double matrix[4][4];

	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++)
			matrix[i][j] = json_number_value(json_array_get(
					json_array_get(rows, i), j));
	ck_assert(matrix[3][0] == 0 && matrix[3][3] == 1);
	for (int i = 0; i < 3; i++) {
		camera->shift[i] = 0;
		for (int j = 0; j < 3; j++) {
			camera->turn[i][j] = signs[i] * matrix[j][i];
			camera->shift[i] -= signs[i] * matrix[j][i] *
					    matrix[j][3];
		}
	}
	camera->focal[0] = number(frame, "fl_x");
	camera->focal[1] = number(frame, "fl_y");
	camera->middle[0] = number(frame, "cx");
	camera->middle[1] = number(frame, "cy");
}

TEST(transforms_reproject_the_dots_to_where_they_are)
{
	static const char *const files[] = {
		"transforms.json", "scan01/transforms.json",
	};
	json_t *json = begin(true), *root, *frame;
	struct export_scan scan = open_scan(json);
	struct pinhole camera;
	const char *file;
	size_t i;

	for (int beside = 0; beside < 2; beside++) {
		ck_assert_msg(!export_transforms(&scan,
				in_folder(files[beside]), said), "%s", said);
		root = json_load_file(in_folder(files[beside]), 0, NULL);
		ck_assert_uint_eq(json_array_size(json_object_get(root,
				  "frames")), PHOTOS);
		json_array_foreach(json_object_get(root, "frames"), i, frame) {
			file = json_string_value(json_object_get(frame,
						 "file_path"));
			ck_assert(beside == (*file != '/'));
			snprintf(camera.file, sizeof(camera.file), "%s%s",
				 beside ? in_folder("scan01/") : "", file);
			from_frame(frame, &camera);
			check_camera(&camera, i);
			ck_assert_double_eq_tol(tan(number(frame,
				"camera_angle_x") / 2) * 2 *
				camera.focal[0], number(frame, "w"), 1e-6);
		}
		json_decref(root);
	}
	export_close(&scan);
	json_decref(json);
	end();
}

TEST(the_table_tells_each_pose_and_where_it_is_from)
{
	json_t *json = begin(false), *value;
	struct export_scan scan;
	double theta, phi, x, y, z;
	char line[512];
	int fields;
	FILE *in;

	value = metadata(1);
	json_object_set_new(value, "measured", json_null());
	put_metadata(1, value);
	scan = open_scan(json);
	ck_assert_uint_eq(scan.commanded, 1);
	ck_assert(!export_csv(&scan, in_folder("poses.csv"), said));
	in = fopen(in_folder("poses.csv"), "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), in));
	ck_assert_str_eq(line, "file,original,theta,phi,theta_sigma,phi_sigma,source,x,y,z\n");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), in));
	fields = sscanf(line, "scan01_000.png,0,%lf,%lf,0.004,0.03,measured,%lf,%lf,%lf",
			&theta, &phi, &x, &y, &z);
	ck_assert_int_eq(fields, 5);
	ck_assert_double_eq(theta, 20);
	ck_assert_double_eq_tol(x, 250 * sin(20 * M_PI / 180), 1e-5);
	ck_assert_double_eq_tol(z, 250 * cos(20 * M_PI / 180), 1e-5);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), in));
	fields = sscanf(line, "scan01_001.png,1,%lf,%lf,,,commanded,%lf,%lf,%lf",
			&theta, &phi, &x, &y, &z);
	ck_assert_int_eq(fields, 5);
	ck_assert_double_eq_tol(theta, poses[1].rotor_deg + 1, 1e-8);
	ck_assert_double_eq_tol(phi, poses[1].turntable_deg - 1, 1e-8);
	ck_assert_double_lt(y, 0);
	fclose(in);
	ck_assert_int_eq(export_csv(&scan, in_folder("poses.csv"), said), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(export_csv(&scan, in_folder("none/poses.csv"), said),
			 -1);
	ck_assert_int_eq(errno, ENOENT);
	export_close(&scan);
	/* The other way round. */
	ck_assert(!export_open(in_folder("scan01"), json, 0, true, &scan,
			       said));
	ck_assert_double_eq(scan.photos[2].phi_deg, -poses[2].turntable_deg);
	export_close(&scan);
	json_decref(json);
	end();
}

TEST(a_photo_that_cannot_be_described_is_left_out_and_counted)
{
	json_t *json = begin(false), *value;
	json_t *photos = json_object_get(json, "photos");
	struct export_scan scan;

#define CHANGE(i, path, name, to)					\
	do {								\
		value = metadata(i);					\
		json_object_set_new(path, name, to);			\
		put_metadata(i, value);					\
	} while (0)
#define RAW json_object_get(json_object_get(value, "camera_metadata"),	\
			    "raw_metadata")
#define POLAR json_object_get(json_object_get(value, "scan_metadata"),	\
			      "polar_coordinates")
	unlink(in_folder("scan01/metadata/scan01_000.json"));
	put_text(in_folder("scan01/metadata/scan01_001.json"), "{");
	put_text(in_folder("scan01/scan01_002.png"), "no picture");
	unlink(in_folder("scan01/scan01_003.png"));
	CHANGE(4, RAW, "orientation", json_integer(5));
	CHANGE(5, POLAR, "r", json_string("far"));
	CHANGE(6, POLAR, "r", json_integer(0));
	CHANGE(7, value, "scan_metadata", json_array());
	json_array_append_new(photos, json_string("../../etc/x.png"));
	json_array_append_new(photos, json_string("/etc/x.png"));
	json_array_append_new(photos, json_string("scan01_001.dng"));
	json_array_append_new(photos, json_string(""));
	json_array_append_new(photos, json_integer(3));
	json_array_append_new(photos, json_string("stacked/stacked_x.jpg"));
	scan = open_scan(json);
	ck_assert_uint_eq(scan.count, 4);
	ck_assert_uint_eq(scan.left_out, 13);
	ck_assert_str_eq(scan.why,
			 "scan01_000.png has no metadata that can be read");
	ck_assert_str_eq(scan.photos[0].file, "scan01_008.png");
	export_close(&scan);

	CHANGE(8, RAW, "pixel_um", json_null());
	scan = open_scan(json);
	ck_assert_int_eq(export_colmap(&scan, in_folder("sparse"), said), -1);
	ck_assert_int_eq(errno, ENODATA);
	ck_assert_ptr_nonnull(strstr(said, "focal length of scan01_008.png"));
	ck_assert_int_eq(access(in_folder("sparse"), F_OK), -1);
	ck_assert_int_eq(export_transforms(&scan, in_folder("t.json"), said),
			 -1);
	export_close(&scan);
	ck_assert(!export_open(in_folder("scan01"), json, 1234, false, &scan,
			       said));
	ck_assert_double_eq(scan.photos[0].focal_px, 1234);
	ck_assert_double_eq_tol(scan.photos[1].focal_px, 960, 1e-9);
	export_close(&scan);

	json_array_clear(photos);
	ck_assert_int_eq(export_open(in_folder("scan01"), json, 0, false,
				     &scan, said), -1);
	ck_assert_int_eq(errno, ENODATA);
	ck_assert_int_eq(export_open(in_folder("none"), json, 0, false, &scan,
				     said), -1);
	ck_assert_int_eq(errno, ENOENT);
	json_object_clear(json);
	ck_assert_int_eq(export_open(in_folder("scan01"), json, 0, false,
				     &scan, said), -1);
	ck_assert_int_eq(errno, EBADMSG);
	json_decref(json);
	end();
}

TEST(a_merged_focus_stack_stands_for_its_frames)
{
	json_t *json = begin(true);
	json_t *photos = json_object_get(json, "photos");
	struct export_scan scan;

	for (int i = 0; i < 3; i++) {
		char name[64], path[128];

		snprintf(name, sizeof(name), "scan01_%03d_fs%02d.png", i / 2,
			 i % 2);
		snprintf(path, sizeof(path), "scan01/%s", name);
		json_array_append_new(photos, json_string(name));
		ck_assert(!link(in_folder("scan01/scan01_000.png"),
				in_folder(path)));
		snprintf(path, sizeof(path), "scan01/metadata/%.*s.json",
			 (int)strlen(name) - 4, name);
		ck_assert(!link(in_folder("scan01/metadata/scan01_000.json"),
				in_folder(path)));
	}
	scan = open_scan(json);
	ck_assert_uint_eq(scan.count, PHOTOS + 3);
	export_close(&scan);
	/* It need not be of the same kind as its frames. */
	ck_assert(!mkdir(in_folder("scan01/stacked"), 0777));
	put_jpeg(in_folder("scan01/stacked/stacked_scan01_000.jpg"), 320, 240);
	scan = open_scan(json);
	ck_assert_uint_eq(scan.left_out, 0);
	ck_assert_uint_eq(scan.count, PHOTOS + 2);
	ck_assert_str_eq(scan.photos[PHOTOS + 1].file,
			 "stacked/stacked_scan01_000.jpg");
	ck_assert_uint_eq(scan.photos[PHOTOS + 1].width, 320);
	ck_assert_uint_eq(scan.photos[PHOTOS + 1].height, 240);
	ck_assert_double_eq(scan.photos[PHOTOS + 1].theta_deg, 20);
	export_close(&scan);
	json_decref(json);
	end();
}

TEST(each_merged_stack_of_a_bracket_stands_for_its_own_frames)
{
	json_t *json = begin(true);
	json_t *photos = json_object_get(json, "photos");
	struct export_scan scan;

	ck_assert(!mkdir(in_folder("scan01/stacked"), 0777));
	for (int i = 0; i < 4; i++) {
		char name[64], path[128];

		snprintf(name, sizeof(name), "scan01_000_fs%02d_ev%02d.png",
			 i / 2, i % 2);
		snprintf(path, sizeof(path), "scan01/%s", name);
		json_array_append_new(photos, json_string(name));
		ck_assert(!link(in_folder("scan01/scan01_000.png"),
				in_folder(path)));
		snprintf(path, sizeof(path), "scan01/metadata/%.*s.json",
			 (int)strlen(name) - 4, name);
		ck_assert(!link(in_folder("scan01/metadata/scan01_000.json"),
				in_folder(path)));
	}
	put_jpeg(in_folder("scan01/stacked/stacked_scan01_000_ev00.jpg"), 320,
		 240);
	put_jpeg(in_folder("scan01/stacked/stacked_scan01_000_ev01.jpg"), 320,
		 240);
	scan = open_scan(json);
	ck_assert_uint_eq(scan.count, PHOTOS + 2);
	ck_assert_str_eq(scan.photos[PHOTOS].file,
			 "stacked/stacked_scan01_000_ev00.jpg");
	ck_assert_str_eq(scan.photos[PHOTOS + 1].file,
			 "stacked/stacked_scan01_000_ev01.jpg");
	export_close(&scan);
	json_decref(json);
	end();
}

/* The disk's answer to the read of that number; 0: to none. */
static int bad_read;
static int reads;
static ssize_t bad_answer;

ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size)
{
	if (!bad_read || ++reads != bad_read)
		return __real_read(fd, data, size);
	errno = EIO;
	return bad_answer;
}

static int zip_to(int fd)
{
	size_t files;

	return export_zip_to(fd, "it", in_folder("scan01"), strlen(folder) + 1,
			     &files, said);
}

/* Return: exit status of @script. */
static int ask_python(const char *script, const char *arguments)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "python3 -I -c \"import sys, zipfile; %s\" %s", script,
		 arguments);
	return system(command);
}

/* By Python's own zipfile. */
static void check_zip(const char *file, size_t files)
{
	static const char script[] =
		"z = zipfile.ZipFile(sys.argv[1]);"
		"assert z.testzip() is None;"
		"assert len(z.namelist()) == int(sys.argv[2]), z.namelist();"
		"assert z.read('scan01/scan.json') == b'{1}';"
		"assert 'scan01/metadata/scan01_003.json' in z.namelist()";
	char arguments[300];

	snprintf(arguments, sizeof(arguments), "%s %zu", file, files);
	ck_assert_int_eq(ask_python(script, arguments), 0);
}

TEST(a_zip_has_every_file_but_what_is_being_written)
{
	json_t *json = begin(false);
	size_t files;

	put_text(in_folder("scan01/scan.json"), "{1}");
	put_text(in_folder("scan01/.scan.json.part"), "half");
	ck_assert(!symlink("/etc/passwd", in_folder("scan01/link")));
	ck_assert_msg(!export_zip(in_folder("scan01"), in_folder("x.zip"),
				  &files, said), "%s", said);
	ck_assert_uint_eq(files, 2 * PHOTOS + 1);
	check_zip(in_folder("x.zip"), files);
	ck_assert_int_eq(export_zip(in_folder("scan01"), in_folder("x.zip"),
				    &files, said), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(export_zip(in_folder("none"), in_folder("y.zip"),
				    &files, said), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(export_zip(in_folder("scan01"),
				    "/nowhere/below/y.zip", &files, said), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(access(in_folder("y.zip"), F_OK), -1);
	json_decref(json);
	end();
}

/* A file of 10 bytes of which 5 are there would have a good check sum. */
TEST(a_file_that_cannot_be_read_whole_makes_no_zip)
{
	static const ssize_t answers[] = { -1, 0 };
	json_t *json = begin(false);
	size_t files;
	int fd;

	for (size_t n = 0; n < 2; n++) {
		bad_answer = answers[n];
		bad_read = 3;
		reads = 0;
		ck_assert_int_eq(export_zip(in_folder("scan01"),
					    in_folder("x.zip"), &files, said),
				 -1);
		ck_assert_int_eq(errno, EIO);
		ck_assert_ptr_nonnull(strstr(said, "/scan01/"));
		ck_assert_int_eq(access(in_folder("x.zip"), F_OK), -1);
		fd = creat(in_folder("y.zip"), 0666);
		reads = 0;
		ck_assert_int_eq(zip_to(fd), -1);
		close(fd);
		bad_read = 0;
		ck_assert_int_eq(ask_python(
			"sys.exit(zipfile.is_zipfile(sys.argv[1]))",
			in_folder("y.zip")), 0);
	}
	json_decref(json);
	end();
}

TEST(names_in_a_zip_are_utf8)
{
	json_t *json = begin(false);
	int fd = creat(in_folder("x.zip"), 0666);

	put_text(in_folder("scan01/gr\u00fc\u00dfe.json"), "{}");
	ck_assert_msg(!zip_to(fd), "%s", said);
	close(fd);
	ck_assert_int_eq(ask_python(
		"z = zipfile.ZipFile(sys.argv[1]);"
		"z.getinfo('scan01/gr\\xfc\\xdfe.json')",
		in_folder("x.zip")), 0);
	json_decref(json);
	end();
}

TEST(a_zip_that_nobody_reads_any_more_ends)
{
	json_t *json = begin(false);
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(fds), 0);
	close(fds[0]);
	ck_assert_int_eq(zip_to(fds[1]), -1);
	ck_assert_int_eq(errno, EPIPE);
	close(fds[1]);
	json_decref(json);
	end();
}
