// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets that the daemon listens on. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include "listen.h"

#define BACKLOG 1024

static int __attribute__((format(printf, 2, 3)))
refuse(char *why, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(why, LISTEN_ERROR_LEN, format, list);
	va_end(list);
	return -1;
}

static int add(struct server_options *options, int fd, char *why)
{
	if (options->listens == SERVER_LISTEN_MAX) {
		close(fd);
		return refuse(why, "wanted at most %d sockets, found more; give fewer",
			      SERVER_LISTEN_MAX);
	}
	options->listen[options->listens++] = fd;
	return 0;
}

int listen_systemd(struct server_options *options, char *why)
{
	int count = sd_listen_fds(1), fd;

	for (int i = 0; i < count; i++) {
		fd = SD_LISTEN_FDS_START + i;
		if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
			return refuse(why, "wanted stream sockets of systemd, found something else; see oscand.socket");
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		if (add(options, fd, why))
			return -1;
	}
	return 0;
}

static int new_socket(int family)
{
	return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* A daemon that was killed leaves its socket. */
static int remove_stale(const struct sockaddr_un *address)
{
	struct stat status;
	int fd, error;

	if (lstat(address->sun_path, &status))
		return errno == ENOENT ? 0 : -1;
	/* Of a file of another kind connect(2) says the same. */
	if (!S_ISSOCK(status.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	fd = new_socket(AF_UNIX);
	if (fd < 0)
		return -1;
	error = connect(fd, (const struct sockaddr *)address,
			sizeof(*address)) ? errno : 0;
	close(fd);
	if (error == ECONNREFUSED)
		return unlink(address->sun_path);
	errno = error == ENOENT ? 0 : EADDRINUSE;
	return errno ? -1 : 0;
}

static int set_group(const char *path, const char *group)
{
	const struct group *entry;

	if (!group)
		return 0;
	errno = 0;
	entry = getgrnam(group);
	if (entry)
		return chown(path, -1, entry->gr_gid);
	if (!errno)
		errno = ENOENT;
	return -1;
}

int listen_unix(struct server_options *options, const char *path,
		const char *group, char *why)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t before;
	int fd, bound;

	if (strlen(path) >= sizeof(address.sun_path))
		return refuse(why, "wanted a socket of at most %zu bytes, found \"%.200s\"; give a shorter --socket",
			      sizeof(address.sun_path) - 1, path);
	strcpy(address.sun_path, path);
	if (remove_stale(&address))
		return refuse(why, "wanted the socket %.200s, found: %s; end who uses it, or give another --socket",
			      path, strerror(errno));
	fd = new_socket(AF_UNIX);
	before = umask(0117);
	bound = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&address,
				   sizeof(address));
	umask(before);
	if (!bound && !set_group(path, group) && !listen(fd, BACKLOG))
		return add(options, fd, why);
	refuse(why, "wanted the socket %.200s%s%.40s, found: %s; give another --socket or --group",
	       path, group ? " of group " : "", group ? group : "",
	       strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* "host:port", "[host]:port": cut in two. */
static int split(char *text, char **host, char **port)
{
	char *colon = strrchr(text, ':');

	if (!colon || !colon[1])
		return -1;
	*colon = '\0';
	*port = colon + 1;
	*host = text;
	if (*text == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		*host = text + 1;
	}
	return **host ? 0 : -1;
}

static int bind_tcp(const struct addrinfo *info)
{
	int fd = new_socket(info->ai_family), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, info->ai_addr, info->ai_addrlen) && !listen(fd, BACKLOG))
		return fd;
	close(fd);
	return -1;
}

int listen_tcp(struct server_options *options, const char *address, char *why)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	struct addrinfo *info;
	char text[256], *host, *port;
	int error, fd;

	if (snprintf(text, sizeof(text), "%s", address) >=
	    (int)sizeof(text) || split(text, &host, &port))
		return refuse(why, "--listen: wanted ADDRESS:PORT, found \"%.200s\"",
			      address);
	error = getaddrinfo(host, port, &hints, &info);
	if (error)
		return refuse(why, "--listen: wanted an address of this machine, found \"%.200s\" (%s)",
			      address, gai_strerror(error));
	fd = bind_tcp(info);
	freeaddrinfo(info);
	if (fd >= 0)
		return add(options, fd, why);
	return refuse(why, "wanted to listen on %.200s, found: %s; give another --listen",
		      address, strerror(errno));
}

int listen_has_tcp(const struct server_options *options)
{
	for (unsigned int i = 0; i < options->listens; i++)
		if (sd_is_socket(options->listen[i], AF_UNIX, 0, -1) <= 0)
			return 1;
	return 0;
}

int listen_token(const char *path, char *token, char *why)
{
	FILE *file = fopen(path, "re");
	struct stat status;
	int result = 0;

	if (!file || fstat(fileno(file), &status))
		result = refuse(why, "wanted the token in %.200s, found: %s; give another --token-file",
				path, strerror(errno));
	else if (status.st_mode & 077)
		result = refuse(why, "wanted a token that only its owner may read, found %.200s with mode %03o; change it with chmod 600",
				path, status.st_mode & 0777);
	else if (!fgets(token, LISTEN_TOKEN_LEN, file))
		token[0] = '\0';
	if (file)
		fclose(file);
	if (result)
		return -1;
	token[strcspn(token, "\r\n")] = '\0';
	if (strlen(token) < LISTEN_TOKEN_LEAST ||
	    strlen(token) == LISTEN_TOKEN_LEN - 1)
		return refuse(why, "wanted a token of %d to %d bytes in %.200s, found one of %zu",
			      LISTEN_TOKEN_LEAST, LISTEN_TOKEN_LEN - 2, path,
			      strlen(token));
	return 0;
}
