/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fuzzer of oscan_motor.ko: what its files offer to each other.
 *
 * Several threads share a handful of open files and make random calls on
 * them. Calls come from a generator with a seed; how the threads interleave is
 * the kernel's affair, so a seed brings back the calls and not their order.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_THREADS	4
/* Room for the argument of any request. */
#define FUZZ_ARGUMENT	4096

/* enum fuzz_right - who may make a request, as <linux/oscan.h> says */
enum fuzz_right {
	FUZZ_WATCH = 1,		/* any file; reserved fields are not looked at */
	FUZZ_COMMAND = 2,	/* files opened for writing, reserved are zero */
};

/* enum fuzz_effect - what must not happen at all times */
enum fuzz_effect {
	FUZZ_PLAIN = 1,
	FUZZ_ENDS = 2,		/* it ends a move */
	FUZZ_REBASES = 3,	/* it changes the position without a step */
};

/**
 * struct fuzz_request - one request, a line of requests.c
 * @name: as in OSCAN_IOC_name
 * @cmd: its number
 * @size: of its struct, bytes
 * @right: who may make it
 * @weight: how often it is made, relative to the others
 * @effect: what it does besides
 * @fields: its struct, see requests.c
 */
struct fuzz_request {
	const char *name;
	unsigned int cmd;
	size_t size;
	enum fuzz_right right;
	unsigned int weight;
	enum fuzz_effect effect;
	const char *fields;
};

/* requests.c */
extern const struct fuzz_request fuzz_requests[];
extern const size_t fuzz_request_count;

/* struct fuzz_random - a generator; seed it with fuzz_seed() */
struct fuzz_random {
	uint64_t state;
};

/* random.c */
void fuzz_seed(struct fuzz_random *random, uint64_t seed);
uint64_t fuzz_any(struct fuzz_random *random);
/* fuzz_below() - 0 to @limit - 1 */
uint64_t fuzz_below(struct fuzz_random *random, uint64_t limit);
/* fuzz_one_in() - true once in @n calls */
bool fuzz_one_in(struct fuzz_random *random, unsigned int n);

/**
 * struct fuzz_machine - what is fuzzed
 * @axes: number of axes, constant during a round
 * @rebase: requests that change the position without a step are allowed,
 *	constant during a round
 * @calm: nothing is done now that ends a move, so that moves get on
 */
struct fuzz_machine {
	unsigned int axes;
	bool rebase;
	atomic_bool calm;
};

/* struct fuzz_field - a field of a struct, its @kind as in requests.c */
struct fuzz_field {
	char kind;
	size_t offset;
};

#define FUZZ_FIELDS	1024

/* struct fuzz_layout - the fields of a struct of @size bytes */
struct fuzz_layout {
	struct fuzz_field fields[FUZZ_FIELDS];
	size_t count;
	size_t size;
};

/* fields_parse() - a description; false when it is none */
bool fields_parse(struct fuzz_layout *layout, const char *fields);
/* fields_put() - set one, cut to its size */
void fields_put(unsigned char *argument, const struct fuzz_field *field,
		uint64_t value);

/**
 * fields_fill() - make an argument: valid, nearly valid or wild
 * @argument: out, shape [FUZZ_ARGUMENT]
 *
 * Return: true when a field that must be zero is not.
 */
bool fields_fill(struct fuzz_random *random,
		 const struct fuzz_machine *machine,
		 const struct fuzz_request *request, unsigned char *argument);

/**
 * struct fuzz_tally - what became of the calls of one thread
 * @calls: calls made
 * @accepted: shape [request], requests that returned 0
 * @refused: shape [request], those that returned an error
 */
struct fuzz_tally {
	uint64_t calls;
	uint64_t accepted[64];
	uint64_t refused[64];
};

/**
 * struct fuzz_thread - one of those that make calls
 * @random: its generator
 * @machine: what is fuzzed
 * @tally: what became of its calls
 * @quota: calls to make in this round
 * @socket: its netlink socket, or -1
 */
struct fuzz_thread {
	struct fuzz_random random;
	const struct fuzz_machine *machine;
	struct fuzz_tally tally;
	uint64_t quota;
	int socket;
};

/* files.c: open files that all threads share */
void files_begin(void);
void files_end(void);
/* files_pick() - one of them; it may be closed at any time */
int files_pick(struct fuzz_random *random);
/* files_change() - open, close or duplicate one of them */
void files_change(struct fuzz_random *random);
/* files_other() - a system call on one of them that is no ioctl */
void files_other(struct fuzz_random *random);
/* files_fork() - a process that commands and dies */
void files_fork(struct fuzz_random *random);

/* requests made of the driver: ioctl.c */
void ioctl_begin(void);
void ioctl_call(struct fuzz_thread *thread);

/* netlink.c */
void netlink_begin(void);
void netlink_call(struct fuzz_thread *thread);
void netlink_end(struct fuzz_thread *thread);

#endif /* FUZZ_H */
