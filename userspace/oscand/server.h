/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTTP server: one thread that only moves bytes.
 *
 * Limits: SERVER_CLIENTS connections, of which SERVER_TCP_CLIENTS by TCP and
 * SERVER_STREAMS streams; what is above is told so and closed. A request must
 * be there within SERVER_REQUEST_S, and a client that takes nothing of its
 * answer for SERVER_STALL_S is disconnected.
 */
#ifndef OSCAND_SERVER_H
#define OSCAND_SERVER_H

#include <stdint.h>

#define SERVER_CLIENTS 256
#define SERVER_TCP_CLIENTS 192
#define SERVER_STREAMS 64
#define SERVER_REQUEST_S 10
#define SERVER_STALL_S 30

/* Sockets that a server may listen on. */
#define SERVER_LISTEN_MAX 4

struct daemon;
struct server;

/**
 * struct server_options - what a server needs
 * @daemon: passed to the handlers
 * @listen: shape [@listens], sockets that listen; the server closes them
 * @listens: number of them
 * @token: what clients by TCP must know; NULL: there are none
 * @tick: called about once a second, by the server's thread; must not wait
 */
struct server_options {
	struct daemon *daemon;
	int listen[SERVER_LISTEN_MAX];
	unsigned int listens;
	const char *token;
	void (*tick)(struct daemon *daemon);
};

/** server_new - ready to run. Return: NULL with errno */
struct server *server_new(const struct server_options *options);

/** server_run - serve until server_stop() */
void server_run(struct server *server);

/** server_stop - end server_run(); any thread */
void server_stop(struct server *server);

/** server_wake - there is something new for streams; any thread */
void server_wake(struct server *server);

/** server_clients - number of connections; any thread */
unsigned int server_clients(const struct server *server);

/** server_free - disconnect all, free; NULL is accepted */
void server_free(struct server *server);

#endif /* OSCAND_SERVER_H */
