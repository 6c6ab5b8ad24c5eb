/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request and its answer, from the first byte to the last. server.c's. */
#ifndef OSCAND_EXCHANGE_H
#define OSCAND_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>
#include "http.h"
#include "pool.h"

struct daemon;

enum exchange_stage {
	EXCHANGE_RECEIVE = 1,	/* the body is coming */
	EXCHANGE_WORK = 2,	/* a thread of the pool has it */
	EXCHANGE_SEND = 3,	/* the answer goes out */
	EXCHANGE_LINGER = 4,	/* it is out; the rest of the request is read */
};

/** enum exchange_more - what there is to be sent */
enum exchange_more {
	EXCHANGE_DATA = 1,	/* exchange.out has some */
	EXCHANGE_IDLE = 2,	/* nothing now */
	EXCHANGE_END = 3,	/* nothing any more */
	EXCHANGE_ABORT = 4,	/* what was promised is not there */
	EXCHANGE_READ = 5,	/* exchange_read() first: the disk may hang */
};

/**
 * struct exchange - a request and its answer
 * @work: for the pool
 * @daemon: for the handler and the streams
 * @client: connection, the server's; NULL: it has gone
 * @watcher: of the client, the server's
 * @request: from it
 * @head: HEAD: leave the body out
 * @viewing: it is one of those who look at the preview
 * @route: of it
 * @response: to it
 * @stage: enum exchange_stage
 * @begun: headers are out
 * @ended: the client sends nothing more; it may wait for the answer
 * @body: of the request, shape [@expected]
 * @received: bytes of it so far
 * @expected: in all
 * @since_ns: when it began, or when the client last took something or could
 *	not, since there was nothing
 * @said_ns: when something last went out, or the answer began
 * @out: what is going out, to be freed with free(3)
 * @out_size: bytes of it
 * @out_sent: of which are out
 * @left: bytes of a file that are to come, negative: not known
 * @broken: the next of them could not be read
 * @picture: number of the last one sent
 * @picture_ns: when that was
 * @next: in the server's list
 */
struct exchange {
	struct pool_work work;
	struct daemon *daemon;
	void *client;
	void *watcher;
	struct http_request request;
	bool head;
	bool viewing;
	const struct http_route *route;
	struct http_response response;
	enum exchange_stage stage;
	bool begun;
	bool ended;
	char *body;
	size_t received;
	size_t expected;
	uint64_t since_ns;
	uint64_t said_ns;
	uint8_t *out;
	size_t out_size;
	size_t out_sent;
	int64_t left;
	bool broken;
	uint64_t picture;
	uint64_t picture_ns;
	struct exchange *next;
};

/** exchange_answer - run the handler; by a thread of the pool */
void exchange_answer(struct exchange *exchange);

/** exchange_read - have the next piece of a file in @out; likewise */
void exchange_read(struct exchange *exchange);

/**
 * exchange_ready - can the answer begin?
 *
 * Pictures are waited for, so that it can still be said that there are none.
 */
bool exchange_ready(struct exchange *exchange);

/** exchange_more - see to it that @out has something */
enum exchange_more exchange_more(struct exchange *exchange);

/** exchange_free - free */
void exchange_free(struct exchange *exchange);

#endif /* OSCAND_EXCHANGE_H */
