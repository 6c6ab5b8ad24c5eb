// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>
#include "project.h"

#define DEFAULT_ROOT "projects"

const char *project_root(const char *root)
{
	if (root)
		return root;
	root = getenv("OPENSCAN_PROJECT_DIR");
	return root && *root ? root : DEFAULT_ROOT;
}

static bool has_controls(const uint8_t *name)
{
	ucs4_t c;

	while ((name = u8_next(&c, name))) {
		if (uc_is_general_category(c, UC_CATEGORY_Cc))
			return true;
	}
	return false;
}

static bool is_normal(const uint8_t *name, size_t length)
{
	size_t normal_length;
	uint8_t *normal = u8_normalize(UNINORM_NFC, name, length, NULL,
				       &normal_length);
	bool same = normal && normal_length == length &&
		    !memcmp(normal, name, length);

	free(normal);
	return same;
}

/* With anything behind a dot as well, as Windows has it. */
static bool is_device(const char *name)
{
	static const char *const devices[] = { "CON", "PRN", "AUX", "NUL" };
	const size_t length = strcspn(name, ".");

	for (size_t n = 0; n < sizeof(devices) / sizeof(*devices); n++) {
		if (length == 3 && !strncasecmp(name, devices[n], 3))
			return true;
	}
	return length == 4 && (!strncasecmp(name, "COM", 3) ||
			       !strncasecmp(name, "LPT", 3)) &&
	       isdigit((unsigned char)name[3]) && name[3] != '0';
}

static bool is_edge(char c)
{
	return c == '.' || c == ' ';
}

/* Return: what is wrong with it; NULL: nothing */
static const char *fault(const char *name)
{
	const uint8_t *text = (const uint8_t *)name;
	const size_t length = strlen(name);

	if (!length)
		return "found an empty one";
	if (u8_check(text, length))
		return "found one that is not UTF-8";
	if (length > PROJECT_NAME_BYTES ||
	    u8_mbsnlen(text, length) > PROJECT_NAME_MAX)
		return "found one that is too long";
	if (has_controls(text))
		return "found a control character";
	if (strpbrk(name, "<>:\"/\\|?*"))
		return "found one of < > : \" / \\ | ? *";
	if (is_edge(name[0]) || is_edge(name[length - 1]))
		return "found a dot or a space at one of its ends";
	if (is_device(name))
		return "found one that Windows keeps for a device";
	if (!is_normal(text, length))
		return "found letters and their accents apart (not in Unicode's normal form C)";
	return NULL;
}

int project_name_check(const char *name, char error[PROJECT_ERROR_LEN])
{
	const char *found = fault(name);

	if (!found)
		return 0;
	snprintf(error, PROJECT_ERROR_LEN,
		 "wanted a name for a project, at most %d characters, %s; choose another name",
		 PROJECT_NAME_MAX, found);
	errno = EINVAL;
	return -1;
}
