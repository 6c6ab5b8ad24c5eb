// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HTTP server, by libwebsockets. Only the thread of server_run() touches
 * what lies here, but for what server_wake() and server_stop() set.
 */
#include <errno.h>
#include <fcntl.h>
#include <libwebsockets.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "daemon.h"
#include "exchange.h"
#include "headers.h"
#include "server.h"

/* The library sends no more at once, and would keep the rest itself. */
#define CHUNK 4096
#define HEADERS_MAX 4096
#define HEADER_DATA 8192
#define LINGER_S 2
#define COMMENT_NS UINT64_C(15000000000)
#define ACCEPTS 64
/* A pipe, or room for who has asked all, is looked for again after so long. */
#define AGAIN_US 5000

struct server {
	struct server_options options;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct pool *pool;
	struct exchange *exchanges;
	lws_sorted_usec_list_t tick;
	atomic_bool stopping;
	atomic_bool woken;
	atomic_uint clients;
	unsigned int tcp_clients;
};

/**
 * struct connection - what libwebsockets keeps for each
 * @exchange: NULL: no request yet
 */
struct connection {
	struct exchange *exchange;
};

/* What a connection is marked with. */
static char client_unix, client_tcp;

static const char error_full[] =
	"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
	"Content-Length: 71\r\nConnection: close\r\n\r\n"
	"{\"error\":\"wanted a connection, found that all are in use; try again\"}\r\n";

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static struct server *server_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

static bool is_tcp(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	return !getsockname(fd, (struct sockaddr *)&address, &size) &&
	       address.ss_family != AF_UNIX;
}

/* A thread of the pool. */
static void work(struct pool_work *work, void *data)
{
	struct exchange *exchange = (struct exchange *)work;

	if (exchange->begun)
		exchange_read(exchange);
	else
		exchange_answer(exchange);
}

static void wake(void *data)
{
	server_wake(data);
}

void server_wake(struct server *server)
{
	if (!atomic_exchange(&server->woken, true))
		lws_cancel_service(server->context);
}

void server_stop(struct server *server)
{
	atomic_store(&server->stopping, true);
	lws_cancel_service(server->context);
}

unsigned int server_clients(const struct server *server)
{
	/* While the daemon ends there is none any more. */
	return server ? atomic_load(&server->clients) : 0;
}

/* In a time that tells nothing of the token but its length. */
static bool is_token(const char *given, const char *token)
{
	size_t length = strlen(token), size = strlen(given);
	volatile unsigned int differ = length != size;

	for (size_t i = 0; i < size; i++)
		differ |= given[i] ^ token[i % length];
	return !differ;
}

static bool may(struct lws *wsi, const struct server *server,
		const char *query_token)
{
	char header[HTTP_VALUE_LEN + 16] = "";

	if (!is_tcp(lws_get_socket_fd(wsi)))
		return true;
	lws_hdr_copy(wsi, header, sizeof(header),
		     WSI_TOKEN_HTTP_AUTHORIZATION);
	if (!strncasecmp(header, "Bearer ", 7))
		query_token = header + 7;
	return server->options.token &&
	       is_token(query_token, server->options.token);
}

/*
 * From a request to its answer.
 */

/*
 * The library does not read while it waits for our answer, and yet is told
 * again and again that there is something, or that the client has gone. A
 * second descriptor of the connection takes that away.
 */
static void watch(struct lws *wsi, struct exchange *exchange)
{
	struct server *server = server_of(wsi);
	lws_sock_file_fd_type copy;

	if (exchange->watcher)
		return;
	copy.filefd = fcntl(lws_get_socket_fd(wsi), F_DUPFD_CLOEXEC, 0);
	if (copy.filefd < 0)
		return;
	exchange->watcher = lws_adopt_descriptor_vhost(server->vhost,
						LWS_ADOPT_RAW_FILE_DESC, copy,
						"watch", NULL);
	if (exchange->watcher)
		lws_set_opaque_user_data(exchange->watcher, exchange);
}

static void kill_soon(struct lws *wsi)
{
	lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void unwatch(struct exchange *exchange)
{
	if (!exchange->watcher)
		return;
	lws_set_opaque_user_data(exchange->watcher, NULL);
	kill_soon(exchange->watcher);
	exchange->watcher = NULL;
}

/* What it will be is not known before it has been answered. */
static bool is_finite(const struct exchange *exchange)
{
	if (exchange->stage != EXCHANGE_SEND)
		return exchange->stage == EXCHANGE_WORK;
	return exchange->response.stream == HTTP_STREAM_NONE ||
	       exchange->response.stream == HTTP_STREAM_SNAPSHOT;
}

static bool has_room(struct lws *wsi)
{
	struct pollfd socket = {
		.fd = lws_get_socket_fd(wsi), .events = POLLOUT,
	};

	return poll(&socket, 1, 0) > 0;
}

/* Where there was a body the library hears nothing in either case. */
static bool has_asked_all(const struct exchange *exchange)
{
	return exchange->ended && !exchange->expected;
}

/*
 * When there is room. The library does not hear of that either without hearing
 * of what the client sends, and so it does for one turn only.
 */
static void send_soon(struct lws *wsi, const struct exchange *exchange)
{
	if (has_asked_all(exchange) && !has_room(wsi)) {
		lws_set_timer_usecs(wsi, AGAIN_US);
		return;
	}
	if (has_asked_all(exchange))
		lws_rx_flow_control(wsi, 1);
	lws_callback_on_writable(wsi);
}

/*
 * Some say that they have no more to ask, and wait. Who waits for a stream
 * cannot be told from who has gone.
 */
static void end_of_request(struct exchange *exchange)
{
	if (!is_finite(exchange)) {
		kill_soon(exchange->client);
		return;
	}
	exchange->ended = true;
	lws_rx_flow_control(exchange->client, 0);
	if (exchange->stage == EXCHANGE_SEND)
		send_soon(exchange->client, exchange);
}

/* What is sent behind a request is of no use. -1: nothing more will come. */
static int drain(struct lws *watcher)
{
	struct exchange *exchange = lws_get_opaque_user_data(watcher);
	char data[CHUNK];
	ssize_t got;

	if (!exchange)
		return -1;
	got = recv(lws_get_socket_fd(watcher), data, sizeof(data),
		   MSG_DONTWAIT);
	if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
		return 0;
	if (exchange->client && !got)
		end_of_request(exchange);
	else if (exchange->client)
		kill_soon(exchange->client);
	exchange->watcher = NULL;
	lws_set_opaque_user_data(watcher, NULL);
	return -1;
}

static int on_watch(struct lws *wsi, enum lws_callback_reasons reason,
		    void *user, void *in, size_t length)
{
	struct exchange *exchange;

	if (reason == LWS_CALLBACK_RAW_RX_FILE)
		return drain(wsi);
	if (reason != LWS_CALLBACK_RAW_CLOSE_FILE)
		return 0;
	exchange = lws_get_opaque_user_data(wsi);
	if (exchange)
		exchange->watcher = NULL;
	return 0;
}

/*
 * While a thread works the library need not hear of the socket: where there is
 * a body it would read that itself, and close. Nor of a client that sends
 * nothing more, but in send_soon(): it would learn that again and again.
 */
static void enter(struct lws *wsi, struct exchange *exchange,
		  enum exchange_stage stage)
{
	exchange->stage = stage;
	lws_rx_flow_control(wsi, stage != EXCHANGE_WORK &&
			    !exchange->expected && !exchange->ended);
}

static int send_more(struct lws *wsi, struct exchange *exchange);

static void send_answer(struct lws *wsi, struct exchange *exchange)
{
	int failed = 0;

	watch(wsi, exchange);
	enter(wsi, exchange, EXCHANGE_SEND);
	exchange->since_ns = now_ns();
	exchange->said_ns = exchange->since_ns;
	if (!exchange->expected) {
		send_soon(wsi, exchange);
		return;
	}
	/* It is short: a socket that nothing was sent to has room for it. */
	while (!failed && exchange->stage == EXCHANGE_SEND)
		failed = send_more(wsi, exchange);
	if (failed)
		kill_soon(wsi);
}

static const char *method_names(unsigned int allowed)
{
	switch (allowed) {
	case HTTP_GET:
		return "GET, HEAD, OPTIONS";
	case HTTP_GET | HTTP_POST:
		return "GET, HEAD, POST, OPTIONS";
	case HTTP_GET | HTTP_DELETE:
		return "GET, HEAD, DELETE, OPTIONS";
	case HTTP_POST:
		return "POST, OPTIONS";
	default:
		return "PUT, OPTIONS";
	}
}

static void other_method(struct lws *wsi, struct exchange *exchange,
			 unsigned int allowed)
{
	struct http_response *response = &exchange->response;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_OPTIONS_URI))
		response->status = 204;
	else
		http_error(response, 405, "wanted one of %s here, found another method",
			   method_names(allowed));
	response->header = "allow:";
	strcpy(response->value, method_names(allowed));
}

static void put_to_work(struct server *server, struct lws *wsi,
			struct exchange *exchange)
{
	watch(wsi, exchange);
	enter(wsi, exchange, EXCHANGE_WORK);
	exchange->work.disk = exchange->route->disk;
	if (pool_put(server->pool, &exchange->work))
		return;
	http_error(&exchange->response, 503,
		   "wanted an answer, found too many requests at once; try again");
	send_answer(wsi, exchange);
}

/* false: the answer is there already. */
static bool check(struct lws *wsi, struct server *server,
		  struct exchange *exchange)
{
	struct http_request *request = &exchange->request;
	char token[HTTP_VALUE_LEN] = "";
	unsigned int allowed;
	bool read = headers_queries(wsi, request, token);

	if (!may(wsi, server, token)) {
		http_error(&exchange->response, 401,
			   "wanted the daemon's token, found none or another; give it as \"Authorization: Bearer TOKEN\"");
		exchange->response.header = "www-authenticate:";
		strcpy(exchange->response.value, "Bearer");
		return false;
	}
	if (!read) {
		http_error(&exchange->response, 400,
			   "wanted at most %d short queries, found more",
			   HTTP_QUERIES_MAX);
		return false;
	}
	exchange->route = route_find(request, &allowed);
	if (!allowed)
		http_error(&exchange->response, 404,
			   "no path \"%.200s\"; openapi.yaml has those that there are",
			   request->path);
	else if (!exchange->route)
		other_method(wsi, exchange, allowed);
	return exchange->route;
}

static int begin(struct lws *wsi, struct connection *connection,
		 const char *path)
{
	struct server *server = server_of(wsi);
	struct exchange *exchange = calloc(1, sizeof(*exchange));
	int64_t length;

	if (!exchange || connection->exchange) {
		free(exchange);
		return -1;
	}
	connection->exchange = exchange;
	exchange->daemon = server->options.daemon;
	exchange->client = wsi;
	exchange->since_ns = now_ns();
	exchange->next = server->exchanges;
	server->exchanges = exchange;
	if (strlen(path) < HTTP_PATH_LEN)
		strcpy(exchange->request.path, path);
	headers_method(wsi, exchange);
	headers_last_event(wsi, &exchange->request);
	length = headers_body_length(wsi, exchange);
	exchange->expected = length > 0 ? length : 0;
	if (length < 0 || !check(wsi, server, exchange)) {
		/* What is still to come is read before the end. */
		exchange->expected = SIZE_MAX;
		send_answer(wsi, exchange);
		return 0;
	}
	exchange->stage = EXCHANGE_RECEIVE;
	lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, SERVER_REQUEST_S);
	if (!length) {
		lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
		put_to_work(server, wsi, exchange);
		return 0;
	}
	exchange->body = malloc(length);
	return exchange->body ? 0 : -1;
}

static int receive(struct lws *wsi, struct exchange *exchange,
		   const char *data, size_t size)
{
	if (!exchange)
		return -1;
	if (exchange->stage != EXCHANGE_RECEIVE)
		return 0;
	if (size > exchange->expected - exchange->received)
		return -1;
	memcpy(exchange->body + exchange->received, data, size);
	exchange->received += size;
	if (exchange->received < exchange->expected)
		return 0;
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	put_to_work(server_of(wsi), wsi, exchange);
	return 0;
}

/*
 * Sending.
 */

static int send_headers(struct lws *wsi, struct exchange *exchange)
{
	uint8_t buffer[LWS_PRE + HEADERS_MAX], *start = buffer + LWS_PRE;
	uint8_t *at = start, *end = buffer + sizeof(buffer) - 1;
	const struct http_response *response = &exchange->response;
	bool streams = response->stream != HTTP_STREAM_NONE;
	lws_filepos_t length = response->size;

	if (exchange->out_size && !streams)
		length = exchange->out_size;
	if (response->has_file)
		length = response->length < 0 ? LWS_ILLEGAL_HTTP_CONTENT_LEN :
			 (lws_filepos_t)response->length;
	if (streams)
		length = LWS_ILLEGAL_HTTP_CONTENT_LEN;
	if (lws_add_http_header_status(wsi, response->status, &at, end) ||
	    (response->type &&
	     lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE,
			(const uint8_t *)response->type,
			strlen(response->type), &at, end)) ||
	    (length != LWS_ILLEGAL_HTTP_CONTENT_LEN &&
	     response->status != 204 &&
	     lws_add_http_header_content_length(wsi, length, &at, end)) ||
	    (response->header &&
	     lws_add_http_header_by_name(wsi, (const uint8_t *)response->header,
			(const uint8_t *)response->value,
			strlen(response->value), &at, end)) ||
	    lws_add_http_header_by_name(wsi, (const uint8_t *)"cache-control:",
			(const uint8_t *)"no-store", 8, &at, end) ||
	    lws_add_http_header_by_name(wsi, (const uint8_t *)"connection:",
			(const uint8_t *)"close", 5, &at, end) ||
	    lws_finalize_http_header(wsi, &at, end))
		return -1;
	if (lws_write(wsi, start, at - start, LWS_WRITE_HTTP_HEADERS) <
	    at - start)
		return -1;
	exchange->begun = true;
	/* From here on who takes nothing is found by the tick. */
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	return 0;
}

static int send_data(struct lws *wsi, struct exchange *exchange)
{
	uint8_t buffer[LWS_PRE + CHUNK];
	size_t size = exchange->out_size - exchange->out_sent;

	if (size > CHUNK)
		size = CHUNK;
	memcpy(buffer + LWS_PRE, exchange->out + exchange->out_sent, size);
	if (lws_write(wsi, buffer + LWS_PRE, size, LWS_WRITE_HTTP) < 0)
		return -1;
	exchange->out_sent += size;
	exchange->since_ns = now_ns();
	exchange->said_ns = exchange->since_ns;
	send_soon(wsi, exchange);
	return 0;
}

/* Closed with something unread, the system would throw our answer away. */
static int end(struct lws *wsi, struct exchange *exchange)
{
	if (exchange->ended || exchange->received >= exchange->expected)
		return -1;
	exchange->stage = EXCHANGE_LINGER;
	exchange->since_ns = now_ns();
	shutdown(lws_get_socket_fd(wsi), SHUT_WR);
	return 0;
}

static void read_more(struct lws *wsi, struct exchange *exchange)
{
	enter(wsi, exchange, EXCHANGE_WORK);
	exchange->work.disk = true;
	if (pool_put(server_of(wsi)->pool, &exchange->work))
		return;
	enter(wsi, exchange, EXCHANGE_SEND);
	lws_set_timer_usecs(wsi, AGAIN_US);
}

/* Every byte before it is on its way when this is called. */
static int send_more(struct lws *wsi, struct exchange *exchange)
{
	if (!exchange || exchange->stage != EXCHANGE_SEND)
		return 0;
	if (has_asked_all(exchange))
		lws_rx_flow_control(wsi, 0);
	if (has_asked_all(exchange) && !has_room(wsi)) {
		lws_set_timer_usecs(wsi, AGAIN_US);
		return 0;
	}
	if (!exchange->begun) {
		if (!exchange_ready(exchange)) {
			lws_set_timer_usecs(wsi, LWS_US_PER_SEC);
			return 0;
		}
		if (send_headers(wsi, exchange))
			return -1;
		send_soon(wsi, exchange);
		return 0;
	}
	switch (exchange_more(exchange)) {
	case EXCHANGE_DATA:
		return send_data(wsi, exchange);
	case EXCHANGE_IDLE:
		exchange->since_ns = now_ns();
		if (exchange->response.has_file)
			lws_set_timer_usecs(wsi, AGAIN_US);
		return 0;
	case EXCHANGE_READ:
		read_more(wsi, exchange);
		return 0;
	case EXCHANGE_END:
		return end(wsi, exchange);
	default:
		return -1;
	}
}

static unsigned int streams(const struct server *server)
{
	unsigned int count = 0;

	for (struct exchange *at = server->exchanges; at; at = at->next)
		count += at->stage == EXCHANGE_SEND &&
			 at->response.stream != HTTP_STREAM_NONE;
	return count;
}

static void unlink_exchange(struct server *server, struct exchange *exchange)
{
	struct exchange **at = &server->exchanges;

	while (*at != exchange)
		at = &(*at)->next;
	*at = exchange->next;
	exchange_free(exchange);
}

/* With a piece of a file. */
static void go_on(struct exchange *exchange)
{
	enter(exchange->client, exchange, EXCHANGE_SEND);
	exchange->since_ns = now_ns();
	send_soon(exchange->client, exchange);
}

/* What the pool has answered. */
static void take_answers(struct server *server)
{
	struct exchange *exchange;

	while ((exchange = (struct exchange *)pool_take(server->pool))) {
		if (!exchange->client) {
			unlink_exchange(server, exchange);
			continue;
		}
		if (exchange->begun) {
			go_on(exchange);
			continue;
		}
		if (exchange->response.stream != HTTP_STREAM_NONE &&
		    streams(server) >= SERVER_STREAMS)
			http_error(&exchange->response, 503,
				   "wanted a stream, found %d others; end some",
				   SERVER_STREAMS);
		send_answer(exchange->client, exchange);
	}
}

static void wake_streams(struct server *server)
{
	for (struct exchange *at = server->exchanges; at; at = at->next)
		if (at->client && at->stage == EXCHANGE_SEND &&
		    (at->response.stream != HTTP_STREAM_NONE || !at->begun) &&
		    at->out_sent == at->out_size)
			send_soon(at->client, at);
}

static void woken(struct server *server)
{
	atomic_store(&server->woken, false);
	take_answers(server);
	wake_streams(server);
}

/* The client has gone. */
static void leave(struct server *server, struct connection *connection)
{
	struct exchange *exchange = connection->exchange;

	connection->exchange = NULL;
	if (!exchange)
		return;
	exchange->client = NULL;
	unwatch(exchange);
	if (exchange->stage != EXCHANGE_WORK)
		unlink_exchange(server, exchange);
}

/*
 * Time.
 */

static uint64_t limit_s(const struct exchange *exchange)
{
	switch (exchange->stage) {
	case EXCHANGE_RECEIVE:
		return SERVER_REQUEST_S;
	case EXCHANGE_LINGER:
		return LINGER_S;
	case EXCHANGE_WORK:
		return UINT64_MAX;
	default:
		return SERVER_STALL_S;
	}
}

/* Proxies and browsers give up on a stream that says nothing. */
static void comment(struct exchange *exchange, uint64_t now)
{
	static const char text[] = ":\n\n";

	if (!exchange->begun || exchange->head ||
	    exchange->response.stream != HTTP_STREAM_EVENTS ||
	    exchange->out_sent < exchange->out_size ||
	    now - exchange->said_ns < COMMENT_NS)
		return;
	free(exchange->out);
	exchange->out = (uint8_t *)strdup(text);
	exchange->out_size = exchange->out ? strlen(text) : 0;
	exchange->out_sent = 0;
	lws_callback_on_writable(exchange->client);
}

static void check_times(struct server *server)
{
	uint64_t now = now_ns();

	for (struct exchange *at = server->exchanges; at; at = at->next) {
		if (!at->client)
			continue;
		comment(at, now);
		if ((now - at->since_ns) / 1000000000 >= limit_s(at))
			kill_soon(at->client);
	}
}

static void tick(lws_sorted_usec_list_t *sul)
{
	struct server *server = lws_container_of(sul, struct server, tick);

	check_times(server);
	if (server->options.tick)
		server->options.tick(server->options.daemon);
	lws_sul_schedule(server->context, 0, &server->tick, tick,
			 LWS_US_PER_SEC);
}

/*
 * Connections.
 */

static void take_client(struct server *server, int fd)
{
	bool tcp = is_tcp(fd);
	struct lws *wsi;

	if (server_clients(server) >= SERVER_CLIENTS ||
	    (tcp && server->tcp_clients >= SERVER_TCP_CLIENTS)) {
		send(fd, error_full, sizeof(error_full) - 1,
		     MSG_DONTWAIT | MSG_NOSIGNAL);
		close(fd);
		return;
	}
	/* On failure the library has closed it. */
	wsi = lws_adopt_socket_vhost(server->vhost, fd);
	if (!wsi)
		return;
	lws_set_opaque_user_data(wsi, tcp ? &client_tcp : &client_unix);
	atomic_fetch_add(&server->clients, 1);
	server->tcp_clients += tcp;
}

/* Of sockets that listen, too, which are no clients. */
static void forget_client(struct lws *wsi)
{
	struct server *server = server_of(wsi);
	const void *kind = lws_get_opaque_user_data(wsi);

	if (!kind)
		return;
	atomic_fetch_sub(&server->clients, 1);
	server->tcp_clients -= kind == &client_tcp;
}

/* Many at once, though not so many that those who are there must wait. */
static int take_clients(struct server *server, int listener)
{
	int fd;

	for (int i = 0; i < ACCEPTS; i++) {
		fd = accept4(listener, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			break;
		take_client(server, fd);
	}
	return 0;
}

static int on_listen(struct lws *wsi, enum lws_callback_reasons reason,
		     void *user, void *in, size_t length)
{
	if (reason == LWS_CALLBACK_RAW_RX_FILE)
		return take_clients(server_of(wsi), lws_get_socket_fd(wsi));
	return 0;
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason,
		   void *user, void *in, size_t length)
{
	struct connection *connection = user;

	switch (reason) {
	case LWS_CALLBACK_WSI_DESTROY:
		forget_client(wsi);
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
	case LWS_CALLBACK_RAW_ADOPT:
	case LWS_CALLBACK_RAW_RX:
		/* Neither WebSockets, nor HTTP/2, nor CONNECT. */
		return -1;
	case LWS_CALLBACK_HTTP:
		return begin(wsi, connection, in);
	case LWS_CALLBACK_HTTP_BODY:
		return receive(wsi, connection->exchange, in, length);
	case LWS_CALLBACK_HTTP_WRITEABLE:
	case LWS_CALLBACK_TIMER:
		return connection ? send_more(wsi, connection->exchange) : 0;
	case LWS_CALLBACK_CLOSED_HTTP:
		if (connection)
			leave(server_of(wsi), connection);
		return 0;
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		woken(server_of(wsi));
		return 0;
	default:
		return 0;
	}
}

static const struct lws_protocols protocols[] = {
	{ .name = "http", .callback = on_http,
	  .per_session_data_size = sizeof(struct connection) },
	{ .name = "listen", .callback = on_listen },
	{ .name = "watch", .callback = on_watch },
	{ 0 }
};

static int make_context(struct server *server)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
		.gid = -1,
		.uid = -1,
		.user = server,
		.timeout_secs = SERVER_REQUEST_S,
		.max_http_header_data = HEADER_DATA,
		.fd_limit_per_thread = 2 * SERVER_CLIENTS + 64,
		.server_string = "oscand",
		.vhost_name = "oscand",
	};

	lws_set_log_level(0, NULL);
	server->context = lws_create_context(&info);
	if (!server->context)
		return -1;
	server->vhost = lws_create_vhost(server->context, &info);
	return server->vhost ? 0 : -1;
}

static int adopt_listeners(struct server *server)
{
	for (unsigned int i = 0; i < server->options.listens; i++) {
		lws_sock_file_fd_type fd = {
			.filefd = server->options.listen[i]
		};

		if (!lws_adopt_descriptor_vhost(server->vhost,
						LWS_ADOPT_RAW_FILE_DESC, fd,
						"listen", NULL))
			return -1;
	}
	return 0;
}

struct server *server_new(const struct server_options *options)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->options = *options;
	if (make_context(server) || adopt_listeners(server))
		goto err_free;
	server->pool = pool_new(work, wake, server);
	if (!server->pool)
		goto err_free;
	return server;

err_free:
	server_free(server);
	errno = ENOMEM;
	return NULL;
}

void server_run(struct server *server)
{
	lws_sul_schedule(server->context, 0, &server->tick, tick, 1);
	while (!atomic_load(&server->stopping))
		if (lws_service(server->context, 0) < 0)
			break;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	pool_free(server->pool);
	if (server->context)
		lws_context_destroy(server->context);
	while (server->exchanges)
		unlink_exchange(server, server->exchanges);
	free(server);
}
