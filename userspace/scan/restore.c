// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal of what a scan changes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lights.h"
#include "oscan.h"
#include "restore.h"

#define JOURNAL "flyscan.journal"

/* Of what is put back later, beside the results of controls_put_back(). */
#define LATER 2

/* Longest line that is one of ours. */
#define LINE_LEN 1024

static const char *const kinds[] = {
	[RESTORE_MOTOR] = "motor",
	[RESTORE_CONTROL] = "control",
	[RESTORE_FORMAT] = "format",
	[RESTORE_LIGHT] = "light",
	[RESTORE_TRIGGER] = "trigger",
	[RESTORE_CAPTURE] = "capture",
};

struct restore {
	int fd;
	char path[PATH_MAX];
	struct restore_entry *entries;
	size_t count;
	size_t room;
	struct restore_entry kept;
};

/* 0700 and ours: nobody else may make us write into a device. */
static bool is_private(const char *folder)
{
	struct stat status;

	if (mkdir(folder, 0700) && errno != EEXIST)
		return false;
	return !lstat(folder, &status) && S_ISDIR(status.st_mode) &&
	       status.st_uid == geteuid() && !(status.st_mode & 0022) &&
	       !access(folder, W_OK | X_OK);
}

static void find_folder(char *folder)
{
	const char *service = getenv("RUNTIME_DIRECTORY");
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	snprintf(folder, PATH_MAX, "%s",
		 service && *service == '/' ? service : "/run/oscan");
	if (is_private(folder))
		return;
	if (runtime && *runtime) {
		snprintf(folder, PATH_MAX, "%s/oscan", runtime);
		if (is_private(folder))
			return;
	}
	snprintf(folder, PATH_MAX, "/tmp/oscan-%u", (unsigned int)geteuid());
}

static int add(struct restore *restore, const struct restore_entry *entry)
{
	size_t room = restore->room ? 2 * restore->room : 16;
	struct restore_entry *entries = restore->entries;

	if (restore->count == restore->room) {
		entries = realloc(entries, room * sizeof(*entries));
		if (!entries)
			return -1;
		restore->entries = entries;
		restore->room = room;
	}
	entries[restore->count++] = *entry;
	return 0;
}

static bool same(const struct restore_entry *a, const struct restore_entry *b)
{
	/* A device has one format. */
	return a->kind == b->kind && !strcmp(a->device, b->device) &&
	       !strcmp(a->name, b->name) &&
	       (a->id == b->id || a->kind == RESTORE_FORMAT);
}

static bool is_noted(const struct restore *restore,
		     const struct restore_entry *entry)
{
	for (size_t i = 0; i < restore->count; i++)
		if (same(&restore->entries[i], entry))
			return true;
	return false;
}

static bool read_line(const char *line, struct restore_entry *entry)
{
	json_t *value = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	const char *what, *device, *name;
	json_int_t id, before;
	bool good = false;

	memset(entry, 0, sizeof(*entry));
	if (value && !json_unpack(value, "{s:s, s:s, s:s, s:I, s:I}",
				  "what", &what, "device", &device,
				  "name", &name, "id", &id,
				  "before", &before) &&
	    strlen(device) < sizeof(entry->device) &&
	    strlen(name) < sizeof(entry->name)) {
		strcpy(entry->device, device);
		strcpy(entry->name, name);
		entry->id = id;
		entry->before = before;
		for (int kind = RESTORE_MOTOR; kind <= RESTORE_CAPTURE; kind++)
			if (!strcmp(what, kinds[kind]))
				entry->kind = kind;
		good = entry->kind;
	}
	json_decref(value);
	return good;
}

static int read_journal(struct restore *restore)
{
	struct restore_entry entry;
	char line[LINE_LEN];
	FILE *file = fopen(restore->path, "re");
	int result = 0;

	if (!file)
		return -1;
	while (!result && fgets(line, sizeof(line), file))
		if (read_line(line, &entry) && !is_noted(restore, &entry))
			result = add(restore, &entry);
	fclose(file);
	return result;
}

static int append(int fd, const struct restore_entry *entry)
{
	json_t *value = json_pack("{s:s, s:s, s:s, s:I, s:I}",
				  "what", kinds[entry->kind],
				  "device", entry->device,
				  "name", entry->name,
				  "id", (json_int_t)entry->id,
				  "before", (json_int_t)entry->before);
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	int result = -1;

	json_decref(value);
	if (!text) {
		errno = ENOMEM;
		return -1;
	}
	errno = EIO;
	if (dprintf(fd, "%s\n", text) == (int)strlen(text) + 1)
		result = 0;
	free(text);
	return result;
}

/* A line that was cut off must not swallow the next one. */
static int write_journal(struct restore *restore)
{
	if (ftruncate(restore->fd, 0))
		return -1;
	for (size_t i = 0; i < restore->count; i++)
		if (append(restore->fd, &restore->entries[i]))
			return -1;
	return fsync(restore->fd);
}

static bool is_gone(int error)
{
	return error == ENOENT || error == ENODEV || error == ENXIO;
}

/*
 * A motor that an earlier scan has left on and whose position is known was
 * homed or set since: switching it off now would lose what somebody else did.
 *
 * Return: 1 it was on, 0 it was off, is not there any more or stays on, LATER,
 * -1
 */
static int put_back_motor(const struct restore *restore,
			  const struct restore_entry *entry, bool earlier)
{
	struct oscan_motor *motor = oscan_motor_open(entry->device, true);
	struct oscan_state state;
	int axis, result = -1, error;

	if (!motor)
		return is_gone(errno) ? 0 : -1;
	axis = oscan_motor_find_axis(motor, entry->name);
	if (axis < 0)
		result = 0;
	else if (!oscan_motor_state(motor, axis, &state))
		result = !(state.flags & OSCAN_STATE_ENABLED) !=
			 !entry->before &&
			 !(earlier &&
			   state.position_state == OSCAN_POSITION_KNOWN);
	if (result > 0 && same(entry, &restore->kept))
		result = LATER;
	else if (result > 0 && oscan_motor_enable(motor, axis, entry->before))
		result = -1;
	error = errno;
	oscan_motor_close(motor);
	errno = error;
	return result;
}

static int brightness_of(void *data, const struct light *light)
{
	int64_t *brightness = data;

	*brightness = light->brightness;
	return 0;
}

/* Return: as controls_put_back() */
static int put_back_light(const struct restore_entry *entry)
{
	int64_t now;

	if (lights_each(entry->name, brightness_of, &now))
		return is_gone(errno) ? 0 : -1;
	if (now == entry->before)
		return 0;
	return light_write(entry->name, entry->before) ? -1 : 1;
}

static int put_back(const struct restore *restore,
		    const struct restore_entry *entry, bool earlier)
{
	if (entry->kind == RESTORE_MOTOR)
		return put_back_motor(restore, entry, earlier);
	if (entry->kind == RESTORE_LIGHT)
		return put_back_light(entry);
	if (entry->kind == RESTORE_TRIGGER || entry->kind == RESTORE_CAPTURE)
		return lines_put_back(entry);
	return controls_put_back(entry);
}

/* Each is attempted; those that fail are kept, in their order. */
static int put_all_back(struct restore *restore, bool earlier,
			uint32_t *restored, char *why)
{
	size_t kept = restore->count, count = restore->count, i;
	const struct restore_entry *entry;
	int result;

	*why = '\0';
	*restored = 0;
	for (i = count; i-- > 0;) {
		entry = &restore->entries[i];
		result = put_back(restore, entry, earlier);
		if (result == LATER) {
			restore->entries[--kept] = *entry;
			continue;
		}
		if (result >= 0) {
			*restored += result;
			continue;
		}
		if (!*why)
			snprintf(why, RESTORE_TEXT_LEN,
				 "wanted to put %s %u of %s (%s) back to %lld, found: %s; the next scan tries again, or see %.200s",
				 kinds[entry->kind], entry->id, entry->device,
				 entry->name, (long long)entry->before,
				 strerror(errno), restore->path);
		restore->entries[--kept] = *entry;
	}
	restore->count = count - kept;
	for (i = 0; i < restore->count; i++)
		restore->entries[i] = restore->entries[kept + i];
	return *why ? -1 : 0;
}

static int lock(struct restore *restore, char *why)
{
	restore->fd = open(restore->path,
			   O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
			   0600);
	if (restore->fd < 0) {
		snprintf(why, RESTORE_TEXT_LEN,
			 "wanted a journal at %.300s, found: %s; see the rights of that folder",
			 restore->path, strerror(errno));
		return -1;
	}
	if (!flock(restore->fd, LOCK_EX | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		errno = EBUSY;
	snprintf(why, RESTORE_TEXT_LEN,
		 "wanted to begin a scan, found that another one runs (it holds %.300s); wait until it has ended, or end it",
		 restore->path);
	return -1;
}

static void let_go(struct restore *restore)
{
	int error = errno;

	if (restore->fd >= 0)
		close(restore->fd);
	free(restore->entries);
	free(restore);
	errno = error;
}

static struct restore_entry motor_of(const char *device, const char *axis)
{
	struct restore_entry entry = { .kind = RESTORE_MOTOR };

	snprintf(entry.device, sizeof(entry.device), "%s",
		 device ? device : OSCAN_DEVICE_PATH);
	snprintf(entry.name, sizeof(entry.name), "%s", axis);
	return entry;
}

static struct restore *open_journal(const char *folder,
				    const struct restore_entry *kept,
				    uint32_t *restored, char *why)
{
	struct restore *restore = calloc(1, sizeof(*restore));
	char usual[PATH_MAX];

	*why = '\0';
	*restored = 0;
	if (!restore) {
		snprintf(why, RESTORE_TEXT_LEN,
			 "wanted memory for the journal, found none; end other programs");
		return NULL;
	}
	restore->fd = -1;
	restore->kept = *kept;
	if (!folder) {
		find_folder(usual);
		folder = usual;
	}
	if (is_private(folder) &&
	    snprintf(restore->path, sizeof(restore->path), "%s/" JOURNAL,
		     folder) >= (int)sizeof(restore->path))
		errno = ENAMETOOLONG;
	if (!*restore->path) {
		snprintf(why, RESTORE_TEXT_LEN,
			 "wanted the folder %.300s for the journal, found that it is not there and this user's own; make it, with the mode 0700",
			 folder);
		errno = EACCES;
		goto err;
	}
	if (lock(restore, why))
		goto err;
	if (read_journal(restore)) {
		snprintf(why, RESTORE_TEXT_LEN,
			 "wanted to read the journal %.300s, found: %s; remove it",
			 restore->path, strerror(errno));
		goto err;
	}
	put_all_back(restore, true, restored, why);
	if (!write_journal(restore))
		return restore;
	snprintf(why, RESTORE_TEXT_LEN,
		 "wanted to write the journal %.300s, found: %s; free some space there",
		 restore->path, strerror(errno));
err:
	let_go(restore);
	return NULL;
}

struct restore *restore_open(const char *folder, uint32_t *restored, char *why)
{
	const struct restore_entry none = { 0 };

	return open_journal(folder, &none, restored, why);
}

struct restore *restore_open_but(const char *folder, const char *device,
				 const char *axis, uint32_t *restored,
				 char *why)
{
	const struct restore_entry motor = motor_of(device, axis);

	return open_journal(folder, &motor, restored, why);
}

void restore_use_motor(struct restore *restore)
{
	restore->kept.kind = 0;
}

const char *restore_path(const struct restore *restore)
{
	return restore->path;
}

static int note(void *data, const struct restore_entry *entry)
{
	struct restore *restore = data;

	if (is_noted(restore, entry))
		return 0;
	if (append(restore->fd, entry))
		return -1;
	return add(restore, entry);
}

int restore_note(struct restore *restore, const struct restore_entry *entry)
{
	if (note(restore, entry))
		return -1;
	return fsync(restore->fd);
}

int restore_note_motor(struct restore *restore, const char *device,
		       const char *axis)
{
	const struct restore_entry entry = motor_of(device, axis);

	return restore_note(restore, &entry);
}

static int note_light(void *data, const struct light *light)
{
	struct restore_entry entry = {
		.kind = RESTORE_LIGHT,
		.device = "/sys/class/leds",
		.before = light->brightness,
	};

	snprintf(entry.name, sizeof(entry.name), "%s", light->name);
	return restore_note(data, &entry);
}

int restore_note_light(struct restore *restore, const char *name)
{
	return lights_each(name, note_light, restore);
}

int restore_note_line(struct restore *restore, enum restore_kind kind,
		      const char *device, const char *line, int64_t before)
{
	struct restore_entry entry = { .kind = kind, .before = before };

	snprintf(entry.device, sizeof(entry.device), "%s",
		 device ? device : OSCAN_DEVICE_PATH);
	snprintf(entry.name, sizeof(entry.name), "%s", line);
	return restore_note(restore, &entry);
}

static bool is_camera(const char *path)
{
	return !strncmp(path, "/dev/video", 10) ||
	       !strncmp(path, "/dev/v4l-subdev", 15);
}

int restore_note_camera(struct restore *restore)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	char path[PATH_MAX];
	ssize_t length;
	int result = 0;

	if (!folder)
		return 0;
	while (!result && (entry = readdir(folder))) {
		length = readlinkat(dirfd(folder), entry->d_name, path,
				    sizeof(path) - 1);
		if (length < 0)
			continue;
		path[length] = '\0';
		if (is_camera(path))
			result = controls_each(path, note, restore);
	}
	closedir(folder);
	return result ? -1 : fsync(restore->fd);
}

int restore_close(struct restore *restore, uint32_t *restored, char *why)
{
	int result;

	*why = '\0';
	*restored = 0;
	if (!restore)
		return 0;
	result = put_all_back(restore, false, restored, why);
	/* Emptied and not removed: another scan may be waiting to lock it. */
	write_journal(restore);
	let_go(restore);
	return result;
}
