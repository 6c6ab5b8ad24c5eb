/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets that the daemon listens on. */
#ifndef OSCAND_LISTEN_H
#define OSCAND_LISTEN_H

#include "server.h"

/* Room for a sentence, with its NUL; and for a token. */
#define LISTEN_ERROR_LEN 512
#define LISTEN_TOKEN_LEN 256
#define LISTEN_TOKEN_LEAST 16

/* Where the socket is unless a path is given. */
#define LISTEN_SOCKET "/run/oscan/oscand.sock"

/*
 * Functions return 0, or -1 with a sentence in @why, shape [LISTEN_ERROR_LEN].
 */

/**
 * listen_systemd - the sockets that systemd has opened
 * @options: they are added; none, if it has not
 */
int listen_systemd(struct server_options *options, char *why);

/**
 * listen_unix - a Unix socket, for its owner and its group
 * @path: a socket that nobody listens on is replaced
 * @group: its group, NULL: the daemon's
 */
int listen_unix(struct server_options *options, const char *path,
		const char *group, char *why);

/** listen_tcp - "127.0.0.1:8000", "[::1]:8000" */
int listen_tcp(struct server_options *options, const char *address, char *why);

/** listen_has_tcp - is any of them a TCP socket? */
int listen_has_tcp(const struct server_options *options);

/**
 * listen_token - the first line of a file that only its owner may read
 * @token: out, shape [LISTEN_TOKEN_LEN]
 */
int listen_token(const char *path, char *token, char *why);

#endif /* OSCAND_LISTEN_H */
