// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl export: the frames of a fly scan as images, with their table. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "camera.h"
#include "frametable.h"
#include "oscanctl.h"
#include "photo.h"

#define PATH_LEN 4096
#define DESCRIPTION_LEN 256

enum {
	OPTION_TIFF = OPTION_OWN,
	OPTION_PNG,
	OPTION_CSV,
	OPTION_ALL,
};

static const struct option_text option_texts[] = {
	{ "tiff", OPTION_TIFF, NULL, "images as TIFF, and the table" },
	{ "png", OPTION_PNG, NULL, "images as PNG, and the table" },
	{ "csv", OPTION_CSV, NULL, "the table alone" },
	{ "all", OPTION_ALL, NULL,
	  "images of frames outside of the scan too" },
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "export",
	.operands = "FILE DIR",
	.least = 2,
	.most = 2,
	.text = "Write the frames of a fly scan as images into DIR, and frames.csv with their positions.",
	.options = option_texts,
};

/**
 * struct request - what is to be written where
 * @images: number of images written so far
 */
struct request {
	const char *folder;
	bool tiff;
	bool png;
	bool csv;
	bool all;
	size_t images;
};

static int write_failed(const char *path, int error)
{
	if (error == EEXIST)
		return fail("wanted to make %s, found that there is one; choose another folder",
			    path);
	return fail("wanted to write %s, found: %s; choose another folder",
		    path, strerror(error));
}

/* Nothing that is there is overwritten. Return: descriptor, or -1 */
static int create(const struct request *request, const char *name,
		  char path[PATH_LEN])
{
	int fd = -1;

	errno = ENAMETOOLONG;
	if (snprintf(path, PATH_LEN, "%s/%s", request->folder, name) <
	    PATH_LEN)
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		write_failed(path, errno);
	return fd;
}

static void describe(const struct frametable *table, size_t n,
		     char text[DESCRIPTION_LEN])
{
	if (!table->position || isnan(table->position[n]))
		snprintf(text, DESCRIPTION_LEN, "frame %zu", n);
	else
		snprintf(text, DESCRIPTION_LEN, "frame %zu, %s %.9g %s +- %.2g %s",
			 n, table->scan.axis, table->position[n],
			 table->scan.unit, table->sigma ? table->sigma[n] : NAN,
			 table->scan.unit);
}

static int write_image(struct request *request, const struct frametable *table,
		       size_t n, const void *pixels, bool tiff)
{
	const struct photo_pixels image = {
		.width = table->scan.width,
		.height = table->scan.height,
		.format = table->scan.bytes_per_pixel == 3 ?
			  CAMERA_FORMAT_RGB8 : CAMERA_FORMAT_GREY8,
		.data = pixels,
		.size = table->scan.width * table->scan.height *
			table->scan.bytes_per_pixel,
	};
	char name[32], path[PATH_LEN], text[DESCRIPTION_LEN];
	const struct photo_info info = {
		.name = text,
		.program = "oscanctl " OSCAN_VERSION,
		.lens_dpt = NAN,
	};
	int fd;

	snprintf(name, sizeof(name), "frame_%06zu.%s", n,
		 tiff ? "tif" : "png");
	fd = create(request, name, path);
	if (fd < 0)
		return EXIT_FAILURE;
	describe(table, n, text);
	if (photo_write(fd, tiff ? PHOTO_TIFF : PHOTO_PNG, 0, &image, &info)) {
		write_failed(path, errno);
		unlink(path);
		close(fd);
		return EXIT_FAILURE;
	}
	request->images++;
	return close(fd) ? write_failed(path, errno) : 0;
}

static int write_frame(struct request *request, const struct frametable *table,
		       size_t n, void *pixels)
{
	if (scanfile_pixels(&table->scan, n, pixels))
		return fail("wanted frame %zu, found that it cannot be read; if it is compressed, install HDF5's plugin for it (Debian: hdf5-filter-plugin, bitshuffle)",
			    n);
	if (request->tiff && write_image(request, table, n, pixels, true))
		return EXIT_FAILURE;
	if (request->png && write_image(request, table, n, pixels, false))
		return EXIT_FAILURE;
	return 0;
}

static int write_images(struct request *request,
			const struct frametable *table)
{
	void *pixels = malloc(table->scan.width * table->scan.height *
			      table->scan.bytes_per_pixel + 1);
	int status = 0;

	if (!pixels)
		return fail("wanted memory for a frame of %zux%zu pixels, found none",
			    table->scan.width, table->scan.height);
	for (size_t n = 0; n < table->scan.frames && !status; n++) {
		if (request->all || frametable_counts(table, n))
			status = write_frame(request, table, n, pixels);
	}
	free(pixels);
	return status;
}

static int write_table(struct request *request, const struct frametable *table)
{
	char path[PATH_LEN];
	int fd = create(request, "frames.csv", path);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out)
		return EXIT_FAILURE;
	frametable_csv(table, out);
	errno = 0;
	if (ferror(out) | fclose(out))
		return write_failed(path, errno ? errno : EIO);
	return 0;
}

static int write_all(struct request *request, const struct frametable *table)
{
	if (mkdir(request->folder, 0777) && errno != EEXIST)
		return fail("wanted to make the folder %s, found: %s; choose another one",
			    request->folder, strerror(errno));
	if (write_table(request, table))
		return EXIT_FAILURE;
	return request->tiff || request->png ? write_images(request, table)
					     : 0;
}

static void take_option(struct request *request, int key)
{
	switch (key) {
	case OPTION_TIFF:
		request->tiff = true;
		break;
	case OPTION_PNG:
		request->png = true;
		break;
	case OPTION_CSV:
		request->csv = true;
		break;
	default:
		request->all = true;
		break;
	}
}

static int tell(const struct request *request, const struct frametable *table,
		bool json)
{
	if (json)
		return print_json(json_pack("{s:s, s:I, s:I}", "folder",
					    request->folder, "frames",
					    (json_int_t)table->scan.frames,
					    "images",
					    (json_int_t)request->images));
	printf("images    %zu\nfolder    %s\n", request->images,
	       request->folder);
	return EXIT_SUCCESS;
}

int cmd_export(int argc, char **argv)
{
	struct request request = { 0 };
	struct frametable table;
	struct options options;
	int key, status;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0)
		take_option(&request, key);
	if (key < 0)
		return options.status;
	if (!request.tiff && !request.png && !request.csv)
		return wrong_usage("wanted --tiff, --png or --csv, found none");
	request.folder = argv[2];
	if (frametable_open(&table, argv[1]))
		return EXIT_FAILURE;
	status = write_all(&request, &table);
	if (!status)
		status = tell(&request, &table, options.json);
	frametable_close(&table);
	return status;
}
