/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of the rig through the gpio character device, as any program has
 * them. Functions fail the case, as those of kit.h do.
 */
#ifndef LINES_H
#define LINES_H

#include <stdint.h>

/**
 * lines_try() - request lines
 * @flags: GPIO_V2_LINE_FLAG_*
 * @count: number of lines
 * @lines: shape [count]
 *
 * Return: file of the lines, to be closed, or -errno
 */
int lines_try(uint64_t flags, unsigned int count, const unsigned int *lines);
/* lines_get() - the same, or the case fails */
int lines_get(uint64_t flags, unsigned int count, const unsigned int *lines);
/* lines_outputs() - two lines as outputs, both low; bits 0 and 1 */
int lines_outputs(unsigned int first, unsigned int second);
/* lines_chip() - the chip's file */
int lines_chip(void);

/* lines_set() - write the lines in @mask, bit n is the n-th that was asked for */
void lines_set(int fd, uint64_t mask, uint64_t levels);
/* lines_level() - level of the first line */
unsigned int lines_level(int fd);

#endif /* LINES_H */
