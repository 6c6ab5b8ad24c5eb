// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c liboscan.a pkg:libnl-genl-3.0 -lm */
/*
 * The page, read through the library and judged on the edges that the rig
 * recorded.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kit.h"
#include "oscan.h"

#define PAGE	4096
#define SEEN	20000
#define STEPS	800

static const struct oscan_page *open_page(void)
{
	const struct oscan_page *page = oscan_page_open(NULL);

	want(page, "the page: %m");
	return page;
}

static struct oscan_page_axis look(const struct oscan_page *page,
				   unsigned int axis)
{
	struct oscan_page_axis seen;

	want(!oscan_page_read(page, axis, &seen), "axis %u: %m", axis);
	return seen;
}

static void want_as_state(int fd, const struct oscan_page *page,
			  unsigned int axis)
{
	const uint32_t flags = OSCAN_STATE_ENABLED | OSCAN_STATE_AT_MIN |
			       OSCAN_STATE_AT_MAX;
	struct oscan_state state = motor_state(fd, axis);
	struct oscan_page_axis seen = look(page, axis);

	want_equal(seen.flags, state.flags & flags);
	want_equal(seen.motion, state.motion);
	want_equal(seen.position_state, state.position_state);
	want_equal(seen.position, state.position);
	want_equal(seen.target, state.target);
	want_equal(seen.last_step_ns, state.last_step_ns);
	want_equal(seen.steps, state.steps);
	want_equal(seen.move_id, state.move_id);
	want_equal(seen.interval_ns, 0);
	want_equal(seen.seq % 2, 0);
}

static void at_rest_the_page_says_what_the_state_says(void)
{
	int fd = motor_setup();
	const struct oscan_page *page = open_page();

	want_equal(page->version, OSCAN_PAGE_VERSION);
	want_equal(page->size, sizeof(*page));
	want_equal(page->axes, 2);
	want_equal(page->alive, 1);
	want_as_state(fd, page, TURNTABLE);
	want_as_state(fd, page, ROTOR);
	motor_move(fd, TURNTABLE, -20, 0);
	want_equal(look(page, TURNTABLE).direction, -1);
	motor_move(fd, TURNTABLE, 10, 0);
	want_equal(look(page, TURNTABLE).direction, 1);
	want_as_state(fd, page, TURNTABLE);
	motor_set_position(fd, ROTOR, ROTOR_START + 100);
	motor_enable(fd, TURNTABLE, false);
	want_as_state(fd, page, TURNTABLE);
	want_as_state(fd, page, ROTOR);
	rig_write("endstop_0", "0 1 closed");
	motor_state(fd, TURNTABLE);
	want(look(page, TURNTABLE).flags & OSCAN_STATE_AT_MIN,
	     "the end stop is not seen");
	want_as_state(fd, page, TURNTABLE);
	rig_write("endstop_0", "off");
	want_equal(oscan_page_read(page, 2, &(struct oscan_page_axis){ 0 }),
		   -1);
	want_equal(errno, ENXIO);
	oscan_page_close(page);
}

struct watcher {
	const struct oscan_page *page;
	unsigned int axis;
	atomic_bool end;
	size_t count;
	uint64_t reads;
	struct oscan_page_axis seen[SEEN];
	uint64_t times_ns[SEEN];
};

static struct watcher watchers[2];

/* On another processor than the steps, as far as there are any. */
static void *watch(void *data)
{
	struct watcher *watcher = data;
	struct oscan_page_axis now;
	uint32_t before = 1;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(1, &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (!watcher->end && watcher->count < SEEN) {
		now = look(watcher->page, watcher->axis);
		watcher->reads++;
		if (now.seq == before)
			continue;
		before = now.seq;
		watcher->times_ns[watcher->count] = kit_now_ns();
		watcher->seen[watcher->count++] = now;
	}
	return NULL;
}

/*
 * Each position with its time must be one of the recorded steps: the time was
 * read after the edge was recorded, and before the line's next one.
 */
static void check_seen(const struct watcher *watcher, int64_t from,
		       const struct recording *recording)
{
	size_t steps, falls, i, step, moving = 0;
	uint64_t *rise = recording_times(recording,
					 axis_lines(watcher->axis).step, 1,
					 &steps);
	uint64_t *fall = recording_times(recording,
					 axis_lines(watcher->axis).step, 0,
					 &falls);
	const struct oscan_page_axis *seen = watcher->seen;

	want_equal(steps, STEPS);
	want_equal(falls, STEPS);
	for (i = 0; i < watcher->count; i++, seen++) {
		want(!i || seen->position >= seen[-1].position,
		     "the position went back");
		step = seen->position - from;
		if (!step)
			continue;
		want(step <= steps, "position %lld",
		     (long long)seen->position);
		want(seen->last_step_ns >= rise[step - 1] &&
		     seen->last_step_ns < fall[step - 1],
		     "step %zu was at %llu, the page says %llu", step,
		     (unsigned long long)rise[step - 1],
		     (unsigned long long)seen->last_step_ns);
		/* What is read is as new as it can be. */
		want(step == steps || i + 1 == watcher->count ||
		     seen[1].position > seen->position ||
		     watcher->times_ns[i] >= rise[step - 1], "it is old");
		if (i && seen->interval_ns && seen[-1].last_step_ns &&
		    seen[-1].position == seen->position - 1)
			want_equal(seen->interval_ns, seen->last_step_ns -
				   seen[-1].last_step_ns);
		moving += seen->motion == OSCAN_MOTION_MOVING;
	}
	want(moving > 50, "%zu looks while it moved", moving);
	free(rise);
	free(fall);
}

static void what_is_read_while_axes_move_is_of_one_moment(void)
{
	int fd = motor_setup(), axis;
	const struct oscan_page *page = open_page();
	struct recording recording;
	pthread_t threads[2];
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	want(!sched_setaffinity(0, sizeof(set), &set), "no processor 0");
	for (axis = 0; axis < 2; axis++) {
		watchers[axis].page = page;
		watchers[axis].axis = axis;
		want(!pthread_create(&threads[axis], NULL, watch,
				     &watchers[axis]), "pthread_create");
	}
	motor_start(fd, TURNTABLE, STEPS, 2000);
	motor_start(fd, ROTOR, STEPS, 1900);
	motor_rest(fd, TURNTABLE);
	motor_rest(fd, ROTOR);
	recording = rig_take();
	for (axis = 0; axis < 2; axis++) {
		watchers[axis].end = true;
		want(!pthread_join(threads[axis], NULL), "pthread_join");
		check_seen(&watchers[axis], axis ? ROTOR_START : 0,
			   &recording);
	}
	recording_free(&recording);
}

static void *map(int fd, size_t size, int protection, int flags, off_t offset)
{
	void *page = mmap(NULL, size, protection, flags, fd, offset);

	return page == MAP_FAILED ? NULL : page;
}

static void want_unmapped(int fd, size_t size, int protection, int flags,
			  off_t offset, int error)
{
	want(!map(fd, size, protection, flags, offset), "it was mapped");
	want(errno == error, "%s, wanted %s", strerror(errno),
	     strerror(error));
}

static void the_page_can_never_be_written(void)
{
	int fd = motor_open(O_RDWR);
	void *page;

	want_unmapped(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0, EPERM);
	want_unmapped(fd, PAGE, PROT_WRITE, MAP_SHARED, 0, EPERM);
	want_unmapped(fd, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, 0, EPERM);
	want_unmapped(fd, PAGE, PROT_READ, MAP_PRIVATE, 0, EINVAL);
	want_unmapped(fd, PAGE, PROT_READ, MAP_SHARED, PAGE, EINVAL);
	want_unmapped(fd, 2 * PAGE, PROT_READ, MAP_SHARED, 0, EINVAL);
	page = map(fd, PAGE, PROT_READ, MAP_SHARED, 0);
	want(page, "mmap: %m");
	want(mprotect(page, PAGE, PROT_READ | PROT_WRITE) && errno == EACCES,
	     "it was made writable");
	want(mprotect(page, PAGE, PROT_READ | PROT_EXEC) && errno == EACCES,
	     "it was made executable");
	/* Nor by way of the system. */
	want(read(open("/dev/zero", O_RDONLY), page, 8) < 0 &&
	     errno == EFAULT, "the kernel wrote to it");
}

static void write_driver(const char *name)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path),
		 "/sys/bus/platform/drivers/oscan-motor/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	want(fd >= 0, "%s: %m", path);
	want(write(fd, "oscan-motor", 11) == 11, "%s: %m", name);
	close(fd);
}

static void the_page_outlives_the_device(void)
{
	int fd = motor_setup(), gone;
	const struct oscan_page *page = open_page(), *next;
	struct oscan_page_axis before, after;

	motor_move(fd, TURNTABLE, 12, 0);
	before = look(page, TURNTABLE);
	close(fd);
	gone = motor_open(O_RDONLY);
	want(syscall(SYS_delete_module, "oscan_motor", O_NONBLOCK) &&
	     errno == EWOULDBLOCK, "the module went from under the page");
	write_driver("unbind");
	want_equal(page->alive, 0);
	want_equal(oscan_page_read(page, TURNTABLE, &after), -1);
	want_equal(errno, ENODEV);
	want_equal(after.position, 12);
	want_equal(after.last_step_ns, before.last_step_ns);
	want_unmapped(gone, PAGE, PROT_READ, MAP_SHARED, 0, ENODEV);
	write_driver("bind");
	next = open_page();
	want_equal(look(next, TURNTABLE).position, 0);
	want_equal(page->alive, 0);
	want_equal(page->axis[TURNTABLE].position, 12);
	oscan_page_close(page);
	oscan_page_close(next);
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(at_rest_the_page_says_what_the_state_says),
	CASE(what_is_read_while_axes_move_is_of_one_moment),
	CASE(the_page_can_never_be_written),
	CASE(the_page_outlives_the_device),
};

int main(int argc, char **argv)
{
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
