// SPDX-License-Identifier: GPL-2.0-or-later
/* What a request says before its body. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "headers.h"

static const struct {
	int token;
	enum http_method method;
} methods[] = {
	{ WSI_TOKEN_GET_URI, HTTP_GET },
	{ WSI_TOKEN_HEAD_URI, HTTP_GET },
	{ WSI_TOKEN_POST_URI, HTTP_POST },
	{ WSI_TOKEN_PUT_URI, HTTP_PUT },
	{ WSI_TOKEN_DELETE_URI, HTTP_DELETE },
};

#define METHODS (sizeof(methods) / sizeof(methods[0]))

void headers_method(struct lws *wsi, struct exchange *exchange)
{
	for (size_t i = 0; i < METHODS; i++) {
		if (!lws_hdr_total_length(wsi, methods[i].token))
			continue;
		exchange->request.method = methods[i].method;
		exchange->head = methods[i].token == WSI_TOKEN_HEAD_URI;
	}
}

/* false: it is too long */
static bool read_query(struct http_request *request, const char *text)
{
	struct http_query *query = &request->query[request->queries];
	size_t name = strcspn(text, "=");
	const char *value = text[name] ? text + name + 1 : "";

	if (name >= sizeof(query->name) ||
	    strlen(value) >= sizeof(query->value) ||
	    request->queries == HTTP_QUERIES_MAX)
		return false;
	memcpy(query->name, text, name);
	strcpy(query->value, value);
	request->queries++;
	return true;
}

bool headers_queries(struct lws *wsi, struct http_request *request,
		     char token[HTTP_VALUE_LEN])
{
	char text[HTTP_VALUE_LEN + 32];

	for (int i = 0; lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS,
						i) > 0; i++) {
		if (lws_hdr_copy_fragment(wsi, text, sizeof(text),
					  WSI_TOKEN_HTTP_URI_ARGS, i) < 0)
			return false;
		if (strncmp(text, "token=", 6)) {
			if (!read_query(request, text))
				return false;
			continue;
		}
		if (strlen(text + 6) >= HTTP_VALUE_LEN)
			return false;
		strcpy(token, text + 6);
	}
	return true;
}

void headers_last_event(struct lws *wsi, struct http_request *request)
{
	lws_hdr_custom_copy(wsi, request->last_event,
			    sizeof(request->last_event), "last-event-id:", 14);
}

int64_t headers_body_length(struct lws *wsi, struct exchange *exchange)
{
	char text[24] = "", *end;
	unsigned long long length;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING)) {
		http_error(&exchange->response, 411,
			   "wanted a body with a Content-Length, found one in chunks");
		return -1;
	}
	if (!lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH))
		return 0;
	errno = 0;
	lws_hdr_copy(wsi, text, sizeof(text), WSI_TOKEN_HTTP_CONTENT_LENGTH);
	length = strtoull(text, &end, 10);
	if (end == text || *end || *text == '-' || errno) {
		http_error(&exchange->response, 400,
			   "wanted a Content-Length in digits, found another");
		return -1;
	}
	if (length > HTTP_BODY_MAX) {
		http_error(&exchange->response, 413,
			   "wanted a body of at most %u bytes, found one of %llu",
			   HTTP_BODY_MAX, length);
		return -1;
	}
	return length;
}
