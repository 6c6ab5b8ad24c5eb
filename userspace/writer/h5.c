// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <time.h>
#include "h5.h"

#define SOON_NS 10000000
#define NS_PER_S 1000000000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * An HDF5 that could not write something tries again at exit, in vain, and
 * may then crash; its descriptors are closed by the kernel anyway. This must
 * be HDF5's first call in a process, else it does nothing.
 */
__attribute__((constructor)) static void leave_hdf5_open(void)
{
	H5dont_atexit();
}

/* Where HDF5 knows threads, each has an error stack that prints by itself. */
static void begin(void)
{
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	/* HDF5 leaves errno alone unless a system call of its fails. */
	errno = 0;
}

void h5_lock(void)
{
	pthread_mutex_lock(&lock);
	begin();
}

bool h5_lock_soon(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += SOON_NS;
	if (until.tv_nsec >= NS_PER_S) {
		until.tv_nsec -= NS_PER_S;
		until.tv_sec++;
	}
	if (pthread_mutex_clocklock(&lock, CLOCK_MONOTONIC, &until))
		return false;
	begin();
	return true;
}

void h5_unlock(void)
{
	const int error = errno;

	/* The stack of a thread that ends would be lost with what it holds. */
	H5Eclear2(H5E_DEFAULT);
	pthread_mutex_unlock(&lock);
	errno = error;
}

int h5_errno(void)
{
	switch (errno) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case EROFS:
	case ENOMEM:
		return errno;
	default:
		return EIO;
	}
}

static hid_t text_type(void)
{
	hid_t type = H5Tcopy(H5T_C_S1);

	if (type < 0)
		return -1;
	if (H5Tset_size(type, H5T_VARIABLE) < 0 ||
	    H5Tset_cset(type, H5T_CSET_UTF8) < 0) {
		H5Tclose(type);
		return -1;
	}
	return type;
}

hid_t h5_access(void)
{
	hid_t access = H5Pcreate(H5P_FILE_ACCESS);

	if (access < 0)
		return -1;
	if (H5Pset_libver_bounds(access, H5F_LIBVER_LATEST,
				 H5F_LIBVER_LATEST) < 0 ||
	    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0 ||
	    H5Pset_file_locking(access, true, true) < 0) {
		H5Pclose(access);
		return -1;
	}
	return access;
}

hid_t h5_group(hid_t parent, const char *name, const char *nx_class)
{
	hid_t group = H5Gcreate2(parent, name, H5P_DEFAULT, H5P_DEFAULT,
				 H5P_DEFAULT);

	if (group < 0)
		return -1;
	if (h5_attribute(group, "NX_class", nx_class)) {
		H5Gclose(group);
		return -1;
	}
	return group;
}

int h5_make_group(hid_t parent, const char *name, const char *nx_class)
{
	hid_t group = h5_group(parent, name, nx_class);

	if (group < 0)
		return -1;
	return H5Gclose(group) < 0 ? -1 : 0;
}

int h5_attribute_remove(hid_t object, const char *name)
{
	const htri_t there = H5Aexists(object, name);

	if (there > 0)
		return H5Adelete(object, name) < 0 ? -1 : 0;
	return there < 0 ? -1 : 0;
}

static int put_attribute(hid_t object, const char *name, hid_t type,
			 hid_t space, const void *value)
{
	hid_t attribute;
	herr_t written;

	if (h5_attribute_remove(object, name))
		return -1;
	attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT,
			       H5P_DEFAULT);
	if (attribute < 0)
		return -1;
	written = H5Awrite(attribute, type, value);
	return H5Aclose(attribute) < 0 || written < 0 ? -1 : 0;
}

static int put_texts(hid_t object, const char *name, hid_t space,
		     const void *texts)
{
	hid_t type = text_type();
	int ret;

	if (type < 0)
		return -1;
	ret = put_attribute(object, name, type, space, texts);
	H5Tclose(type);
	return ret;
}

int h5_attribute(hid_t object, const char *name, const char *text)
{
	hid_t space = H5Screate(H5S_SCALAR);
	int ret;

	if (space < 0)
		return -1;
	ret = put_texts(object, name, space, &text);
	H5Sclose(space);
	return ret;
}

int h5_attributes(hid_t object, const char *name, const char *const *texts,
		  size_t count)
{
	const hsize_t dims[] = { count };
	hid_t space = H5Screate_simple(1, dims, NULL);
	int ret;

	if (space < 0)
		return -1;
	ret = put_texts(object, name, space, texts);
	H5Sclose(space);
	return ret;
}

int h5_attribute_index(hid_t object, const char *name, int64_t value)
{
	hid_t space = H5Screate(H5S_SCALAR);
	int ret;

	if (space < 0)
		return -1;
	ret = put_attribute(object, name, H5T_NATIVE_INT64, space, &value);
	H5Sclose(space);
	return ret;
}

int h5_describe(hid_t parent, const char *path, const char *name,
		const char *text)
{
	hid_t object = H5Oopen(parent, path, H5P_DEFAULT);
	int ret;

	if (object < 0)
		return -1;
	ret = h5_attribute(object, name, text);
	return H5Oclose(object) < 0 ? -1 : ret;
}

/* @values: NULL writes nothing */
static int put_dataset(hid_t parent, const char *path, hid_t type, hid_t space,
		       const void *values, const char *units)
{
	hid_t dataset = H5Dcreate2(parent, path, type, space, H5P_DEFAULT,
				   H5P_DEFAULT, H5P_DEFAULT);
	int ret = 0;

	if (dataset < 0)
		return -1;
	if (values && H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
			       values) < 0)
		ret = -1;
	if (!ret && units)
		ret = h5_attribute(dataset, "units", units);
	return H5Dclose(dataset) < 0 ? -1 : ret;
}

static int put_scalar(hid_t parent, const char *path, hid_t type,
		      const void *value, const char *units)
{
	hid_t space = H5Screate(H5S_SCALAR);
	int ret;

	if (space < 0)
		return -1;
	ret = put_dataset(parent, path, type, space, value, units);
	H5Sclose(space);
	return ret;
}

int h5_text(hid_t parent, const char *path, const char *text)
{
	hid_t type = text_type();
	int ret;

	if (type < 0)
		return -1;
	ret = put_scalar(parent, path, type, &text, NULL);
	H5Tclose(type);
	return ret;
}

int h5_number(hid_t parent, const char *path, double value, const char *units)
{
	return put_scalar(parent, path, H5T_NATIVE_DOUBLE, &value, units);
}

int h5_integer(hid_t parent, const char *path, int64_t value)
{
	return put_scalar(parent, path, H5T_NATIVE_INT64, &value, NULL);
}

int h5_array(hid_t parent, const char *path, hid_t type, const void *values,
	     size_t count, const char *units)
{
	const hsize_t dims[] = { count };
	hid_t space = H5Screate_simple(1, dims, NULL);
	int ret;

	if (space < 0)
		return -1;
	ret = put_dataset(parent, path, type, space, count ? values : NULL,
			  units);
	H5Sclose(space);
	return ret;
}

static hid_t growing_dataset(hid_t parent, const char *path, hid_t type,
			     hid_t space)
{
	const hsize_t chunk[] = { H5_GROWING_CHUNK };
	hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
	hid_t dataset = -1;

	if (plist < 0)
		return -1;
	if (H5Pset_chunk(plist, 1, chunk) >= 0)
		dataset = H5Dcreate2(parent, path, type, space, H5P_DEFAULT,
				     plist, H5P_DEFAULT);
	H5Pclose(plist);
	return dataset;
}

hid_t h5_growing(hid_t parent, const char *path, hid_t type,
		 const char *units)
{
	const hsize_t dims[] = { 0 }, max[] = { H5S_UNLIMITED };
	hid_t space = H5Screate_simple(1, dims, max);
	hid_t dataset;

	if (space < 0)
		return -1;
	dataset = growing_dataset(parent, path, type, space);
	H5Sclose(space);
	if (dataset >= 0 && units && h5_attribute(dataset, "units", units)) {
		H5Dclose(dataset);
		return -1;
	}
	return dataset;
}

int64_t h5_length(hid_t dataset)
{
	hid_t space = H5Dget_space(dataset);
	hsize_t dims[H5S_MAX_RANK] = { 0 };
	int rank = -1;

	if (space >= 0) {
		rank = H5Sget_simple_extent_dims(space, dims, NULL);
		H5Sclose(space);
	}
	return rank < 1 ? -1 : (int64_t)dims[0];
}

static int write_some(hid_t dataset, hid_t type, hid_t space, uint64_t at,
		      const void *values, size_t more)
{
	const hsize_t start[] = { at }, count[] = { more };
	hid_t memory;
	herr_t written;

	if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count,
				NULL) < 0)
		return -1;
	memory = H5Screate_simple(1, count, NULL);
	if (memory < 0)
		return -1;
	written = H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, values);
	H5Sclose(memory);
	return written < 0 ? -1 : 0;
}

int h5_append(hid_t dataset, hid_t type, uint64_t count, const void *values,
	      size_t more)
{
	const hsize_t dims[] = { count + more };
	hid_t space;
	int ret;

	if (H5Dset_extent(dataset, dims) < 0)
		return -1;
	space = H5Dget_space(dataset);
	if (space < 0)
		return -1;
	ret = write_some(dataset, type, space, count, values, more);
	H5Sclose(space);
	return ret;
}

int h5_link(hid_t parent, const char *path, const char *second)
{
	return H5Lcreate_hard(parent, path, parent, second, H5P_DEFAULT,
			      H5P_DEFAULT) < 0 ? -1 : 0;
}
