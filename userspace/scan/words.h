/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that are nearly right: "did you mean ...?" */
#ifndef OSCAN_WORDS_H
#define OSCAN_WORDS_H

#include <stddef.h>

/** closest - the word of @words most like @word, NULL if none is alike */
const char *closest(const char *word, const char *const *words, size_t count);

#endif /* OSCAN_WORDS_H */
