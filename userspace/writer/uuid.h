/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OSCAN_UUID_H
#define OSCAN_UUID_H

/* Characters of the text, with its NUL. */
#define UUID_LEN 37

/**
 * uuid_make - a random one (RFC 9562, version 4)
 *
 * Return: 0, or -1 with errno of getrandom(2).
 */
int uuid_make(char text[UUID_LEN]);

#endif /* OSCAN_UUID_H */
