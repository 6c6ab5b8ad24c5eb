// SPDX-License-Identifier: GPL-2.0-or-later
/* Words that are nearly right. */
#include <string.h>
#include "words.h"

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance; words of this program are short. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32], length = strlen(b);
	size_t i, j, diagonal, above;

	if (length >= sizeof(row) / sizeof(row[0]))
		return length;
	for (j = 0; j <= length; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= length; j++) {
			above = row[j];
			row[j] = least(least(above, row[j - 1]) + 1,
				       diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[length];
}

const char *closest(const char *word, const char *const *words, size_t count)
{
	size_t best = 3, i, far;
	const char *found = NULL;

	for (i = 0; i < count; i++) {
		far = distance(word, words[i]);
		if (far < best && far < strlen(words[i])) {
			best = far;
			found = words[i];
		}
	}
	return found;
}
