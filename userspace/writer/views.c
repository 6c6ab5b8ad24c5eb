// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "h5.h"
#include "views.h"

#define DATA "/entry/data/data"
#define DETECTOR "/entry/instrument/detector/"
#define TRANSFORMATIONS "/entry/sample/transformations"

/* Of NXtomo's image_key: a projection; not to be used. */
enum { KEY_SAMPLE = 0, KEY_INVALID = 3 };

/* The colour that most of a camera's pixels are made for. */
#define GREEN 1

/**
 * struct picked - the frames that are in the scan
 * @count: of them
 * @index: shape [count], their places among all frames
 * @position: shape [count]
 * @sigma: shape [count]
 * @key: shape [count]
 */
struct picked {
	size_t count;
	uint64_t *index;
	double *position;
	double *sigma;
	uint8_t *key;
};

static bool is_colour(const struct writer_config *config)
{
	return config->bytes_per_pixel == 3;
}

static void free_picked(struct picked *picked)
{
	free(picked->index);
	free(picked->position);
	free(picked->sigma);
	free(picked->key);
}

static int alloc_picked(struct picked *picked, size_t frames)
{
	/* One more: of nothing malloc(3) may make NULL. */
	picked->index = malloc((frames + 1) * sizeof(*picked->index));
	picked->position = malloc((frames + 1) * sizeof(*picked->position));
	picked->sigma = malloc((frames + 1) * sizeof(*picked->sigma));
	picked->key = malloc(frames + 1);
	return picked->index && picked->position && picked->sigma &&
	       picked->key ? 0 : -1;
}

static void pick(const struct writer_pairing *pairing, const uint8_t *keys,
		 struct picked *picked)
{
	picked->count = 0;
	for (size_t n = 0; n < pairing->frames; n++) {
		const size_t to = picked->count;

		if (!pairing->in_scan[n])
			continue;
		picked->index[to] = n;
		picked->position[to] = pairing->position[n];
		picked->sigma[to] = pairing->sigma[n];
		picked->key[to] = keys[n];
		picked->count++;
	}
}

/* In: status of each frame; out: its key. */
static void make_keys(uint8_t *keys, const struct writer_pairing *pairing)
{
	for (size_t n = 0; n < pairing->frames; n++) {
		const bool good = keys[n] == 1 && pairing->in_scan[n] &&
				  !isnan(pairing->position[n]);

		keys[n] = good ? KEY_SAMPLE : KEY_INVALID;
	}
}

static int read_status(hid_t file, uint8_t *status)
{
	hid_t dataset = H5Dopen2(file, DETECTOR "frame_status", H5P_DEFAULT);
	herr_t got;

	if (dataset < 0)
		return -1;
	got = H5Dread(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL,
		      H5P_DEFAULT, status);
	return H5Dclose(dataset) < 0 || got < 0 ? -1 : 0;
}

/*
 * One run of frames. In a view of one colour its last dimension, of length 1,
 * is not there.
 */
static int map_run(hid_t plist, hid_t view, hid_t source, const hsize_t *size,
		   size_t to, size_t from, size_t length, bool green)
{
	const hsize_t start[4] = { to };
	const hsize_t source_start[4] = { from, 0, 0, green ? GREEN : 0 };
	const hsize_t count[4] = { length, size[1], size[2],
				   green ? 1 : size[3] };

	return H5Sselect_hyperslab(view, H5S_SELECT_SET, start, NULL, count,
				   NULL) < 0 ||
	       H5Sselect_hyperslab(source, H5S_SELECT_SET, source_start, NULL,
				   count, NULL) < 0 ||
	       H5Pset_virtual(plist, view, ".", DATA, source) < 0 ? -1 : 0;
}

static int map_runs(hid_t plist, hid_t view, hid_t source, const hsize_t *size,
		    const struct picked *picked, bool green)
{
	size_t end;

	for (size_t n = 0; n < picked->count; n = end) {
		end = n + 1;
		while (end < picked->count &&
		       picked->index[end] == picked->index[end - 1] + 1)
			end++;
		if (map_run(plist, view, source, size, n, picked->index[n],
			    end - n, green))
			return -1;
	}
	return 0;
}

static int make_virtual(hid_t file, const char *path, hid_t view, hid_t source,
			const hsize_t *size, const struct picked *picked,
			bool green)
{
	hid_t plist = H5Pcreate(H5P_DATASET_CREATE), dataset = -1;

	if (plist < 0)
		return -1;
	if (!map_runs(plist, view, source, size, picked, green))
		dataset = H5Dcreate2(file, path, H5T_NATIVE_UINT8, view,
				     H5P_DEFAULT, plist, H5P_DEFAULT);
	H5Pclose(plist);
	if (dataset < 0)
		return -1;
	return H5Dclose(dataset) < 0 ? -1 : 0;
}

/* The picked frames, all of them or their green. */
static int add_frames(hid_t file, const struct writer_config *config,
		      const char *path, const struct picked *picked,
		      const struct writer_pairing *pairing, bool green)
{
	const int rank = is_colour(config) ? 4 : 3;
	const hsize_t all[4] = { pairing->frames, config->height,
				 config->width, config->bytes_per_pixel };
	const hsize_t some[4] = { picked->count, config->height,
				  config->width, config->bytes_per_pixel };
	hid_t source = H5Screate_simple(rank, all, NULL);
	hid_t view = H5Screate_simple(green ? 3 : rank, some, NULL);
	int ret = -1;

	if (source >= 0 && view >= 0)
		ret = make_virtual(file, path, view, source, all, picked,
				   green);
	if (source >= 0)
		H5Sclose(source);
	if (view >= 0)
		H5Sclose(view);
	return ret;
}

static int describe(hid_t file, const char *path, const char *axis, int rank)
{
	const char *const axes[] = { axis, ".", ".", "." };
	hid_t group = H5Gopen2(file, path, H5P_DEFAULT);
	char indices[300];
	int ret;

	if (group < 0)
		return -1;
	snprintf(indices, sizeof(indices), "%s_indices", axis);
	ret = h5_attribute(group, "signal", "data") ||
	      h5_attributes(group, "axes", axes, rank) ||
	      h5_attribute_index(group, indices, 0) ? -1 : 0;
	return H5Gclose(group) < 0 ? -1 : ret;
}

static int make_in_scan(hid_t file, const struct writer_config *config,
			const struct picked *picked,
			const struct writer_pairing *pairing)
{
	char axis[300], errors[320];

	snprintf(axis, sizeof(axis), "/entry/in_scan/%s", config->axis_name);
	snprintf(errors, sizeof(errors), "%s_errors", axis);
	return h5_make_group(file, "/entry/in_scan", "NXdata") ||
	       add_frames(file, config, "/entry/in_scan/data", picked, pairing,
			  false) ||
	       h5_describe(file, "/entry/in_scan/data", "interpretation",
			   is_colour(config) ? "rgba-image" : "image") ||
	       h5_array(file, axis, H5T_NATIVE_DOUBLE, picked->position,
			picked->count, config->axis_unit) ||
	       h5_array(file, errors, H5T_NATIVE_DOUBLE, picked->sigma,
			picked->count, config->axis_unit) ||
	       h5_array(file, "/entry/in_scan/frame_index",
			H5T_NATIVE_UINT64, picked->index, picked->count,
			NULL) ||
	       describe(file, "/entry/in_scan", config->axis_name,
			is_colour(config) ? 4 : 3) ? -1 : 0;
}

/* Grey frames are NXtomo as they are. */
static int make_tomo_of_entry(hid_t file)
{
	return h5_text(file, "/entry/definition", "NXtomo") ||
	       h5_link(file, "/entry/sample/rotation_angle",
		       "/entry/data/rotation_angle") ||
	       h5_link(file, DETECTOR "image_key", "/entry/data/image_key")
	       ? -1 : 0;
}

/* NXtomo has no place for colours. */
static int make_tomo_entry(hid_t file, const struct writer_config *config,
			   const struct picked *picked,
			   const struct writer_pairing *pairing)
{
	return h5_make_group(file, "/tomo", "NXentry") ||
	       h5_describe(file, "/tomo", "default", "data") ||
	       h5_text(file, "/tomo/definition", "NXtomo") ||
	       h5_make_group(file, "/tomo/instrument", "NXinstrument") ||
	       h5_make_group(file, "/tomo/instrument/detector",
			     "NXdetector") ||
	       add_frames(file, config, "/tomo/instrument/detector/data",
			  picked, pairing, true) ||
	       h5_describe(file, "/tomo/instrument/detector/data",
			   "description", "green of /entry/in_scan/data") ||
	       h5_array(file, "/tomo/instrument/detector/image_key",
			H5T_NATIVE_UINT8, picked->key, picked->count, NULL) ||
	       h5_make_group(file, "/tomo/sample", "NXsample") ||
	       h5_text(file, "/tomo/sample/name", config->title) ||
	       h5_array(file, "/tomo/sample/rotation_angle",
			H5T_NATIVE_DOUBLE, picked->position, picked->count,
			config->axis_unit) ||
	       h5_make_group(file, "/tomo/data", "NXdata") ||
	       h5_link(file, "/tomo/instrument/detector/data",
		       "/tomo/data/data") ||
	       h5_link(file, "/tomo/instrument/detector/image_key",
		       "/tomo/data/image_key") ||
	       h5_link(file, "/tomo/sample/rotation_angle",
		       "/tomo/data/rotation_angle") ||
	       describe(file, "/tomo/data", "rotation_angle", 3) ? -1 : 0;
}

static int set_vector(hid_t file, const char *path, bool rotation)
{
	const double vector[] = { !rotation, rotation, 0 };
	const hsize_t dims[] = { 3 };
	hid_t object = H5Oopen(file, path, H5P_DEFAULT);
	hid_t space = H5Screate_simple(1, dims, NULL), attribute = -1;
	herr_t written = -1;

	if (object >= 0 && space >= 0)
		attribute = H5Acreate2(object, "vector", H5T_NATIVE_DOUBLE,
				       space, H5P_DEFAULT, H5P_DEFAULT);
	if (attribute >= 0) {
		written = H5Awrite(attribute, H5T_NATIVE_DOUBLE, vector);
		H5Aclose(attribute);
	}
	if (space >= 0)
		H5Sclose(space);
	if (object >= 0)
		H5Oclose(object);
	return written < 0 ? -1 : 0;
}

/*
 * As NXtransformations has it: the axis's name for where it was as the
 * exposure began, with _end for where it was as it ended.
 */
static int make_transformation(hid_t file, const struct writer_config *config)
{
	char path[300], from[300], to[320];

	snprintf(path, sizeof(path), TRANSFORMATIONS "/%s", config->axis_name);
	snprintf(from, sizeof(from), "/entry/data/%s_start",
		 config->axis_name);
	if (h5_make_group(file, TRANSFORMATIONS, "NXtransformations") ||
	    h5_link(file, from, path) ||
	    h5_describe(file, path, "transformation_type",
			config->rotation ? "rotation" : "translation") ||
	    h5_describe(file, path, "depends_on", ".") ||
	    set_vector(file, path, config->rotation))
		return -1;
	snprintf(from, sizeof(from), "/entry/data/%s_end", config->axis_name);
	snprintf(to, sizeof(to), "%s_end", path);
	snprintf(path, sizeof(path), "transformations/%s", config->axis_name);
	return h5_link(file, from, to) ||
	       h5_text(file, "/entry/sample/depends_on", path) ? -1 : 0;
}

static int make_views(hid_t file, const struct writer_config *config,
		      const struct writer_pairing *pairing, uint8_t *keys,
		      struct picked *picked)
{
	if (read_status(file, keys))
		return -1;
	make_keys(keys, pairing);
	pick(pairing, keys, picked);
	if (h5_array(file, DETECTOR "image_key", H5T_NATIVE_UINT8, keys,
		     pairing->frames, NULL) ||
	    make_transformation(file, config))
		return -1;
	if (config->rotation && !is_colour(config) &&
	    make_tomo_of_entry(file))
		return -1;
	if (!picked->count)
		return 0;
	if (make_in_scan(file, config, picked, pairing))
		return -1;
	return config->rotation && is_colour(config)
		? make_tomo_entry(file, config, picked, pairing) : 0;
}

int views_make(hid_t file, const struct writer_config *config,
	       const struct writer_pairing *pairing)
{
	struct picked picked = { 0 };
	uint8_t *keys = malloc(pairing->frames + 1);
	int ret = -1;

	if (keys && !alloc_picked(&picked, pairing->frames))
		ret = make_views(file, config, pairing, keys, &picked);
	free_picked(&picked);
	free(keys);
	return ret;
}
