// SPDX-License-Identifier: GPL-2.0-or-later
#include "photo-h5.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "camera.h"
#include "compress.h"
#include "durable.h"
#include "h5.h"
#include "space.h"

#define PHOTOS "/entry/photos/"
#define DATA PHOTOS "data"
#define NAME PHOTOS "name"
#define NAME_LEN 64
/* As many as may have been saved when a scan was killed, and more. */
#define LOOK_BACK 64
/* Room that HDF5 takes beside the photo itself. */
#define ROOM_BESIDE (1 << 20)

/**
 * struct row - a photo's values, in the order of columns[]
 */
struct row {
	char name[NAME_LEN];
	double theta;
	double phi;
	double theta_errors;
	double phi_errors;
	int64_t time_ns;
	double exposure_time;
	double gain;
	double focal_length;
	double lens_position;
	double red_gain;
	double blue_gain;
	uint8_t orientation;
};

enum column_type {
	COLUMN_TEXT,
	COLUMN_REAL,
	COLUMN_TIME,
	COLUMN_BYTE,
};

static const struct column {
	const char *path;
	enum column_type type;
	size_t offset;
	const char *units;
} columns[] = {
#define COLUMN(name, type, units) \
	{ PHOTOS #name, type, offsetof(struct row, name), units }
	COLUMN(name, COLUMN_TEXT, NULL),
	COLUMN(theta, COLUMN_REAL, "deg"),
	COLUMN(phi, COLUMN_REAL, "deg"),
	COLUMN(theta_errors, COLUMN_REAL, "deg"),
	COLUMN(phi_errors, COLUMN_REAL, "deg"),
	COLUMN(time_ns, COLUMN_TIME, "ns"),
	COLUMN(exposure_time, COLUMN_REAL, "s"),
	COLUMN(gain, COLUMN_REAL, NULL),
	COLUMN(focal_length, COLUMN_REAL, "mm"),
	COLUMN(lens_position, COLUMN_REAL, "1/m"),
	COLUMN(red_gain, COLUMN_REAL, NULL),
	COLUMN(blue_gain, COLUMN_REAL, NULL),
	COLUMN(orientation, COLUMN_BYTE, NULL),
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static int fail(int error)
{
	errno = error;
	return -1;
}

static double known(double value)
{
	return value > 0 ? value : NAN;
}

static void fill_row(struct row *row, const struct photo_info *info)
{
	memset(row, 0, sizeof(*row));
	if (info->name)
		strncpy(row->name, info->name, NAME_LEN - 1);
	row->theta = info->has_pose ? info->theta_deg : NAN;
	row->phi = info->has_pose ? info->phi_deg : NAN;
	row->theta_errors = info->has_pose ? info->theta_sigma_deg : NAN;
	row->phi_errors = info->has_pose ? info->phi_sigma_deg : NAN;
	row->time_ns = info->utc_ns;
	row->exposure_time = known(info->exposure_ns / 1e9);
	row->gain = known(info->gain);
	row->focal_length = known(info->focal_length_mm);
	row->lens_position = info->lens_dpt >= 0 ? info->lens_dpt : NAN;
	row->red_gain = known(info->red_gain);
	row->blue_gain = known(info->blue_gain);
	row->orientation = info->orientation ? info->orientation : 1;
}

/* To be closed by the caller. */
static hid_t column_type(enum column_type type)
{
	hid_t text;

	switch (type) {
	case COLUMN_REAL:
		return H5Tcopy(H5T_NATIVE_DOUBLE);
	case COLUMN_TIME:
		return H5Tcopy(H5T_NATIVE_INT64);
	case COLUMN_BYTE:
		return H5Tcopy(H5T_NATIVE_UINT8);
	default:
		text = H5Tcopy(H5T_C_S1);
		H5Tset_size(text, NAME_LEN);
		H5Tset_cset(text, H5T_CSET_UTF8);
		return text;
	}
}

/* Return: number of dimensions */
static int shape_of(const struct photo_pixels *pixels, hsize_t dims[4])
{
	dims[0] = 1;
	dims[1] = pixels->height;
	dims[2] = pixels->width;
	dims[3] = 3;
	return pixels->format == CAMERA_FORMAT_RGB8 ? 4 : 3;
}

static hid_t sample_type(const struct photo_pixels *pixels)
{
	return pixels->format == CAMERA_FORMAT_BAYER16 ? H5T_STD_U16LE
						       : H5T_STD_U8LE;
}

static int describe_data(hid_t data, const struct photo_pixels *pixels)
{
	static const char *const patterns[] = {
		[CAMERA_BAYER_RGGB] = "RGGB", [CAMERA_BAYER_GRBG] = "GRBG",
		[CAMERA_BAYER_GBRG] = "GBRG", [CAMERA_BAYER_BGGR] = "BGGR",
	};

	if (pixels->format == CAMERA_FORMAT_RGB8)
		return h5_attribute(data, "interpretation", "rgb-image");
	if (h5_attribute(data, "interpretation", "image"))
		return -1;
	if (pixels->format == CAMERA_FORMAT_GREY8)
		return 0;
	return h5_attribute(data, "bayer", patterns[pixels->bayer]) ||
	       h5_attribute_index(data, "bits", pixels->bayer_bits) ||
	       h5_attribute_index(data, "black", pixels->bayer_black) ? -1 : 0;
}

static int make_data(hid_t file, const struct photo_pixels *pixels)
{
	hsize_t dims[4], chunk[4], max[4];
	const int rank = shape_of(pixels, dims);
	hid_t plist = H5Pcreate(H5P_DATASET_CREATE), space, data = -1;
	int ret = -1;

	memcpy(chunk, dims, sizeof(chunk));
	memcpy(max, dims, sizeof(max));
	dims[0] = 0;
	max[0] = H5S_UNLIMITED;
	space = H5Screate_simple(rank, dims, max);
	if (H5Pset_chunk(plist, rank, chunk) >= 0 &&
	    H5Pset_fill_time(plist, H5D_FILL_TIME_NEVER) >= 0 &&
	    !compress_set_filters(WRITER_DEFLATE, plist))
		data = H5Dcreate2(file, DATA, sample_type(pixels), space,
				  H5P_DEFAULT, plist, H5P_DEFAULT);
	if (data >= 0) {
		ret = describe_data(data, pixels);
		H5Dclose(data);
	}
	H5Sclose(space);
	H5Pclose(plist);
	return ret;
}

static int make_columns(hid_t file)
{
	for (size_t n = 0; n < COLUMNS; n++) {
		hid_t type = column_type(columns[n].type);
		hid_t made = h5_growing(file, columns[n].path, type,
					columns[n].units);

		H5Tclose(type);
		if (made < 0)
			return -1;
		H5Dclose(made);
	}
	return 0;
}

static int name_axes(hid_t file, bool colour)
{
	static const char *const axes[] = { "phi", ".", ".", "." };
	hid_t photos = H5Gopen2(file, PHOTOS, H5P_DEFAULT);
	int ret;

	if (photos < 0)
		return -1;
	ret = h5_attribute(photos, "signal", "data") ||
	      h5_attributes(photos, "axes", axes, colour ? 4 : 3) ||
	      h5_attribute_index(photos, "phi_indices", 0) ||
	      h5_attribute_index(photos, "theta_indices", 0) ? -1 : 0;
	H5Gclose(photos);
	return ret;
}

static int make_layout(hid_t file, const struct photo_pixels *pixels,
		       const struct photo_info *info)
{
	return h5_attribute(file, "NX_class", "NXroot") ||
	       h5_attribute(file, "default", "entry") ||
	       h5_make_group(file, "/entry", "NXentry") ||
	       h5_describe(file, "/entry", "default", "photos") ||
	       h5_text(file, "/entry/program_name",
		       info->program ? info->program : "oscan") ||
	       h5_make_group(file, "/entry/instrument", "NXinstrument") ||
	       h5_make_group(file, "/entry/instrument/detector",
			     "NXdetector") ||
	       h5_text(file, "/entry/instrument/detector/description",
		       info->camera_model ? info->camera_model : "") ||
	       h5_make_group(file, "/entry/photos", "NXdata") ||
	       make_columns(file) || make_data(file, pixels) ||
	       name_axes(file, pixels->format == CAMERA_FORMAT_RGB8)
	       ? -1 : 0;
}

/* As every file of ours, but that a reader's lock stops nothing. */
static hid_t unlocked_access(void)
{
	hid_t access = h5_access();

	if (access >= 0 && H5Pset_file_locking(access, false, true) < 0) {
		H5Pclose(access);
		return -1;
	}
	return access;
}

static int make_file(const char *part, const struct photo_pixels *pixels,
		     const struct photo_info *info)
{
	hid_t access = unlocked_access(), file = -1;
	int ret = -1;

	if (access >= 0) {
		file = H5Fcreate(part, H5F_ACC_TRUNC, H5P_DEFAULT, access);
		H5Pclose(access);
	}
	if (file >= 0) {
		ret = make_layout(file, pixels, info);
		if (H5Fclose(file) < 0)
			ret = -1;
	}
	return ret ? fail(h5_errno()) : 0;
}

static int create(const char *path, const struct photo_pixels *pixels,
		  const struct photo_info *info)
{
	struct durable durable;

	if (durable_begin(&durable, path))
		return -1;
	if (make_file(durable.part, pixels, info)) {
		durable_abort(&durable);
		return -1;
	}
	return durable_commit(&durable);
}

static hid_t open_swmr(const char *path)
{
	hid_t access = unlocked_access(), file = -1;

	/* Nobody else writes: what does not read well now never will. */
	if (access >= 0 && H5Pset_metadata_read_attempts(access, 1) >= 0)
		file = H5Fopen(path, H5F_ACC_RDWR | H5F_ACC_SWMR_WRITE,
			       access);
	H5Pclose(access);
	return file;
}

/*
 * What h5clear(1) does with -s and --increment=0 at once: without the latter,
 * HDF5 would write over what is behind the end that the head speaks of.
 */
static int mend(const char *path)
{
	hid_t access = unlocked_access(), file = -1;
	const hbool_t yes = true;
	int ret = -1;

	if (access >= 0 &&
	    H5Pset(access, "clear_status_flags", &yes) >= 0 &&
	    H5Pset(access, "skip_eof_check", &yes) >= 0)
		file = H5Fopen(path, H5F_ACC_RDWR, access);
	if (file >= 0) {
		ret = H5Fincrement_filesize(file, 0) < 0 ? -1 : 0;
		if (H5Fclose(file) < 0)
			ret = -1;
	}
	H5Pclose(access);
	return ret;
}

static int file_errno(void)
{
	return h5_errno() == EIO ? EBADMSG : h5_errno();
}

static hid_t open_mended(const char *path)
{
	hid_t file = open_swmr(path);

	if (file >= 0)
		return file;
	if (!mend(path))
		file = open_swmr(path);
	return file < 0 ? fail(file_errno()) : file;
}

int photo_h5_mend(const char *path)
{
	hid_t file;
	int ret = 0;

	if (access(path, F_OK))
		return errno == ENOENT ? 0 : -1;
	h5_lock();
	file = open_mended(path);
	if (file < 0)
		ret = -1;
	else if (H5Fclose(file) < 0)
		ret = fail(EIO);
	h5_unlock();
	return ret;
}

/* Return: photos, or -1: their shape is another, or there is no such dataset */
static int64_t count_photos(hid_t data, const struct photo_pixels *pixels)
{
	hsize_t want[4], dims[H5S_MAX_RANK];
	const int rank = shape_of(pixels, want);
	hid_t space = H5Dget_space(data), type = H5Dget_type(data);
	int64_t photos = -1;

	if (space >= 0 && H5Sget_simple_extent_ndims(space) == rank &&
	    H5Sget_simple_extent_dims(space, dims, NULL) == rank &&
	    !memcmp(dims + 1, want + 1, (rank - 1) * sizeof(*dims)) &&
	    H5Tequal(type, sample_type(pixels)) > 0)
		photos = dims[0];
	H5Tclose(type);
	H5Sclose(space);
	return photos;
}

static int64_t length_of(hid_t column)
{
	hid_t space = H5Dget_space(column);
	const int64_t length = H5Sget_simple_extent_npoints(space);

	H5Sclose(space);
	return length;
}

static int transfer(hid_t column, hid_t type, hsize_t at, hsize_t count,
		    void *values, bool write)
{
	hid_t space = H5Dget_space(column);
	hid_t memory = H5Screate_simple(1, &count, NULL);
	int ret = -1;

	if (H5Sselect_hyperslab(space, H5S_SELECT_SET, &at, NULL, &count,
				NULL) >= 0) {
		if (write)
			ret = H5Dwrite(column, type, memory, space,
				       H5P_DEFAULT, values);
		else
			ret = H5Dread(column, type, memory, space,
				      H5P_DEFAULT, values);
	}
	H5Sclose(memory);
	H5Sclose(space);
	return ret < 0 ? -1 : 0;
}

/* Its row, or that behind the last one; -1 */
static int64_t find_row(hid_t file, int64_t photos, const char *name)
{
	const int64_t count = photos < LOOK_BACK ? photos : LOOK_BACK;
	char names[LOOK_BACK][NAME_LEN];
	int64_t row = photos;
	hid_t column, type;

	if (!count || !name[0])
		return photos;
	column = H5Dopen2(file, NAME, H5P_DEFAULT);
	if (column < 0)
		return -1;
	type = column_type(COLUMN_TEXT);
	if (transfer(column, type, photos - count, count, names, false))
		row = -1;
	for (int64_t n = 0; n < count && row >= 0; n++) {
		if (!strncmp(names[n], name, NAME_LEN))
			row = photos - count + n;
	}
	H5Tclose(type);
	H5Dclose(column);
	return row;
}

static int put_value(hid_t file, const struct column *column, hsize_t at,
		     const struct row *row)
{
	hid_t dataset = H5Dopen2(file, column->path, H5P_DEFAULT), type;
	const hsize_t length = at + 1;
	int ret = -1;

	if (dataset < 0)
		return -1;
	type = column_type(column->type);
	if (length_of(dataset) > (int64_t)at ||
	    H5Dset_extent(dataset, &length) >= 0)
		ret = transfer(dataset, type, at, 1,
			       (char *)row + column->offset, true);
	H5Tclose(type);
	H5Dclose(dataset);
	return ret;
}

static int put_row(hid_t file, hsize_t at, const struct row *row)
{
	for (size_t n = 0; n < COLUMNS; n++) {
		if (put_value(file, &columns[n], at, row))
			return -1;
	}
	/* The photo is there when data says so, and then whole. */
	return H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 ? -1 : 0;
}

/**
 * struct chunk - a photo as it lies in the file
 * @filters: those that were not used
 */
struct chunk {
	const void *bytes;
	size_t size;
	uint32_t filters;
};

static int put_chunk(hid_t data, const struct photo_pixels *pixels,
		     hsize_t at, bool grow, const struct chunk *chunk)
{
	hsize_t dims[4], place[4] = { at };
	herr_t written;

	shape_of(pixels, dims);
	dims[0] = at + 1;
	if (grow && H5Dset_extent(data, dims) < 0)
		return -1;
	written = H5Dwrite_chunk(data, H5P_DEFAULT, chunk->filters, place,
				 chunk->size, chunk->bytes);
	return written < 0 || H5Dflush(data) < 0 ? -1 : 0;
}

static int put_photo(hid_t file, const struct photo_pixels *pixels,
		     const struct photo_info *info, const struct chunk *chunk)
{
	hid_t data = H5Dopen2(file, DATA, H5P_DEFAULT);
	struct row row;
	int64_t photos, at;
	int ret;

	if (data < 0)
		return fail(EBADMSG);
	fill_row(&row, info);
	photos = count_photos(data, pixels);
	if (photos < 0) {
		H5Dclose(data);
		return fail(EEXIST);
	}
	at = find_row(file, photos, row.name);
	ret = at < 0 || put_row(file, at, &row) ||
	      put_chunk(data, pixels, at, at == photos, chunk) ? -1 : 0;
	H5Dclose(data);
	return ret ? fail(h5_errno()) : 0;
}

static int add_to_file(const char *path, const struct photo_pixels *pixels,
		       const struct photo_info *info,
		       const struct chunk *chunk)
{
	hid_t file = open_mended(path);
	int ret;

	if (file < 0)
		return -1;
	ret = put_photo(file, pixels, info, chunk);
	if (H5Fclose(file) < 0 && !ret)
		ret = fail(h5_errno());
	return ret;
}

/* Room is claimed before: HDF5 cannot undo what a full disk interrupts. */
static int add_in_space(const char *path, const struct photo_pixels *pixels,
			const struct photo_info *info,
			const struct chunk *chunk, uint64_t *bytes)
{
	struct space space = { .fd = open(path, O_RDWR | O_CLOEXEC) };
	struct stat before, after;
	int ret = -1, error;

	if (space.fd < 0)
		return -1;
	if (!fstat(space.fd, &before)) {
		space.end = before.st_size;
		if (!space_claim(&space, before.st_size + chunk->size +
				 ROOM_BESIDE)) {
			ret = add_to_file(path, pixels, info, chunk);
			error = errno;
			space_return(&space);
			errno = error;
		}
	}
	if (!ret && (fsync(space.fd) || fstat(space.fd, &after)))
		ret = -1;
	if (!ret)
		*bytes = after.st_size - before.st_size;
	error = errno;
	close(space.fd);
	errno = error;
	return ret;
}

static int add_locked(const char *path, const struct photo_pixels *pixels,
		      const struct photo_info *info,
		      const struct chunk *chunk, uint64_t *bytes)
{
	struct stat st = { 0 };
	uint64_t made = 0;

	if (access(path, F_OK)) {
		if (errno != ENOENT || create(path, pixels, info) ||
		    stat(path, &st))
			return -1;
		made = st.st_size;
	}
	if (add_in_space(path, pixels, info, chunk, bytes))
		return -1;
	*bytes += made;
	return 0;
}

int photo_h5_add(const char *path, const struct photo_pixels *pixels,
		 const struct photo_info *info, uint64_t *bytes)
{
	void *packed = malloc(compress_room(WRITER_DEFLATE, pixels->size));
	struct chunk chunk = { .bytes = packed };
	int ret;

	if (packed)
		chunk.size = compress_pack(WRITER_DEFLATE, pixels->data,
					   pixels->size, packed);
	if (!chunk.size)
		chunk = (struct chunk) {
			pixels->data, pixels->size, UINT32_MAX
		};
	h5_lock();
	ret = add_locked(path, pixels, info, &chunk, bytes);
	h5_unlock();
	free(packed);
	return ret;
}
