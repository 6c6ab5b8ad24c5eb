// SPDX-License-Identifier: GPL-2.0-or-later
/* One table of options: parsed by getopt_long(3), printed by --help. */
#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oscanctl.h"

#define MOST_OPTIONS 64

static const struct option_text help_text = {
	"help", OPTION_HELP, NULL, "print this"
};

const char *option_name(const struct option_text *texts, int key)
{
	while (texts->key != key)
		texts++;
	return texts->name;
}

static bool is_letter(int key)
{
	return key < OPTION_HELP && isalpha(key);
}

static void print_option(const struct option_text *text)
{
	char left[32];

	if (is_letter(text->key))
		snprintf(left, sizeof(left), "-%c, --%s %s", text->key,
			 text->name, text->value ? text->value : "");
	else
		snprintf(left, sizeof(left), "--%s %s", text->name,
			 text->value ? text->value : "");
	printf("  %-22s%s\n", left, text->text);
}

static void print_help(const struct usage *usage)
{
	const struct option_text *text;

	printf("Usage: oscanctl %s [OPTION]...%s%s\n%s\n\n", usage->command,
	       usage->operands[0] ? " " : "", usage->operands, usage->text);
	for (text = usage->options; text->name; text++)
		if (text->text)
			print_option(text);
	print_option(&help_text);
	printf("\nSee oscanctl-%s(1).\n", usage->command);
}

void options_begin(struct options *options, const struct usage *usage,
		   int argc, char **argv)
{
	memset(options, 0, sizeof(*options));
	options->usage = usage;
	options->argc = argc;
	options->argv = argv;
	opterr = 0;
	optind = 1;
}

static bool is_negative_number(const char *text)
{
	if (*text++ != '-')
		return false;
	if (*text == '.')
		text++;
	return isdigit((unsigned char)*text);
}

static int leave(struct options *options, int status)
{
	options->status = status;
	return -1;
}

/* getopt_long(3) wants its own tables, made from ours. */
static int next_by_getopt(struct options *options)
{
	const struct option_text *text = options->usage->options;
	struct option list[MOST_OPTIONS + 2];
	/* "-": operands come in their order, as the option '\1'. */
	char letters[2 * MOST_OPTIONS + 3] = "-:";
	size_t letter = 2, i;

	memset(list, 0, sizeof(list));
	for (i = 0; i < MOST_OPTIONS && text[i].name; i++) {
		list[i].name = text[i].name;
		list[i].val = text[i].key;
		list[i].has_arg = !!text[i].value;
		if (!is_letter(text[i].key))
			continue;
		letters[letter++] = text[i].key;
		if (text[i].value)
			letters[letter++] = ':';
	}
	list[i].name = help_text.name;
	list[i].val = help_text.key;
	letters[letter] = '\0';
	assert(!text[i].name);
	return getopt_long(options->argc, options->argv, letters, list, NULL);
}

static int unknown_option(struct options *options, const char *word)
{
	const char *names[MOST_OPTIONS + 1], *close = NULL;
	const struct option_text *text = options->usage->options;
	size_t count = 0, length;
	char name[64];

	for (; count < MOST_OPTIONS && text[count].name; count++)
		names[count] = text[count].name;
	names[count++] = help_text.name;
	length = strcspn(word, "=");
	if (!strncmp(word, "--", 2) && length < sizeof(name)) {
		memcpy(name, word + 2, length - 2);
		name[length - 2] = '\0';
		close = closest(name, names, count);
		if (close && !strcmp(close, name))
			return wrong_usage("option \"--%s\" takes no value",
					   name);
	}
	if (close)
		return wrong_usage("no option \"%s\"; did you mean \"--%s\"?",
				   word, close);
	return wrong_usage("no option \"%s\"", word);
}

static int check_operands(struct options *options)
{
	const struct usage *usage = options->usage;

	if (!usage->most && options->count)
		return leave(options,
			     wrong_usage("wanted no argument, found \"%s\"",
					 options->argv[1]));
	if (options->count > usage->most)
		return leave(options,
			     wrong_usage("wanted %s, found \"%s\" behind it",
					 usage->operands,
					 options->argv[usage->most + 1]));
	if (options->count < usage->least)
		return leave(options,
			     wrong_usage("wanted %s, found %d argument%s",
					 usage->operands, options->count,
					 options->count == 1 ? "" : "s"));
	return 0;
}

static void add_operand(struct options *options, char *operand)
{
	options->argv[++options->count] = operand;
}

int options_next(struct options *options)
{
	const char *word;
	int key;

	for (;;) {
		if (optind < options->argc &&
		    is_negative_number(options->argv[optind])) {
			add_operand(options, options->argv[optind++]);
			continue;
		}
		word = options->argv[optind];
		key = next_by_getopt(options);
		switch (key) {
		case -1:
			while (optind < options->argc)
				add_operand(options, options->argv[optind++]);
			return check_operands(options);
		case 1:
			add_operand(options, optarg);
			break;
		case OPTION_HELP:
			print_help(options->usage);
			return leave(options, EXIT_SUCCESS);
		case OPTION_DEVICE:
			options->device = optarg;
			break;
		case OPTION_JSON:
			options->json = true;
			break;
		case ':':
			return leave(options,
				     wrong_usage("option \"%s\" needs a value",
						 word));
		case '?':
			return leave(options, unknown_option(options, word));
		default:
			options->value = optarg;
			return key;
		}
	}
}

int options_parse(struct options *options, const struct usage *usage,
		  int argc, char **argv)
{
	options_begin(options, usage, argc, argv);
	return options_next(options);
}
