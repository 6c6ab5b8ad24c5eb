/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client of oscand's HTTP interface, userspace/oscand/openapi.yaml. */
#ifndef OSCANCTL_JOB_CLIENT_H
#define OSCANCTL_JOB_CLIENT_H

#include <stdbool.h>
#include <curl/curl.h>
#include <jansson.h>

#define JOB_SOCKET "/run/oscan/oscand.sock"

/**
 * struct job_client - where the daemon is
 * @curl: reused for every request
 * @socket: path of its Unix socket; not looked at with @url
 * @url: "http://host:port", NULL for the socket
 * @token: what every request over TCP carries, NULL for none
 */
struct job_client {
	CURL *curl;
	const char *socket;
	const char *url;
	char *token;
};

/**
 * job_client_open - prepare a client; nothing is connected yet
 * @socket: NULL: $OSCAN_SOCKET, or else JOB_SOCKET
 * @url: NULL for the socket
 * @token_file: file whose first line is the token, NULL for none
 *
 * Return: 0, to be closed with job_client_close(), or an exit status after a
 * sentence.
 */
int job_client_open(struct job_client *client, const char *socket,
		    const char *url, const char *token_file);

void job_client_close(struct job_client *client);

/**
 * job_client_call - one request
 * @method: "GET", "POST", "DELETE"
 * @path: "/v1/jobs"
 * @body: sent as JSON and released; NULL for none
 * @answer: out: an object, to be released, NULL where the answer has no body
 *
 * Return: 0, or EXIT_FAILURE after a sentence: the daemon's own where it
 * refuses.
 */
int job_client_call(struct job_client *client, const char *method,
		    const char *path, json_t *body, json_t **answer);

/**
 * struct job_events - who listens to the daemon
 * @begun: the stream stands: nothing that happens from now on is missed
 * @event: something happened; @name as in the interface. @data may be NULL.
 * @data: passed on
 *
 * Both return true to go on.
 */
struct job_events {
	bool (*begun)(void *data);
	bool (*event)(const char *name, json_t *value, void *data);
	void *data;
};

/** enum job_stream - how listening ended */
enum job_stream {
	JOB_STREAM_ENOUGH = 0,	/* a call returned false */
	JOB_STREAM_BROKEN = 1,	/* no daemon, or it went away: try again */
	JOB_STREAM_REFUSED = 2,	/* a sentence was printed */
	JOB_STREAM_CANCELLED = 3, /* Ctrl-C */
};

/** job_client_listen - hand over events until there is an end */
enum job_stream job_client_listen(struct job_client *client,
				  const struct job_events *events);

/** job_client_unreachable - the sentence that there is no daemon */
int job_client_unreachable(const struct job_client *client, const char *why);

#endif /* OSCANCTL_JOB_CLIENT_H */
