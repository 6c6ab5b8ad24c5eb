/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oscanctl: what the commands share.
 *
 * A command is: parse, call the library, print. It returns the exit status:
 * 0 done, 1 failed, 2 wrong usage. Results go to stdout, all else to stderr.
 * An error is one sentence: what was wanted, what was found, what to do.
 */
#ifndef OSCANCTL_H
#define OSCANCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "axis-state.h"
#include "oscan.h"
#include "words.h"

/** enum exit_status - EXIT_SUCCESS and EXIT_FAILURE are 0 and 1 */
enum exit_status {
	EXIT_USAGE = 2,
};

/**
 * struct command - an entry of the table in oscanctl.c
 * @name: as typed
 * @run: gets argv[0] = @name; returns the exit status
 * @summary: one line for the list of commands
 */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

int cmd_list(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_monitor(int argc, char **argv);
int cmd_stream(int argc, char **argv);
int cmd_enable(int argc, char **argv);
int cmd_jog(int argc, char **argv);
int cmd_move(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_halt(int argc, char **argv);
int cmd_home(int argc, char **argv);
int cmd_set_position(int argc, char **argv);
int cmd_calibrate(int argc, char **argv);
int cmd_trigger(int argc, char **argv);
int cmd_capture(int argc, char **argv);
int cmd_light(int argc, char **argv) __attribute__((weak));
int cmd_record(int argc, char **argv) __attribute__((weak));
int cmd_plot(int argc, char **argv) __attribute__((weak));
int cmd_export(int argc, char **argv) __attribute__((weak));
int cmd_path(int argc, char **argv) __attribute__((weak));
int cmd_scan(int argc, char **argv) __attribute__((weak));
int cmd_flyscan(int argc, char **argv) __attribute__((weak));
int cmd_frames(int argc, char **argv) __attribute__((weak));
int cmd_recover(int argc, char **argv) __attribute__((weak));
int cmd_project(int argc, char **argv) __attribute__((weak));
int cmd_flyscan_calibrate(int argc, char **argv) __attribute__((weak));
int cmd_job(int argc, char **argv) __attribute__((weak));
int cmd_report(int argc, char **argv) __attribute__((weak));
int cmd_diag(int argc, char **argv) __attribute__((weak));
int cmd_doctor(int argc, char **argv) __attribute__((weak));

/**
 * @defgroup messages message.c: sentences on stderr
 * @{
 */

/**
 * message_command - name that the sentences begin with
 * @name: "move" makes "oscanctl move: ..."; NULL "oscanctl: ..."
 */
void message_command(const char *name);

/** note - print a sentence, for what is no error */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** fail - print a sentence. Return: EXIT_FAILURE */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** wrong_usage - print a sentence that ends with where help is.
 * Return: EXIT_USAGE
 */
int wrong_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** unknown_word - print that there is no @what named @word, and which of @words
 * may be meant. Return: EXIT_USAGE
 */
int unknown_word(const char *what, const char *word,
		 const char *const *words, size_t count);

/** print_json - print a value on stdout and release it. Return: exit status */
int print_json(json_t *value);

/** @} */

/**
 * @defgroup options options.c: command lines
 *
 * One table is both what getopt_long(3) parses and what --help prints.
 * Options and operands may be mixed; an argument such as "-30" or "-.5" is an
 * operand; "--" ends the options.
 * @{
 */

/**
 * struct option_text - one option; the table ends with an empty entry
 * @name: long name, without "--"
 * @key: what options_next() returns for it: a letter, which is also its short
 *	name, or OPTION_OWN and above
 * @value: name of its value in the help; NULL if it takes none
 * @text: one line of help; NULL: another name for the entry with its @key
 */
struct option_text {
	const char *name;
	int key;
	const char *value;
	const char *text;
};

/*
 * --device and --json, for a command that takes them; options_next() handles
 * both, and --help, itself.
 */
enum {
	OPTION_HELP = 0x100,
	OPTION_DEVICE = 0x101,
	OPTION_JSON = 0x102,
	OPTION_OWN = 0x103,	/* first key for a command's own options */
};

#define OPTION_TEXT_DEVICE \
	{ "device", OPTION_DEVICE, "PATH", \
	  "device of the motors, " OSCAN_DEVICE_PATH " if not given" }
#define OPTION_TEXT_JSON \
	{ "json", OPTION_JSON, NULL, "print the result as JSON" }

/** option_name - the first name of the option with @key, which is in @texts */
const char *option_name(const struct option_text *texts, int key);

/**
 * struct usage - how a command is called
 * @command: its name
 * @operands: their names as in the help, "AXIS VALUE"; "" if there are none
 * @least: least number of operands
 * @most: greatest number of operands
 * @text: what it does, one sentence
 * @options: what it takes, besides --help
 */
struct usage {
	const char *command;
	const char *operands;
	int least;
	int most;
	const char *text;
	const struct option_text *options;
};

/**
 * struct options - a command line being parsed
 * @usage: what is allowed
 * @argc: as the command got it
 * @argv: as the command got it; operands are moved to its front
 * @count: number of operands so far; they are argv[1] to argv[count]
 * @value: of the option just returned
 * @device: --device, else NULL
 * @json: --json
 * @status: exit status, when options_next() returned -1
 */
struct options {
	const struct usage *usage;
	int argc;
	char **argv;
	int count;
	const char *value;
	const char *device;
	bool json;
	int status;
};

/** options_begin - start with argv[1]; one command line at a time */
void options_begin(struct options *options, const struct usage *usage,
		   int argc, char **argv);

/**
 * options_next - next option of the command's own
 *
 * Return: its key; 0 at the end, with the number of operands right; -1 to
 * leave with @options->status: help was asked for and printed, or the usage
 * was wrong and a sentence printed.
 */
int options_next(struct options *options);

/**
 * options_parse - for a command with no options of its own
 *
 * Return: 0, or -1 to leave with @options->status.
 */
int options_parse(struct options *options, const struct usage *usage,
		  int argc, char **argv);

/** @} */

/**
 * @defgroup quantities quantity.c: numbers with a unit
 * @{
 */

/** enum quantity_kind - which unit, and sign, is asked for */
enum quantity_kind {
	QUANTITY_POSITION = 1,	/* deg, mm or turn */
	QUANTITY_SPEED = 2,	/* the same with /s, above zero */
	QUANTITY_ACCEL = 3,	/* the same with /s2, above zero */
	QUANTITY_JERK = 4,	/* the same with /s3, above zero */
};

/**
 * struct quantity - a number as typed
 * @kind: what it is
 * @value: finite
 * @unit: what stood behind it, "" if nothing did
 * @text: all of it; points into argv
 */
struct quantity {
	enum quantity_kind kind;
	double value;
	const char *unit;
	const char *text;
};

/**
 * quantity_parse - "-30", "12.5mm", "10deg/s"
 * @what: for the sentence, "VALUE" or "--speed"
 *
 * Return: 0, or EXIT_USAGE after a sentence.
 */
int quantity_parse(const char *what, const char *text,
		   enum quantity_kind kind, struct quantity *quantity);

/**
 * quantity_steps - in microsteps, microsteps/s or microsteps/s^2
 * @what: for the sentence
 * @axis: gives the unit and the scale
 * @in_steps: the number is in microsteps already and must have no unit
 * @steps: out
 *
 * Return: 0, or EXIT_USAGE after a sentence.
 */
int quantity_steps(const char *what, const struct quantity *quantity,
		   const struct oscan_axis_info *axis, bool in_steps,
		   double *steps);

/**
 * quantity_fixed - a speed, an acceleration or a jerk as the kernel takes it
 * @quantity: not given if it has no text
 * @status: in and out: where it is not 0 nothing is done; EXIT_USAGE after a
 *	sentence
 *
 * Return: fixed point of its kind, 0 for what was not given.
 */
uint64_t quantity_fixed(const char *what, const struct quantity *quantity,
			const struct oscan_axis_info *axis, bool in_steps,
			int *status);

/**
 * quantity_position - quantity_steps() of a position, to the nearest whole
 * @in_steps: the number must be whole
 * @steps: out, absolute value at most OSCAN_POSITION_LIMIT
 */
int quantity_position(const char *what, const struct quantity *quantity,
		      const struct oscan_axis_info *axis, bool in_steps,
		      int64_t *steps);

/** @} */

/**
 * @defgroup machine machine.c: the device and its axes
 * @{
 */

/**
 * machine_open - oscan_motor_open(), with a sentence after an error
 * @path: NULL for the usual one
 */
struct oscan_motor *machine_open(const char *path, bool writable);

/**
 * machine_axis - number of an axis by name
 *
 * Return: number, or -1 after a sentence that names the axes there are.
 */
int machine_axis(const struct oscan_motor *motor, const char *name);

/**
 * machine_fail - the sentence for a request that failed
 * @axis: number of the axis that it was for
 * @wanted: "move turntable", "enable rotor"
 * @error: errno of the request
 *
 * For EBUSY it names the program that holds control, if it can be seen.
 *
 * Return: EXIT_FAILURE
 */
int machine_fail(struct oscan_motor *motor, unsigned int axis,
		 const char *wanted, int error);

/**
 * machine_state - oscan_motor_state(), with a sentence after an error
 *
 * Return: 0, or EXIT_FAILURE.
 */
int machine_state(struct oscan_motor *motor, unsigned int axis,
		  struct oscan_state *state);

/** MACHINE_TEXT_LEN - room for any text of this group, with its NUL */
#define MACHINE_TEXT_LEN 128

/** machine_place - "12.3400 deg (110 microsteps)" into @text */
const char *machine_place(const struct oscan_axis_info *axis, int64_t steps,
			  char text[MACHINE_TEXT_LEN]);

/** machine_limits - "12.0000 to 125.0000 deg" or "none" into @text */
const char *machine_limits(const struct oscan_axis_info *axis,
			   char text[MACHINE_TEXT_LEN]);

/** @} */

/**
 * holders - programs that have a device open for writing, but for this one
 * @fd: the device
 * @text: out: "oscanctl (process 42), python3 (process 43)"; "" if none is
 *	seen, which without root's rights need not mean that there is none
 *
 * Return: number of programs.
 */
int holders(int fd, char *text, size_t size);

/**
 * @defgroup cancel cancel.c: an end that was asked for
 * @{
 */

/** cancelled - number of the signal that came since cancel_catch(), else 0 */
extern volatile int cancelled;

/** cancel_catch - from now on SIGINT, SIGTERM and SIGHUP only set cancelled */
void cancel_catch(void);

/** @} */

/* Prints one axis, or adds it to @array if that is not NULL; exit status. */
typedef int machine_show_axis(struct oscan_motor *motor, unsigned int axis,
			      json_t *array);

/**
 * machine_show() - run a command that shows all axes, or the one named
 * @argc: of the command
 * @argv: of the command
 * @usage: of the command
 * @show_axis: shows one
 *
 * Return: exit status
 */
int machine_show(int argc, char **argv, const struct usage *usage,
		 machine_show_axis *show_axis);

#endif /* OSCANCTL_H */
