// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/writer/[cdhlnquvw]*.c userspace/writer/pack*.c userspace/writer/s[py]*.c userspace/writer/ste*.c */
/*
 * How fast frames get to the disk: through the writer, by plain write(2) of
 * the same bytes, and by deflate within HDF5's filter pipeline, which is how
 * the fly scan that oscan is to replace does it. Times are until fsync(2) has
 * returned, so the disk is in each of them; all in one run.
 *
 * OSCAN_BENCH_DIR: folder to write to, out/bench if not set
 * OSCAN_BENCH_MB: MB of pixels for each line, 120 if not set
 */
#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "writer.h"

#define PICTURES 4
#define MB 1e6

/* Of both ways, so that only the way differs. */
#define DEFLATE_LEVEL 1

static const struct size {
	uint32_t width;
	uint32_t height;
} sizes[] = { { 640, 480 }, { 1920, 1080 }, { 4656, 3496 } };

static char path[4096];
static uint8_t *pictures[PICTURES];
static uint32_t width, height;
static size_t bytes;
static unsigned int frames;

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* A bright round thing on a dark ground, and two bits of noise. */
static void draw(uint8_t *pixels, unsigned int n)
{
	uint32_t noise = n + 1;

	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			const double u = (double)x / width - 0.5;
			const double v = (double)y / height - 0.5;
			const double light = 200 - 600 * (u * u + v * v);

			noise = noise * 1664525 + 1013904223;
			*pixels++ = (light > 20 ? light : 20) +
				    (noise >> 30);
		}
	}
}

static void remove_files(void)
{
	writer_remove(path);
}

static void die(const char *what)
{
	perror(what);
	remove_files();
	exit(1);
}

static double by_write(void)
{
	const double begin = now_s();
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	for (unsigned int n = 0; n < frames; n++) {
		if (write(fd, pictures[n % PICTURES], bytes) !=
		    (ssize_t)bytes)
			die("write");
	}
	if (fsync(fd))
		die("fsync");
	close(fd);
	return now_s() - begin;
}

static double by_writer(enum writer_compression compression)
{
	const struct writer_config config = {
		.path = path, .width = width, .height = height,
		.bytes_per_pixel = 1, .queue_frames = 8,
		.compression = compression, .axis_name = "turntable",
		.axis_unit = "deg", .steps_per_unit = 1, .time_mark = "",
	};
	const double begin = now_s();
	struct writer *writer = writer_open(&config);

	if (!writer)
		die("writer_open");
	for (unsigned int n = 0; n < frames; n++) {
		const struct writer_frame frame = {
			.time_ns = n, .sequence = n, .status = 1,
		};

		if (writer_put(writer, pictures[n % PICTURES], &frame))
			die("writer_put");
	}
	if (writer_close(writer))
		die("writer_close");
	return now_s() - begin;
}

static hid_t make_dataset(hid_t file)
{
	const hsize_t dims[] = { 0, height, width };
	const hsize_t most[] = { H5S_UNLIMITED, height, width };
	const hsize_t chunk[] = { 1, height, width };
	hid_t space = H5Screate_simple(3, dims, most);
	hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
	hid_t dataset;

	H5Pset_chunk(plist, 3, chunk);
	H5Pset_deflate(plist, DEFLATE_LEVEL);
	dataset = H5Dcreate2(file, "data", H5T_NATIVE_UINT8, space,
			     H5P_DEFAULT, plist, H5P_DEFAULT);
	H5Pclose(plist);
	H5Sclose(space);
	return dataset;
}

static int append(hid_t dataset, hsize_t n, const void *pixels)
{
	const hsize_t dims[] = { n + 1, height, width };
	const hsize_t start[] = { n, 0, 0 }, count[] = { 1, height, width };
	hid_t space, memory = H5Screate_simple(3, count, NULL);
	herr_t ret;

	H5Dset_extent(dataset, dims);
	space = H5Dget_space(dataset);
	H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
	ret = H5Dwrite(dataset, H5T_NATIVE_UINT8, memory, space, H5P_DEFAULT,
		       pixels);
	H5Sclose(space);
	H5Sclose(memory);
	return ret < 0 ? -1 : 0;
}

static double by_pipeline(void)
{
	const double begin = now_s();
	hid_t file = H5Fcreate(path, H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT);
	hid_t dataset = make_dataset(file);
	int fd;

	for (unsigned int n = 0; n < frames; n++) {
		if (append(dataset, n, pictures[n % PICTURES]))
			die("H5Dwrite");
	}
	H5Dclose(dataset);
	H5Fclose(file);
	fd = open(path, O_RDONLY);
	if (fsync(fd))
		die("fsync");
	close(fd);
	return now_s() - begin;
}

static double file_mb(void)
{
	const int fd = open(path, O_RDONLY);
	const off_t size = lseek(fd, 0, SEEK_END);

	close(fd);
	return size / MB;
}

/* @raw: seconds of write(2), 0: this is it */
static void tell(const char *way, double seconds, double raw)
{
	printf("%4ux%-5u %-26s %9.1f %9.1f %8.2f %9.1f\n", width, height, way,
	       frames / seconds, frames * bytes / seconds / MB,
	       raw > 0 ? raw / seconds : 1, file_mb());
	fflush(stdout);
	remove_files();
}

static void compare(const struct size *size, double mb)
{
	static const enum writer_compression kinds[] = {
		WRITER_PLAIN, WRITER_LZ4, WRITER_BITSHUFFLE_LZ4,
		WRITER_DEFLATE,
	};
	char way[64];
	double raw;

	width = size->width;
	height = size->height;
	bytes = (size_t)width * height;
	frames = mb * MB / bytes + 1;
	for (int n = 0; n < PICTURES; n++) {
		pictures[n] = malloc(bytes);
		draw(pictures[n], n);
	}
	raw = by_write();
	tell("write(2)", raw, 0);
	for (size_t n = 0; n < sizeof(kinds) / sizeof(*kinds); n++) {
		if (!writer_can_compress(kinds[n]))
			continue;
		snprintf(way, sizeof(way), "writer, %s",
			 writer_compression_name(kinds[n]));
		tell(way, by_writer(kinds[n]), raw);
	}
	tell("HDF5's pipeline, deflate", by_pipeline(), raw);
	for (int n = 0; n < PICTURES; n++)
		free(pictures[n]);
}

int main(void)
{
	const char *folder = getenv("OSCAN_BENCH_DIR");
	const char *mb = getenv("OSCAN_BENCH_MB");

	snprintf(path, sizeof(path), "%s/writer.%d.h5",
		 folder ? folder : "out/bench", getpid());
	printf("writer: pixels of 8 bit to the disk, on %ld processors\n",
	       sysconf(_SC_NPROCESSORS_ONLN));
	printf("%-10s %-26s %9s %9s %8s %9s\n", "size", "way", "frames/s",
	       "MB/s", "of write", "MB stored");
	for (size_t n = 0; n < sizeof(sizes) / sizeof(*sizes); n++)
		compare(&sizes[n], mb ? atof(mb) : 120);
	return 0;
}
