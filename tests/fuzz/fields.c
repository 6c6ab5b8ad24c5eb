// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments from the description of their fields. */
#include <stdlib.h>
#include <string.h>
#include <linux/oscan.h>

#include "fuzz.h"

static size_t kind_size(char kind)
{
	if (kind && strchr("ambfnotuwz", kind))
		return 4;
	if (kind && strchr("PDVATJKLSUZ", kind))
		return 8;
	return kind == 'N' ? 32 : 0;
}

static unsigned long repeats(const char **text)
{
	char *end;
	unsigned long times = strtoul(*text, &end, 10);

	if (end == *text)
		return 1;
	*text = end;
	return times;
}

static bool add_field(struct fuzz_layout *layout, char kind, unsigned long times)
{
	size_t size = kind_size(kind);

	for (; times && size; times--) {
		if (layout->count == FUZZ_FIELDS ||
		    layout->size + size > FUZZ_ARGUMENT)
			return false;
		layout->fields[layout->count++] = (struct fuzz_field) {
			.kind = kind, .offset = layout->size,
		};
		layout->size += size;
	}
	return size;
}

/* Up to the parenthesis that closes the group, or the end. */
static const char *parse(struct fuzz_layout *layout, const char *text)
{
	const char *end;
	unsigned long times;
	char kind;

	while (*text && *text != ')') {
		kind = *text++;
		if (kind == '(') {
			end = parse(layout, text);
			if (!end || *end++ != ')')
				return NULL;
			for (times = repeats(&end); times > 1; times--)
				if (!parse(layout, text))
					return NULL;
			text = end;
		} else if (!add_field(layout, kind, repeats(&text))) {
			return NULL;
		}
	}
	return text;
}

bool fields_parse(struct fuzz_layout *layout, const char *fields)
{
	const char *end;

	layout->count = 0;
	layout->size = 0;
	end = parse(layout, fields);
	return end && !*end;
}

static uint64_t valid_position(struct fuzz_random *random)
{
	switch (fuzz_below(random, 4)) {
	case 0:		/* where the rotor may be */
		return 1422 + fuzz_below(random, 13394);
	case 1:		/* about a turn of the turntable */
		return fuzz_below(random, 6400) - 3200;
	case 2:
		return fuzz_below(random, 5) - 2;
	default:
		return fuzz_below(random, 601) - 300;
	}
}

/* A whole number and a fraction, or zero, which asks for the greatest. */
static uint64_t valid_rate(struct fuzz_random *random, int fraction_bits)
{
	uint64_t rate;

	if (fuzz_one_in(random, 3))
		return 0;
	rate = (1000 + fuzz_below(random, 4000)) << fraction_bits;
	if (fuzz_one_in(random, 2))
		rate |= fuzz_any(random) & ((1ULL << fraction_bits) - 1);
	return rate;
}

/* Mostly a move that may be made while another one runs. */
static uint64_t valid_flags(struct fuzz_random *random)
{
	uint64_t flags = fuzz_any(random);

	switch (fuzz_below(random, 4)) {
	case 0:
		return flags & 63;
	case 1:
		return flags & OSCAN_MOVE_RELATIVE;
	default:
		return (flags & OSCAN_MOVE_RELATIVE) |
		       (fuzz_one_in(random, 2) ? OSCAN_MOVE_REPLACE :
						 OSCAN_MOVE_QUEUE);
	}
}

static void fill(struct fuzz_random *random,
		 const struct fuzz_machine *machine,
		 const struct fuzz_layout *layout, unsigned char *argument);

/* Each of another axis, as far as there are axes. */
static void *make_list(struct fuzz_random *random,
		       const struct fuzz_machine *machine)
{
	static __thread struct oscan_move moves[OSCAN_MAX_AXES];
	static __thread struct fuzz_layout layout;
	const struct fuzz_request *request = fuzz_requests;
	unsigned int i;

	while (request->cmd != OSCAN_IOC_MOVE)
		request++;
	fields_parse(&layout, request->fields);
	for (i = 0; i < OSCAN_MAX_AXES; i++) {
		fill(random, machine, &layout, (unsigned char *)&moves[i]);
		if (!fuzz_one_in(random, 16))
			moves[i].axis = i % machine->axes;
	}
	return moves;
}

static void *make_positions(struct fuzz_random *random)
{
	static __thread int64_t positions[300];
	int i;

	for (i = 0; i < 300; i++)
		positions[i] = valid_position(random);
	return positions;
}

static uint64_t valid_value(struct fuzz_random *random,
			    const struct fuzz_machine *machine, char kind)
{
	switch (kind) {
	case 'a':
		return fuzz_below(random, machine->axes);
	case 'm':
		return fuzz_below(random, 1ULL << machine->axes);
	case 'b':
		return !fuzz_one_in(random, 8);
	case 'f':
		return valid_flags(random);
	case 'n':
		return 1 + fuzz_below(random, fuzz_one_in(random, 4) ?
					      8 : machine->axes);
	case 'o':
		return fuzz_below(random, 5);
	case 't':
		return fuzz_below(random, 2);
	case 'w':
		return 1000 + fuzz_below(random, 100000);
	case 'P':
		return valid_position(random);
	case 'D':
		return fuzz_one_in(random, 3) ? 0 :
		       fuzz_below(random, 41) - 20;
	case 'S':
		return fuzz_one_in(random, 2) ? 0 :
		       (uintptr_t)make_positions(random);
	case 'V':
		return valid_rate(random, 44);
	case 'A':
		return valid_rate(random, 32);
	case 'T':
		return fuzz_one_in(random, 4) ?
		       fuzz_below(random, 2000000000) : 0;
	case 'J':
		return fuzz_one_in(random, 4) ? valid_rate(random, 24) : 0;
	case 'K':
		return fuzz_one_in(random, 8) ? fuzz_below(random, 300) : 0;
	case 'L':
		return (uintptr_t)make_list(random, machine);
	case 'u':
	case 'U':
		return fuzz_any(random);
	default:
		return 0;
	}
}

/* About a power of two, where limits are. */
static uint64_t boundary_value(struct fuzz_random *random)
{
	uint64_t value = 1ULL << fuzz_below(random, 64);

	switch (fuzz_below(random, 8)) {
	case 0:
		return 0;
	case 1:
		return ~0ULL;
	case 2:
		return -value;
	case 3:
		return -value - 1;
	case 4:
		return fuzz_below(random, 70);
	default:
		return value + fuzz_below(random, 3) - 1;
	}
}

void fields_put(unsigned char *argument, const struct fuzz_field *field,
		uint64_t value)
{
	uint32_t half = value;

	if (field->kind == 'N')
		memset(argument + field->offset, (int)value, 32);
	else if (kind_size(field->kind) == 4)
		memcpy(argument + field->offset, &half, sizeof(half));
	else
		memcpy(argument + field->offset, &value, sizeof(value));
}

static void fill_valid(struct fuzz_random *random,
		       const struct fuzz_machine *machine,
		       const struct fuzz_layout *layout, unsigned char *argument)
{
	size_t i;

	for (i = 0; i < layout->count; i++)
		fields_put(argument, &layout->fields[i],
			   valid_value(random, machine, layout->fields[i].kind));
}

static void spoil_field(struct fuzz_random *random,
			const struct fuzz_layout *layout, unsigned char *argument)
{
	fields_put(argument,
		   &layout->fields[fuzz_below(random, layout->count)],
		   boundary_value(random));
}

static void spoil(struct fuzz_random *random, const struct fuzz_layout *layout,
		  unsigned char *argument)
{
	size_t i, n;

	switch (fuzz_below(random, 16)) {
	case 0:
		for (i = 0; i < layout->size; i++)
			argument[i] = fuzz_any(random);
		break;
	case 1:
		argument[fuzz_below(random, layout->size)] ^=
			1 << fuzz_below(random, 8);
		break;
	case 2:
	case 3:
		n = 1 + fuzz_below(random, 4);
		for (i = 0; i < n; i++)
			spoil_field(random, layout, argument);
		break;
	case 4:
	case 5:
	case 6:
		spoil_field(random, layout, argument);
		break;
	default:
		break;
	}
}

static bool is_spoilt(const struct fuzz_layout *layout,
		      const unsigned char *argument)
{
	static const unsigned char zero[8];
	const struct fuzz_field *field = layout->fields;
	size_t i;

	for (i = 0; i < layout->count; i++, field++)
		if ((field->kind == 'z' || field->kind == 'Z') &&
		    memcmp(argument + field->offset, zero,
			   kind_size(field->kind)))
			return true;
	return false;
}

static void fill(struct fuzz_random *random,
		 const struct fuzz_machine *machine,
		 const struct fuzz_layout *layout, unsigned char *argument)
{
	fill_valid(random, machine, layout, argument);
	spoil(random, layout, argument);
}

bool fields_fill(struct fuzz_random *random,
		 const struct fuzz_machine *machine,
		 const struct fuzz_request *request, unsigned char *argument)
{
	static __thread struct fuzz_layout layouts[64];
	struct fuzz_layout *layout = &layouts[request - fuzz_requests];

	if (!layout->count)
		fields_parse(layout, request->fields);
	fill(random, machine, layout, argument);
	return is_spoilt(layout, argument);
}
