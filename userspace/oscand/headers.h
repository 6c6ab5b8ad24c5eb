/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a request says before its body. server.c's, and its thread's. */
#ifndef OSCAND_HEADERS_H
#define OSCAND_HEADERS_H

#include <stdbool.h>
#include <stdint.h>
#include <libwebsockets.h>
#include "exchange.h"

/** headers_method - the method, and whether it is HEAD */
void headers_method(struct lws *wsi, struct exchange *exchange);

/**
 * headers_queries - the queries
 * @token: out: the one that is not for the handlers; as it was if not given
 *
 * Return: false: too many, or one that is too long.
 */
bool headers_queries(struct lws *wsi, struct http_request *request,
		     char token[HTTP_VALUE_LEN]);

/** headers_last_event - the event that the client has seen last */
void headers_last_event(struct lws *wsi, struct http_request *request);

/**
 * headers_body_length - bytes of the body, 0: there is none
 *
 * Return: -1 after http_error().
 */
int64_t headers_body_length(struct lws *wsi, struct exchange *exchange);

#endif /* OSCAND_HEADERS_H */
