// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/writer/photo.c userspace/writer/photo-facts.c
 *	userspace/writer/photo-exif.c userspace/writer/photo-jpeg.c
 *	userspace/writer/photo-png.c userspace/writer/photo-tiff.c
 *	userspace/writer/photo-shrink.c userspace/writer/photo-h5.c
 *	userspace/writer/durable.c userspace/writer/utc.c
 *	userspace/writer/h5.c userspace/writer/space.c
 *	userspace/writer/compress.c -lhdf5_serial -ljansson -ljpeg -ltiff
 *	-lpng -lexif -llz4 -ldeflate -lm -pthread
 */
/*
 * Photos as files, read again by exiftool, libraw and the formats' own
 * libraries; and what a full disk or a crash leaves of them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <png.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <tiffio.h>
#include <unistd.h>

#include "camera.h"
#include "durable.h"
#include "photo-h5.h"
#include "photo.h"
#include "unit.h"

#define WIDTH 64
#define HEIGHT 48
#define PIXELS (WIDTH * HEIGHT)

static char folder[64];
static uint8_t bytes[PIXELS * 3];
static uint8_t raw[PIXELS * 2];

static const struct photo_info known = {
	.name = "scan01_007_fs02",
	.camera_make = "Maker",
	.camera_model = "Model 64",
	.program = "oscan 0.1.0",
	.exposure_ns = 12500000,
	.gain = 2.5,
	.focal_length_mm = 4.28,
	.pixel_um = 1.22,
	.lens_dpt = 8,
	.red_gain = 2,
	.blue_gain = 1.6,
	.orientation = 8,
	.utc_ns = 1790000000123456789,	/* 2026-09-21T14:13:20 */
	.has_pose = true,
	.theta_deg = 57.25,
	.phi_deg = 123.5,
	.theta_sigma_deg = 0.0042,
	.phi_sigma_deg = 0.056,
};

static uint16_t raw_sample(size_t n)
{
	return 64 + (37 * n + n / 5) % 900;
}

static void fixture(void)
{
	strcpy(folder, "/tmp/oscan-photo-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	for (size_t n = 0; n < PIXELS; n++) {
		for (size_t c = 0; c < 3; c++)
			bytes[3 * n + c] = 40 * c + n % WIDTH + n / WIDTH;
		raw[2 * n] = raw_sample(n) & 0xff;
		raw[2 * n + 1] = raw_sample(n) >> 8;
	}
}

static void cleanup(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static struct photo_pixels rgb(void)
{
	return (struct photo_pixels) {
		WIDTH, HEIGHT, CAMERA_FORMAT_RGB8,
		.data = bytes, .size = 3 * PIXELS,
	};
}

static struct photo_pixels grey(void)
{
	return (struct photo_pixels) {
		WIDTH, HEIGHT, CAMERA_FORMAT_GREY8,
		.data = bytes, .size = PIXELS,
	};
}

static struct photo_pixels bayer(void)
{
	return (struct photo_pixels) {
		WIDTH, HEIGHT, CAMERA_FORMAT_BAYER16,
		.bayer = CAMERA_BAYER_GBRG, .bayer_bits = 10,
		.bayer_black = 64, .data = raw, .size = 2 * PIXELS,
	};
}

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void save(const char *name, enum photo_format format,
		 struct photo_pixels pixels, const struct photo_info *info)
{
	const char *path = path_of(name);
	struct stat st;
	uint64_t size;

	ck_assert_msg(!photo_save(path, format, 90, &pixels, info, &size),
		      "%s: %s", name, strerror(errno));
	ck_assert_int_eq(stat(path, &st), 0);
	if (format != PHOTO_RAW && format != PHOTO_HDF5)
		ck_assert_uint_eq(size, st.st_size);
}

static json_t *run(const char *format, ...)
{
	char command[512];
	va_list list;
	json_t *told;
	FILE *out;

	va_start(list, format);
	vsnprintf(command, sizeof(command), format, list);
	va_end(list);
	out = popen(command, "r");
	told = json_loadf(out, JSON_DECODE_ANY, NULL);
	ck_assert_msg(!pclose(out) && told, "%s", command);
	return told;
}

static void tells_number(json_t *file, const char *tag, double want)
{
	const char *name = json_string_value(json_object_get(file,
							     "SourceFile"));
	json_t *value = json_object_get(file, tag);

	ck_assert_msg(json_is_number(value) && fabs(json_number_value(value) -
						    want) <= 1e-6 * want,
		      "%s: %s is %f", name, tag, json_number_value(value));
}

static void tells_text(json_t *file, const char *tag, const char *want)
{
	const char *name = json_string_value(json_object_get(file,
							     "SourceFile"));
	const char *text = json_string_value(json_object_get(file, tag));

	ck_assert_msg(text && !strcmp(text, want), "%s: %s is %s", name, tag,
		      text);
}

static void tells_all(json_t *file)
{
	tells_text(file, "Make", "Maker");
	tells_text(file, "Model", "Model 64");
	tells_text(file, "Software", "oscan 0.1.0");
	tells_text(file, "ImageDescription", "scan01_007_fs02");
	tells_text(file, "DateTimeOriginal", "2026:09:21 14:13:20");
	tells_number(file, "SubSecTimeOriginal", 123456);
	tells_text(file, "OffsetTimeOriginal", "+00:00");
	tells_number(file, "ExposureTime", 0.0125);
	tells_number(file, "ISO", 250);
	tells_number(file, "FocalLength", 4.28);
	tells_number(file, "SubjectDistance", 0.125);
	tells_number(file, "FocalPlaneXResolution", 1e4 / 1.22);
	tells_number(file, "FocalPlaneYResolution", 1e4 / 1.22);
	tells_number(file, "FocalPlaneResolutionUnit", 3);
	tells_number(file, "Orientation", 8);
	tells_text(file, "UserComment",
		   "theta 57.25000 deg +- 0.0042, phi 123.50000 deg +- 0.056");
	tells_number(file, "ImageWidth", WIDTH);
	tells_number(file, "ImageHeight", HEIGHT);
}

static void tells_dng(json_t *file)
{
	tells_text(file, "DNGVersion", "1 4 0 0");
	tells_text(file, "CFAPattern2", "1 2 0 1");
	tells_number(file, "BlackLevel", 64);
	tells_number(file, "WhiteLevel", 1023);
	tells_text(file, "AsShotNeutral", "0.5 1 0.625");
	tells_text(file, "UniqueCameraModel", "Model 64");
}

/* Each kind by the only program that knows all of them. */
TEST(exiftool_finds_what_is_known_in_every_kind_of_file)
{
	json_t *told, *file;
	size_t n;

	fixture();
	save("a.jpg", PHOTO_JPEG, rgb(), &known);
	save("b.jpg", PHOTO_JPEG, grey(), &known);
	save("a.tiff", PHOTO_TIFF, rgb(), &known);
	save("b.tiff", PHOTO_TIFF, bayer(), &known);
	save("a.png", PHOTO_PNG, rgb(), &known);
	save("b.png", PHOTO_PNG, bayer(), &known);
	save("a.dng", PHOTO_DNG, bayer(), &known);
	told = run("exiftool -j -n %s", folder);
	ck_assert_uint_eq(json_array_size(told), 7);
	json_array_foreach(told, n, file) {
		tells_all(file);
		if (strstr(json_string_value(json_object_get(file,
							     "SourceFile")),
			   ".dng"))
			tells_dng(file);
	}
	json_decref(told);
	cleanup();
}

TEST(of_what_is_not_known_nothing_is_told)
{
	static const char *const tags[] = {
		"Make", "Model", "DateTimeOriginal", "ExposureTime", "ISO",
		"FocalLength", "SubjectDistance", "FocalPlaneXResolution",
		"UserComment", "ImageDescription", "DateTime", "ModifyDate",
	};
	json_t *told, *file;
	size_t n;

	fixture();
	save("a.jpg", PHOTO_JPEG, rgb(), NULL);
	save("a.tiff", PHOTO_TIFF, rgb(), NULL);
	save("a.png", PHOTO_PNG, rgb(), NULL);
	save("a.dng", PHOTO_DNG, bayer(), NULL);
	told = run("exiftool -j -n %s", folder);
	ck_assert_uint_eq(json_array_size(told), 4);
	json_array_foreach(told, n, file) {
		for (size_t k = 0; k < sizeof(tags) / sizeof(*tags); k++)
			ck_assert_msg(!json_object_get(file, tags[k]), "%s",
				      tags[k]);
		tells_number(file, "Orientation", 1);
	}
	json_decref(told);
	cleanup();
}

static void check_tiff(const char *name, struct photo_pixels pixels)
{
	const size_t row = pixels.size / HEIGHT;
	uint8_t got[3 * WIDTH];
	TIFF *tiff;

	save(name, PHOTO_TIFF, pixels, &known);
	tiff = TIFFOpen(path_of(name), "r");
	ck_assert_ptr_nonnull(tiff);
	ck_assert_int_eq(TIFFScanlineSize(tiff), row);
	for (uint32_t y = 0; y < HEIGHT; y++) {
		ck_assert_int_eq(TIFFReadScanline(tiff, got, y, 0), 1);
		ck_assert_mem_eq(got, (uint8_t *)pixels.data + y * row, row);
	}
	ck_assert_int_eq(TIFFReadScanline(tiff, got, HEIGHT, 0), -1);
	TIFFClose(tiff);
}

static void check_png(const char *name, struct photo_pixels pixels,
		      uint32_t format)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	uint8_t got[3 * PIXELS];

	save(name, PHOTO_PNG, pixels, &known);
	ck_assert_int_ne(png_image_begin_read_from_file(&png, path_of(name)),
			 0);
	ck_assert_uint_eq(png.width, WIDTH);
	ck_assert_uint_eq(png.height, HEIGHT);
	ck_assert_uint_eq(png.format, format);
	ck_assert_int_ne(png_image_finish_read(&png, NULL, got, 0, NULL), 0);
	ck_assert_mem_eq(got, pixels.data, pixels.size);
}

/* libpng's simple reading has 16 bits only with a gamma that there is not. */
static void check_wide_png(void)
{
	FILE *file;
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL,
						 NULL, NULL);
	png_infop info = png_create_info_struct(png);
	png_bytepp rows;

	save("wide.png", PHOTO_PNG, bayer(), &known);
	file = fopen(path_of("wide.png"), "r");
	png_init_io(png, file);
	png_read_png(png, info, PNG_TRANSFORM_SWAP_ENDIAN, NULL);
	ck_assert_uint_eq(png_get_bit_depth(png, info), 16);
	rows = png_get_rows(png, info);
	for (uint32_t y = 0; y < HEIGHT; y++)
		ck_assert_mem_eq(rows[y], raw + 2 * WIDTH * y, 2 * WIDTH);
	png_destroy_read_struct(&png, &info, NULL);
	fclose(file);
}

TEST(pixels_come_back_from_tiff_and_png)
{
	fixture();
	check_tiff("rgb.tiff", rgb());
	check_tiff("grey.tiff", grey());
	check_tiff("raw.tiff", bayer());
	check_png("rgb.png", rgb(), PNG_FORMAT_RGB);
	check_png("grey.png", grey(), PNG_FORMAT_GRAY);
	check_wide_png();
	cleanup();
}

static size_t file_bytes(const char *name, uint8_t *to, size_t most)
{
	FILE *file = fopen(path_of(name), "r");
	size_t size;

	ck_assert_ptr_nonnull(file);
	size = fread(to, 1, most, file);
	fclose(file);
	return size;
}

TEST(a_jpeg_shows_the_picture_and_the_cameras_own_is_kept)
{
	static uint8_t first[65536], second[65536];
	struct photo_pixels own = { .format = CAMERA_FORMAT_JPEG,
				    .data = first };
	struct photo_pixels small;
	const uint8_t *got;

	fixture();
	save("a.jpg", PHOTO_JPEG, rgb(), &known);
	own.size = file_bytes("a.jpg", first, sizeof(first));
	ck_assert_int_eq(photo_shrink(&own, WIDTH, &small), 0);
	ck_assert_uint_eq(small.format, CAMERA_FORMAT_RGB8);
	ck_assert_uint_eq(small.size, 3 * PIXELS);
	got = small.data;
	for (size_t n = 0; n < small.size; n++)
		ck_assert_int_le(abs(got[n] - bytes[n]), 12);
	free((void *)small.data);
	save("b.jpg", PHOTO_JPEG, own, NULL);
	ck_assert_uint_eq(file_bytes("b.jpg", second, sizeof(second)),
			  own.size);
	ck_assert_mem_eq(first, second, own.size);
	cleanup();
}

/* unprocessed_raw writes the samples, big end first, behind a short head. */
TEST(libraw_opens_a_dng_and_finds_its_samples_and_colours)
{
	static uint8_t got[4 * PIXELS];
	char command[256];
	size_t size, head;

	fixture();
	save("a.dng", PHOTO_DNG, bayer(), &known);
	snprintf(command, sizeof(command),
		 "unprocessed_raw -q %s >/dev/null && raw-identify -v %s >%s/told",
		 path_of("a.dng"), path_of("a.dng"), folder);
	ck_assert_int_eq(system(command), 0);
	size = file_bytes("a.dng.pgm", got, sizeof(got));
	ck_assert_uint_gt(size, 2 * PIXELS);
	head = size - 2 * PIXELS;
	for (size_t n = 0; n < PIXELS; n++)
		MUST((got[head + 2 * n] << 8 | got[head + 2 * n + 1]) ==
		     raw_sample(n), "sample %zu", n);
	got[file_bytes("told", got, sizeof(got) - 1)] = '\0';
	ck_assert_ptr_nonnull(strstr((char *)got, "Filter pattern: GBRGGBRG"));
	ck_assert_ptr_nonnull(strstr((char *)got, "As shot                   2 1 1.6 0"));
	cleanup();
}

TEST(a_raw_file_holds_the_bytes_and_says_what_they_are)
{
	static uint8_t got[4 * PIXELS];
	const char *path;
	json_t *shape;

	fixture();
	save("a.raw", PHOTO_RAW, bayer(), &known);
	ck_assert_uint_eq(file_bytes("a.raw", got, sizeof(got)), sizeof(raw));
	ck_assert_mem_eq(got, raw, sizeof(raw));
	path = path_of("a.raw.json");
	shape = json_load_file(path, 0, NULL);
	ck_assert_ptr_nonnull(shape);
	tells_text(shape, "pixels", "bayer16");
	tells_text(shape, "bayer", "GBRG");
	tells_text(shape, "utc", "2026-09-21T14:13:20.123456Z");
	tells_number(shape, "width", WIDTH);
	tells_number(shape, "height", HEIGHT);
	tells_number(shape, "bits", 10);
	tells_number(shape, "black", 64);
	json_decref(shape);
	cleanup();
}

static void refuses(enum photo_format format, int quality,
		    struct photo_pixels pixels, struct photo_info info)
{
	DIR *dir;

	errno = 0;
	ck_assert_int_eq(photo_save(path_of("x"), format, quality, &pixels,
				    &info, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	dir = opendir(folder);
	for (struct dirent *entry; (entry = readdir(dir));)
		ck_assert_int_eq(entry->d_name[0], '.');
	closedir(dir);
}

#define WITH(function, field, value) ({					\
	__typeof__(function()) changed = function();			\
									\
	changed.field = (value);					\
	changed;							\
})

static struct photo_info info(void)
{
	return known;
}

TEST(what_cannot_be_is_refused_and_nothing_is_written)
{
	static uint8_t no_jpeg[100];

	fixture();
	refuses(0, 90, rgb(), known);
	refuses(PHOTO_PNG + 1, 90, rgb(), known);
	refuses(PHOTO_JPEG, 0, rgb(), known);
	refuses(PHOTO_JPEG, 101, rgb(), known);
	refuses(PHOTO_JPEG, 90, bayer(), known);
	refuses(PHOTO_DNG, 90, rgb(), known);
	refuses(PHOTO_TIFF, 90, WITH(rgb, format, CAMERA_FORMAT_JPEG), known);
	refuses(PHOTO_JPEG, 90, WITH(rgb, format, 0), known);
	refuses(PHOTO_JPEG, 90, WITH(rgb, format, 77), known);
	refuses(PHOTO_JPEG, 90, WITH(rgb, width, 0), known);
	refuses(PHOTO_JPEG, 90, WITH(rgb, height, 0), known);
	refuses(PHOTO_JPEG, 90, WITH(rgb, width, UINT32_MAX), known);
	refuses(PHOTO_JPEG, 90, WITH(rgb, size, 3 * PIXELS - 1), known);
	refuses(PHOTO_RAW, 90, WITH(rgb, size, 3 * PIXELS + 1), known);
	refuses(PHOTO_DNG, 90, WITH(bayer, bayer, 0), known);
	refuses(PHOTO_DNG, 90, WITH(bayer, bayer, 5), known);
	refuses(PHOTO_DNG, 90, WITH(bayer, bayer_bits, 7), known);
	refuses(PHOTO_DNG, 90, WITH(bayer, bayer_bits, 17), known);
	refuses(PHOTO_DNG, 90, WITH(bayer, bayer_black, 1024), known);
	refuses(PHOTO_TIFF, 90, rgb(), WITH(info, orientation, 9));
	refuses(PHOTO_TIFF, 90, rgb(), WITH(info, gain, NAN));
	refuses(PHOTO_TIFF, 90, rgb(), WITH(info, gain, -1));
	refuses(PHOTO_TIFF, 90, rgb(), WITH(info, red_gain, INFINITY));
	refuses(PHOTO_TIFF, 90, rgb(), WITH(info, focal_length_mm, NAN));
	refuses(PHOTO_TIFF, 90, rgb(), WITH(info, pixel_um, -1));
	refuses(PHOTO_TIFF, 90, rgb(), WITH(info, theta_deg, NAN));
	refuses(PHOTO_JPEG, 90, (struct photo_pixels) {
		.format = CAMERA_FORMAT_JPEG, .data = no_jpeg,
		.size = sizeof(no_jpeg) }, known);
	cleanup();
}

/* Nothing that is known can make a file that cannot be read. */
TEST(extremes_are_written_and_read)
{
	struct photo_info most = known;
	static char name[5000];
	json_t *told;

	memset(name, 'n', sizeof(name) - 1);
	most.name = name;
	most.exposure_ns = UINT64_MAX;
	most.gain = 1e300;
	most.focal_length_mm = 1e300;
	most.pixel_um = 1e-300;
	most.lens_dpt = 0;
	most.utc_ns = INT64_MAX;
	most.theta_sigma_deg = NAN;
	most.phi_deg = -1e300;
	fixture();
	save("a.jpg", PHOTO_JPEG, rgb(), &most);
	save("a.tiff", PHOTO_TIFF, rgb(), &most);
	save("a.png", PHOTO_PNG, rgb(), &most);
	save("a.h5", PHOTO_HDF5, rgb(), &most);
	told = run("exiftool -j -n -ISO -validate -warning %s/a.*[gf]",
		   folder);
	ck_assert_uint_eq(json_array_size(told), 3);
	for (size_t n = 0; n < 3; n++) {
		tells_number(json_array_get(told, n), "ISO", 65535);
		tells_text(json_array_get(told, n), "Validate", "0 0 0");
	}
	json_decref(told);
	cleanup();
}

static void find_parts(int want)
{
	DIR *dir = opendir(folder);
	int parts = 0;

	for (struct dirent *entry; (entry = readdir(dir));)
		parts += strstr(entry->d_name, ".part") != NULL;
	closedir(dir);
	ck_assert_int_eq(parts, want);
}

TEST(a_full_disk_says_so_and_the_old_photo_stays)
{
	static const enum photo_format formats[] = {
		PHOTO_JPEG, PHOTO_TIFF, PHOTO_DNG, PHOTO_RAW, PHOTO_PNG,
	};
	static uint8_t before[4 * PIXELS], after[4 * PIXELS];
	const struct rlimit tiny = { 100, RLIM_INFINITY };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	const int full = open("/dev/full", O_RDWR);
	int failed, error;
	size_t size;

	fixture();
	save("old", PHOTO_JPEG, rgb(), &known);
	size = file_bytes("old", before, sizeof(before));
	signal(SIGXFSZ, SIG_IGN);
	for (size_t n = 0; n < sizeof(formats) / sizeof(*formats); n++) {
		const struct photo_pixels pixels =
			formats[n] == PHOTO_DNG ? bayer() : rgb();

		ck_assert_int_eq(photo_write(full, formats[n], 90, &pixels,
					     &known), -1);
		ck_assert_msg(errno == ENOSPC, "%s: %s",
			      photo_format_name(formats[n]), strerror(errno));
		/* Of check's own files too. */
		setrlimit(RLIMIT_FSIZE, &tiny);
		failed = photo_save(path_of("old"), formats[n], 90, &pixels,
				    &known, NULL);
		error = errno;
		setrlimit(RLIMIT_FSIZE, &none);
		ck_assert_int_eq(failed, -1);
		ck_assert_msg(error == EFBIG, "%s: %s",
			      photo_format_name(formats[n]), strerror(error));
	}
	ck_assert_uint_eq(file_bytes("old", after, sizeof(after)), size);
	ck_assert_mem_eq(before, after, size);
	find_parts(0);
	close(full);
	cleanup();
}

static void check_h5(const char *name, const char *names)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "/usr/bin/python3 %s/tests/unit/photo-h5.py %s %s",
		 getenv("OSCAN_TOP"), path_of(name), names);
	ck_assert_int_eq(system(command), 0);
}

static void add(const char *name, struct photo_pixels pixels,
		const char *photo)
{
	struct photo_info with = known;
	uint64_t more;

	with.name = photo;
	with.theta_deg = strlen(photo);
	ck_assert_msg(!photo_save(path_of(name), PHOTO_HDF5, 0, &pixels, &with,
				  &more), "%s", strerror(errno));
}

TEST(h5py_finds_every_photo_and_its_pose)
{
	struct photo_pixels other = WITH(grey, width, WIDTH / 2);

	fixture();
	add("rgb.h5", rgb(), "a");
	add("rgb.h5", rgb(), "bb");
	add("rgb.h5", rgb(), "ccc");
	/* Taken again, after a crash. */
	add("rgb.h5", rgb(), "bb");
	check_h5("rgb.h5", "rgb a bb ccc");
	add("raw.h5", bayer(), "a");
	check_h5("raw.h5", "raw a");
	other.size /= 2;
	ck_assert_int_eq(photo_save(path_of("rgb.h5"), PHOTO_HDF5, 0, &other,
				    &known, NULL), -1);
	ck_assert_int_eq(errno, EEXIST);
	save("no.h5", PHOTO_JPEG, rgb(), &known);
	ck_assert_int_eq(photo_save(path_of("no.h5"), PHOTO_HDF5, 0, &other,
				    &known, NULL), -1);
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert_int_eq(photo_h5_mend(path_of("no.h5")), -1);
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert_int_eq(photo_h5_mend(path_of("none.h5")), 0);
	find_parts(0);
	cleanup();
}

/*
 * Kills: these take the place of libc's, for the libraries too. The process
 * dies before its last but @calls_left call.
 */
static int calls_left = -1;
static unsigned long calls, written;

static void count_call(void)
{
	calls++;
	if (calls_left >= 0 && calls_left-- == 0)
		raise(SIGKILL);
}

static bool is_full;

int fallocate(int fd, int mode, off_t offset, off_t length)
{
	if (!is_full)
		return syscall(SYS_fallocate, fd, mode, offset, length);
	errno = ENOSPC;
	return -1;
}

ssize_t write(int fd, const void *data, size_t size)
{
	count_call();
	return syscall(SYS_write, fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	count_call();
	written += size;
	return syscall(SYS_pwrite64, fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
	__attribute__((alias("pwrite64")));

int fsync(int fd)
{
	count_call();
	return syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	count_call();
	return syscall(SYS_rename, from, to);
}

/* Return: whether it was killed, before call number @calls */
static bool killed_at(int calls, void (*work)(void))
{
	pid_t child = fork();
	int status;

	if (!child) {
		calls_left = calls;
		work();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status)) {
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
		return true;
	}
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	return false;
}

static void replace_photo(void)
{
	save("a.jpg", PHOTO_JPEG, rgb(), &known);
}

TEST(a_killed_program_leaves_the_old_photo_or_the_new_one)
{
	static uint8_t old[65536], new[65536], now[65536];
	size_t old_size, new_size, size;
	int calls = 0;

	fixture();
	save("a.jpg", PHOTO_JPEG, rgb(), &known);
	new_size = file_bytes("a.jpg", new, sizeof(new));
	save("a.jpg", PHOTO_JPEG, grey(), &known);
	old_size = file_bytes("a.jpg", old, sizeof(old));
	ck_assert_uint_ne(old_size, new_size);
	for (; killed_at(calls, replace_photo); calls++) {
		size = file_bytes("a.jpg", now, sizeof(now));
		ck_assert_uint_eq(size, calls < 3 ? old_size : new_size);
		ck_assert_mem_eq(now, calls < 3 ? old : new, size);
		ck_assert_int_eq(durable_clean(folder), calls < 3);
		find_parts(0);
	}
	/* write, fsync, rename, fsync of the folder */
	ck_assert_int_eq(calls, 4);
	cleanup();
}

static void add_photo(void)
{
	add("a.h5", rgb(), "ccc");
}

static void copy_first(void)
{
	char command[256];

	snprintf(command, sizeof(command), "cp %s/first.h5 %s/a.h5", folder,
		 folder);
	ck_assert_int_eq(system(command), 0);
}

TEST(a_killed_program_leaves_every_photo_before_in_hdf5)
{
	char names[128];
	int calls = 0;

	fixture();
	add("first.h5", rgb(), "a");
	add("first.h5", rgb(), "bb");
	for (copy_first(); killed_at(calls, add_photo); calls++) {
		ck_assert_int_eq(photo_h5_mend(path_of("a.h5")), 0);
		/* It goes on, and the photo is there once. */
		add("a.h5", rgb(), "ccc");
		add("a.h5", rgb(), "dddd");
		snprintf(names, sizeof(names), "%s/%03d.h5", folder, calls);
		ck_assert_int_eq(syscall(SYS_rename, path_of("a.h5"), names),
				 0);
		copy_first();
	}
	ck_assert_int_gt(calls, 10);
	snprintf(names, sizeof(names), "rgb a bb ccc dddd");
	unlink(path_of("first.h5"));
	unlink(path_of("a.h5"));
	check_h5("*.h5", names);
	cleanup();
}

TEST(in_hdf5_the_hundredth_photo_costs_what_the_tenth_did)
{
	unsigned long calls_of[101], written_of[101];
	struct photo_pixels tiny = WITH(grey, height, 1);
	char name[24];

	tiny.size = WIDTH;
	fixture();
	for (int n = 0; n <= 100; n++) {
		snprintf(name, sizeof(name), "scan01_%03d", n);
		calls = 0;
		written = 0;
		add("a.h5", tiny, name);
		calls_of[n] = calls;
		written_of[n] = written;
	}
	ck_assert_uint_le(calls_of[100], calls_of[10] + 4);
	ck_assert_uint_le(written_of[100], written_of[10] + 4096);
	cleanup();
}

TEST(a_full_disk_takes_nothing_from_hdf5)
{
	const struct photo_pixels pixels = rgb();

	fixture();
	add("a.h5", rgb(), "a");
	is_full = true;
	ck_assert_int_eq(photo_save(path_of("a.h5"), PHOTO_HDF5, 0, &pixels,
				    &known, NULL), -1);
	ck_assert_int_eq(errno, ENOSPC);
	is_full = false;
	add("a.h5", rgb(), "bb");
	check_h5("a.h5", "rgb a bb");
	cleanup();
}

static void shrinks(uint32_t width, uint32_t height, uint32_t most,
		    uint32_t to_width, uint32_t to_height)
{
	uint8_t *data = malloc(width * height);
	const struct photo_pixels large = {
		width, height, CAMERA_FORMAT_GREY8,
		.data = data, .size = width * height,
	};
	struct photo_pixels small;

	memset(data, 90, width * height);
	ck_assert_int_eq(photo_shrink(&large, most, &small), 0);
	ck_assert_uint_eq(small.width, to_width);
	ck_assert_uint_eq(small.height, to_height);
	ck_assert_uint_eq(small.size, to_width * to_height);
	for (size_t n = 0; n < small.size; n++)
		MUST(((uint8_t *)small.data)[n] == 90, "pixel %zu", n);
	free((void *)small.data);
	free(data);
}

TEST(a_small_picture_keeps_its_shape_and_its_means)
{
	static const uint8_t four[] = { 10, 20, 31, 40 };
	const struct photo_pixels pixels = {
		2, 2, CAMERA_FORMAT_GREY8, .data = four, .size = 4,
	};
	struct photo_pixels small, wide;

	shrinks(640, 480, 512, 512, 384);
	shrinks(480, 640, 512, 384, 512);
	shrinks(100, 50, 512, 100, 50);
	shrinks(1000, 1, 10, 10, 1);
	shrinks(1, 1, 1, 1, 1);
	ck_assert_int_eq(photo_shrink(&pixels, 1, &small), 0);
	ck_assert_uint_eq(*(uint8_t *)small.data, 25);
	free((void *)small.data);
	fixture();
	wide = bayer();
	ck_assert_int_eq(photo_shrink(&wide, WIDTH, &small), 0);
	ck_assert_uint_eq(*(uint8_t *)small.data, raw_sample(0) >> 2);
	free((void *)small.data);
	ck_assert_int_eq(photo_shrink(&wide, 0, &small), -1);
	ck_assert_int_eq(errno, EINVAL);
	cleanup();
}

TEST(a_torn_jpeg_is_no_crash)
{
	static uint8_t data[65536];
	struct photo_pixels torn = { .format = CAMERA_FORMAT_JPEG,
				     .data = data }, small;
	size_t size;

	fixture();
	save("a.jpg", PHOTO_JPEG, rgb(), &known);
	size = file_bytes("a.jpg", data, sizeof(data));
	for (torn.size = 2; torn.size < size; torn.size += 7) {
		if (!photo_shrink(&torn, 16, &small))
			free((void *)small.data);
		else
			ck_assert_int_eq(errno, EINVAL);
	}
	for (size_t at = 0; at < size; at += 5) {
		data[at] ^= 0x55;
		torn.size = size;
		if (!photo_shrink(&torn, 16, &small))
			free((void *)small.data);
		data[at] ^= 0x55;
	}
	cleanup();
}
