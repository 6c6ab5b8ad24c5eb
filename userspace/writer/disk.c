// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "disk.h"

#define SUFFIX ".torn"
#define MAGIC UINT32_C(0x6e726f74)

/* No page is smaller, and no write within one is torn. */
#define PAGE 4096

/* HDF5's own blocks are smaller by far. */
#define MOST (1 << 20)

/**
 * struct note - before the block
 * @magic: MAGIC
 * @size: of the block
 * @address: in the file
 * @check: CRC-32 of the block
 */
struct note {
	uint32_t magic;
	uint32_t size;
	uint64_t address;
	uint64_t check;
};

/**
 * struct disk - an open file
 * @pub: HDF5's part, the first member
 * @file: opened by HDF5's own driver, which does all but the notes
 * @note: descriptor of the note
 * @noted: where the block that is noted begins
 * @size: of that, 0: none is noted
 */
struct disk {
	H5FD_t pub;
	H5FD_t *file;
	int note;
	haddr_t noted;
	size_t size;
};

int disk_note_path(const char *path, char *out, size_t size)
{
	if (snprintf(out, size, "%s" SUFFIX, path) < (int)size)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int disk_note_open(const char *path)
{
	char name[PATH_MAX];

	if (disk_note_path(path, name, sizeof(name)))
		return -1;
	return open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

void disk_note_remove(const char *path)
{
	char name[PATH_MAX];

	if (!disk_note_path(path, name, sizeof(name)))
		unlink(name);
}

/* Return: the block, to be freed, or NULL: there is none that is whole. */
static void *read_block(int fd, struct note *note)
{
	void *block;

	if (pread(fd, note, sizeof(*note), 0) != sizeof(*note) ||
	    note->magic != MAGIC || note->size > MOST)
		return NULL;
	block = malloc(note->size);
	if (block && pread(fd, block, note->size, sizeof(*note)) ==
	    note->size && libdeflate_crc32(0, block, note->size) == note->check)
		return block;
	free(block);
	return NULL;
}

static void *read_note(const char *path, struct note *note)
{
	char name[PATH_MAX];
	void *block;
	int fd;

	if (disk_note_path(path, name, sizeof(name)))
		return NULL;
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	block = read_block(fd, note);
	close(fd);
	return block;
}

static bool is_in_place(int fd, const struct note *note, const void *block)
{
	void *there = malloc(note->size);
	const bool same = there &&
		pread(fd, there, note->size, note->address) == note->size &&
		!memcmp(there, block, note->size);

	free(there);
	return same;
}

bool disk_is_torn(const char *path, int fd)
{
	struct note note;
	void *block = read_note(path, &note);
	const bool torn = block && !is_in_place(fd, &note, block);

	free(block);
	return torn;
}

int disk_mend(const char *path, int fd)
{
	struct note note;
	void *block = read_note(path, &note);
	int ret = 0;

	if (block && pwrite(fd, block, note.size, note.address) != note.size)
		ret = -1;
	free(block);
	return ret;
}

static void drop_note(struct disk *disk)
{
	const uint32_t none = 0;

	disk->size = 0;
	if (pwrite(disk->note, &none, sizeof(none), 0) < 0)
		errno = 0;
}

/* A note that finds no room protects nothing, and harms nothing either. */
static void take_note(struct disk *disk, haddr_t address, const void *block,
		      size_t size)
{
	struct note note = {
		.magic = MAGIC,
		.size = size,
		.address = address,
		.check = libdeflate_crc32(0, block, size),
	};
	const struct iovec parts[] = {
		{ &note, sizeof(note) }, { (void *)block, size }
	};

	disk->noted = address;
	disk->size = size;
	if (pwritev(disk->note, parts, 2, 0) == (ssize_t)(sizeof(note) + size))
		return;
	errno = 0;
	drop_note(disk);
}

/* Mending would put the block that is noted over what is written now. */
static bool is_over_note(const struct disk *disk, haddr_t address, size_t size)
{
	return disk->size && address < disk->noted + disk->size &&
	       disk->noted < address + size;
}

static struct disk *of(const H5FD_t *file)
{
	return (struct disk *)file;
}

static H5FD_t *disk_open(const char *name, unsigned int flags, hid_t access,
			 haddr_t most)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	const int *note = H5Pget_driver_info(access);
	hid_t own = H5Pcopy(access);

	if (disk && note && own >= 0 && H5Pset_fapl_sec2(own) >= 0) {
		disk->note = *note;
		disk->file = H5FDopen(name, flags, own, most);
	}
	H5Pclose(own);
	if (disk && disk->file)
		return &disk->pub;
	free(disk);
	return NULL;
}

static herr_t disk_close(H5FD_t *file)
{
	const herr_t ret = H5FDclose(of(file)->file);

	free(file);
	return ret;
}

static int disk_compare(const H5FD_t *a, const H5FD_t *b)
{
	return H5FDcmp(of(a)->file, of(b)->file);
}

static herr_t disk_query(const H5FD_t *file, unsigned long *flags)
{
	/* The file is NULL where only the class is asked for its features. */
	if (file)
		return H5FDquery(of(file)->file, flags) < 0 ? -1 : 0;
	*flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA |
		 H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA |
		 H5FD_FEAT_SUPPORTS_SWMR_IO | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
	return 0;
}

static haddr_t disk_get_eoa(const H5FD_t *file, H5FD_mem_t type)
{
	return H5FDget_eoa(of(file)->file, type);
}

static herr_t disk_set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t address)
{
	return H5FDset_eoa(of(file)->file, type, address);
}

static haddr_t disk_get_eof(const H5FD_t *file, H5FD_mem_t type)
{
	return H5FDget_eof(of(file)->file, type);
}

static herr_t disk_read(H5FD_t *file, H5FD_mem_t type, hid_t transfer,
			haddr_t address, size_t size, void *data)
{
	return H5FDread(of(file)->file, type, transfer, address, size, data);
}

static herr_t disk_write(H5FD_t *file, H5FD_mem_t type, hid_t transfer,
			 haddr_t address, size_t size, const void *data)
{
	if (type != H5FD_MEM_DRAW && size && size <= MOST &&
	    address / PAGE != (address + size - 1) / PAGE)
		take_note(of(file), address, data, size);
	else if (is_over_note(of(file), address, size))
		drop_note(of(file));
	return H5FDwrite(of(file)->file, type, transfer, address, size, data);
}

static herr_t disk_flush(H5FD_t *file, hid_t transfer, hbool_t closing)
{
	return H5FDflush(of(file)->file, transfer, closing);
}

static herr_t disk_truncate(H5FD_t *file, hid_t transfer, hbool_t closing)
{
	return H5FDtruncate(of(file)->file, transfer, closing);
}

static herr_t disk_lock(H5FD_t *file, hbool_t write)
{
	return H5FDlock(of(file)->file, write);
}

static herr_t disk_unlock(H5FD_t *file)
{
	return H5FDunlock(of(file)->file);
}

static const H5FD_class_t class = {
#ifdef H5FD_CLASS_VERSION
	.version = H5FD_CLASS_VERSION,
	/* Of those that are free for whoever wants one. */
	.value = 300,
#endif
	.name = "oscan",
	.maxaddr = (haddr_t)INT64_MAX,
	.fc_degree = H5F_CLOSE_STRONG,
	.fapl_size = sizeof(int),
	.open = disk_open,
	.close = disk_close,
	.cmp = disk_compare,
	.query = disk_query,
	.get_eoa = disk_get_eoa,
	.set_eoa = disk_set_eoa,
	.get_eof = disk_get_eof,
	.read = disk_read,
	.write = disk_write,
	.flush = disk_flush,
	.truncate = disk_truncate,
	.lock = disk_lock,
	.unlock = disk_unlock,
	.fl_map = H5FD_FLMAP_DICHOTOMY,
};

int disk_access(hid_t access, int note)
{
	static hid_t driver = -1;

	if (driver < 0)
		driver = H5FDregister(&class);
	if (driver < 0)
		return -1;
	return H5Pset_driver(access, driver, &note) < 0 ? -1 : 0;
}
