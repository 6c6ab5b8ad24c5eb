// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has a device open, as /proc tells. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include "oscanctl.h"

static bool is_writable(const char *process, const char *file)
{
	char path[64], line[128];
	unsigned int flags = 0;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/%.16s/fdinfo/%.16s", process,
		 file);
	info = fopen(path, "re");
	if (!info)
		return false;
	while (fgets(line, sizeof(line), info))
		if (sscanf(line, "flags: %o", &flags) == 1)
			break;
	fclose(info);
	return (flags & O_ACCMODE) != O_RDONLY;
}

static bool has_open(const char *process, dev_t device)
{
	char path[64];
	struct dirent *entry;
	struct stat stat;
	bool found = false;
	DIR *files;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", process);
	files = opendir(path);
	if (!files)
		return false;
	while (!found && (entry = readdir(files))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (fstatat(dirfd(files), entry->d_name, &stat, 0))
			continue;
		found = S_ISCHR(stat.st_mode) && stat.st_rdev == device &&
			is_writable(process, entry->d_name);
	}
	closedir(files);
	return found;
}

static void read_name(const char *process, char *name, size_t size)
{
	char path[64];
	FILE *comm;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", process);
	comm = fopen(path, "re");
	if (!comm || !fgets(name, size, comm))
		snprintf(name, size, "a program");
	name[strcspn(name, "\n")] = '\0';
	if (comm)
		fclose(comm);
}

int holders(int fd, char *text, size_t size)
{
	size_t length = 0;
	struct dirent *entry;
	struct stat stat;
	char name[32];
	int count = 0;
	DIR *processes;

	text[0] = '\0';
	if (fstat(fd, &stat) || !S_ISCHR(stat.st_mode))
		return 0;
	processes = opendir("/proc");
	if (!processes)
		return 0;
	while ((entry = readdir(processes))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    atol(entry->d_name) == getpid() ||
		    !has_open(entry->d_name, stat.st_rdev))
			continue;
		read_name(entry->d_name, name, sizeof(name));
		if (length < size)
			length += snprintf(text + length, size - length,
					   "%s%s (process %.16s)",
					   count ? ", " : "", name,
					   entry->d_name);
		count++;
	}
	closedir(processes);
	return count;
}
