// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz CALLS SEED: make so many calls, in rounds. In each round threads make
 * random calls while the edges that the rig records are taken; then all axes
 * are halted, and what the driver counted must be what was recorded.
 *
 * In every other round no request sets the position, so that it can be held
 * against the edges too. In some the device is unbound from the driver and
 * bound again, over and over, under the open files; the driver's count begins
 * anew then, and the edges are held against the rules of their time alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "kit.h"

#define ROUND_CALLS	100000
#define SAY_NS		(20 * KIT_NS_PER_S)
#define AXES		2	/* of the rig */
#define REBIND_ROUNDS	4	/* one in so many */

/* Edges as they come; main thread only. */
struct recorder {
	struct recording recording;
	size_t room;
	int fd;
};

struct round {
	struct fuzz_machine machine;
	struct fuzz_thread threads[FUZZ_THREADS];
	struct oscan_state before[AXES];
	bool rebind;
};

static struct fuzz_tally total;
static uint64_t steps;
static atomic_int running;

static void do_nothing(int number)
{
}

static void begin(void)
{
	/* Calls are interrupted, half of the time for good. */
	struct sigaction action = { .sa_handler = do_nothing };

	want(!sigaction(SIGUSR1, &action, NULL), "sigaction: %m");
	action.sa_flags = SA_RESTART;
	want(!sigaction(SIGUSR2, &action, NULL), "sigaction: %m");
	ioctl_begin();
	netlink_begin();
}

static void call(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	uint64_t choice = fuzz_below(random, 4096);

	if (choice < 2)
		files_fork(random);
	else if (choice < 200 && !thread->machine->calm)
		files_change(random);
	else if (choice < 350)
		files_other(random);
	else if (choice < 900)
		netlink_call(thread);
	else
		ioctl_call(thread);
	thread->tally.calls++;
}

static void *run_thread(void *data)
{
	struct fuzz_thread *thread = data;

	while (thread->tally.calls < thread->quota)
		call(thread);
	netlink_end(thread);
	atomic_fetch_sub(&running, 1);
	return NULL;
}

static void take_edges(struct recorder *recorder)
{
	struct recording *recording = &recorder->recording;
	size_t size = sizeof(*recording->edges);
	ssize_t got;

	do {
		if (recorder->room - recording->count < 4096) {
			recorder->room = 2 * recorder->room + 65536;
			recording->edges = realloc(recording->edges,
						   recorder->room * size);
			want(recording->edges, "no memory");
		}
		got = read(recorder->fd, recording->edges + recording->count,
			   (recorder->room - recording->count) * size);
		want(got >= 0, "/dev/oscan-rig: %m");
		recording->count += got / size;
	} while (got);
}

static void begin_round(struct round *round, struct recorder *recorder,
			uint64_t seed, uint64_t calls)
{
	/* Of the seed alone, so that it brings the kind of round back too. */
	uint64_t number = seed / FUZZ_THREADS;
	int fd = motor_setup(), axis, i;

	*recorder = (struct recorder) {
		.fd = open("/dev/oscan-rig", O_RDONLY | O_CLOEXEC),
	};
	want(recorder->fd >= 0, "/dev/oscan-rig: %m");
	round->machine = (struct fuzz_machine) {
		.axes = motor_info(fd).axes,
		.rebase = number % 2,
	};
	round->rebind = number % REBIND_ROUNDS == REBIND_ROUNDS - 1;
	want_equal(round->machine.axes, AXES);
	for (axis = 0; axis < AXES; axis++)
		round->before[axis] = motor_state(fd, axis);
	close(fd);
	files_begin();
	for (i = 0; i < FUZZ_THREADS; i++) {
		round->threads[i] = (struct fuzz_thread) {
			.machine = &round->machine,
			.quota = calls / FUZZ_THREADS,
			.socket = -1,
		};
		fuzz_seed(&round->threads[i].random, seed + i);
	}
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

/* Takes edges and disturbs the threads until all have made their calls. */
static void run_round(struct round *round, struct recorder *recorder)
{
	pthread_t threads[FUZZ_THREADS];
	int i;

	running = FUZZ_THREADS;
	for (i = 0; i < FUZZ_THREADS; i++)
		want(!pthread_create(&threads[i], NULL, run_thread,
				     &round->threads[i]), "pthread_create");
	for (i = 0; running; i++) {
		round->machine.calm = i % 16 < 10;
		/* Threads that have ended are not joined yet, so still known. */
		pthread_kill(threads[i % FUZZ_THREADS],
			     i / FUZZ_THREADS % 2 ? SIGUSR1 : SIGUSR2);
		kit_sleep_ms(5);
		if (round->rebind && i % 64 == 32) {
			write_driver("unbind");
			write_driver("bind");
		}
		take_edges(recorder);
	}
	for (i = 0; i < FUZZ_THREADS; i++)
		want(!pthread_join(threads[i], NULL), "pthread_join");
	files_end();
}

static void judge_axis_of_round(const struct round *round, int fd,
				unsigned int axis,
				const struct recording *recording)
{
	const struct oscan_state *before = &round->before[axis];
	struct oscan_state now = motor_state(fd, axis);

	steps += recording_count(recording, axis_lines(axis).step, 1);
	want_equal(recording_count(recording, axis_lines(axis).step, 1),
		   recording_count(recording, axis_lines(axis).step, 0));
	if (!round->rebind)
		want_equal(now.steps - before->steps,
			   recording_count(recording, axis_lines(axis).step,
					   1));
	if (!round->rebind && !round->machine.rebase)
		want_equal(now.position - before->position,
			   recording_net(recording, axis));
	judge_axis(fd, axis, recording, SPEED_SPS);
}

static void end_round(const struct round *round, struct recorder *recorder)
{
	struct recording *recording = &recorder->recording;
	int fd = motor_open(O_RDWR);
	unsigned int axis;

	motor_halt(fd);
	take_edges(recorder);
	kit_sleep_ms(20);
	want_equal(read(recorder->fd, &(struct oscan_rig_edge){ 0 },
			sizeof(struct oscan_rig_edge)), 0);
	want_equal(rig_number("lost"), 0);
	want_equal(edges_check(recording->edges, recording->count),
		   recording->count);
	for (axis = 0; axis < AXES; axis++)
		judge_axis_of_round(round, fd, axis, recording);
	close(fd);
	close(recorder->fd);
	recording_free(recording);
}

static void sum_up(const struct round *round)
{
	const struct fuzz_tally *tally;
	size_t request;
	int i;

	for (i = 0; i < FUZZ_THREADS; i++) {
		tally = &round->threads[i].tally;
		total.calls += tally->calls;
		for (request = 0; request < fuzz_request_count; request++) {
			total.accepted[request] += tally->accepted[request];
			total.refused[request] += tally->refused[request];
		}
	}
}

static void say_rarely(uint64_t seed)
{
	static uint64_t said_ns;

	if (kit_now_ns() - said_ns < SAY_NS)
		return;
	said_ns = kit_now_ns();
	kit_say("%" PRIu64 " calls, %" PRIu64 " steps; seed of the last round %" PRIu64,
		total.calls, steps, seed);
}

/* A request that is never accepted was not tried beyond its first check. */
static void conclude(void)
{
	int fd = motor_setup();
	size_t i;

	kit_say("%" PRIu64 " calls, %" PRIu64 " steps", total.calls, steps);
	for (i = 0; i < fuzz_request_count; i++)
		kit_say("%-14s %8" PRIu64 " accepted %8" PRIu64 " refused",
			fuzz_requests[i].name, total.accepted[i],
			total.refused[i]);
	for (i = 0; i < fuzz_request_count; i++)
		want(total.accepted[i], "%s was never accepted",
		     fuzz_requests[i].name);
	want(steps, "no step was made");
	motor_move(fd, TURNTABLE, 100, 0);
	motor_move(fd, ROTOR, -100, 0);
}

int main(int argc, char **argv)
{
	uint64_t calls = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	uint64_t chunk = calls / REBIND_ROUNDS;
	static struct round round;
	struct recorder recorder;

	if (chunk > ROUND_CALLS)
		chunk = ROUND_CALLS;
	if (calls < 1000) {
		fprintf(stderr, "usage: fuzz CALLS [SEED], at least 1000 calls\n");
		return 2;
	}
	begin();
	while (total.calls + FUZZ_THREADS <= calls) {
		begin_round(&round, &recorder, seed, chunk);
		run_round(&round, &recorder);
		end_round(&round, &recorder);
		sum_up(&round);
		say_rarely(seed);
		seed += FUZZ_THREADS;
	}
	conclude();
	return 0;
}
