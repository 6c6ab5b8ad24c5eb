// SPDX-License-Identifier: GPL-2.0-or-later
/* oscand: begin, wait for the end, end. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include "daemon.h"
#include "job.h"
#include "listen.h"
#include "options.h"

const struct job_kind job_kinds[] = {
	{ .name = "capture", .pauses = true, .check = job_capture_check,
	  .run = job_capture_run },
	{ .name = "flyscan", .check = job_flyscan_check,
	  .run = job_flyscan_run },
	{ 0 }
};

static struct daemon daemon_;

/* Over daemon_.server: others may wake it while it is set up or torn down. */
static pthread_mutex_t server_lock = PTHREAD_MUTEX_INITIALIZER;

static void wake(void *data)
{
	struct daemon *daemon = data;

	pthread_mutex_lock(&server_lock);
	if (daemon->server)
		server_wake(daemon->server);
	pthread_mutex_unlock(&server_lock);
}

static void post(void *data, const char *name, json_t *value)
{
	struct daemon *daemon = data;

	events_post(daemon->events, name, value);
}

static bool claim(void *data)
{
	struct daemon *daemon = data;

	return axes_claim(daemon->axes) && live_claim(daemon->live);
}

static void release(void *data)
{
	struct daemon *daemon = data;

	live_release(daemon->live);
	axes_release(daemon->axes);
}

/* That the server's thread lives is what clients need. */
static void tick(struct daemon *daemon)
{
	sd_notify(0, "WATCHDOG=1");
}

static int fail(const char *why)
{
	fprintf(stderr, "oscand: %s\n", why);
	return -1;
}

static int fail_errno(const char *wanted)
{
	fprintf(stderr, "oscand: wanted %s, found: %s; end other programs\n",
		wanted, strerror(errno));
	return -1;
}

/* The first that has any: systemd, then what was asked for. */
static int open_sockets(const struct options *options,
			struct server_options *server, char *token)
{
	char why[LISTEN_ERROR_LEN];

	if (options->token_file &&
	    listen_token(options->token_file, token, why))
		return fail(why);
	if (listen_systemd(server, why))
		return fail(why);
	if (!server->listens &&
	    listen_unix(server, options->socket ? options->socket :
			LISTEN_SOCKET, options->group, why))
		return fail(why);
	for (unsigned int i = 0; i < options->listens; i++)
		if (listen_tcp(server, options->listen[i], why))
			return fail(why);
	if (listen_has_tcp(server) && !options->token_file)
		return fail("wanted a --token-file for the TCP socket of systemd, found none; give one, or take it out of oscand.socket");
	server->token = options->token_file ? token : NULL;
	return 0;
}

static int open_jobs(struct daemon *daemon)
{
	struct jobs_options options = {
		.folder = daemon->state,
		.kinds = job_kinds,
		.data = daemon,
		.claim = claim,
		.release = release,
		.event = post,
	};
	char why[JOBS_ERROR_LEN];

	daemon->events = events_new(wake, daemon);
	if (!daemon->events)
		return fail_errno("memory");
	daemon->jobs = jobs_open(&options, why);
	return daemon->jobs ? 0 : fail(why);
}

static int open_server(struct daemon *daemon, const struct options *options,
		       char *token)
{
	struct server_options server = { .daemon = daemon, .tick = tick };

	if (open_sockets(options, &server, token))
		return -1;
	pthread_mutex_lock(&server_lock);
	daemon->server = server_new(&server);
	pthread_mutex_unlock(&server_lock);
	return daemon->server ? 0 : fail_errno("a server");
}

static int open_machine(struct daemon *daemon)
{
	daemon->live = live_new(daemon->camera, wake, daemon);
	daemon->axes = axes_new(daemon->device, post, daemon);
	if (!daemon->live || !daemon->axes || jobs_start(daemon->jobs))
		return fail_errno("threads");
	return 0;
}

static void *serve(void *data)
{
	struct daemon *daemon = data;

	server_run(daemon->server);
	/* So that main() ends, too, should it have failed. */
	kill(getpid(), SIGTERM);
	return NULL;
}

static void wait_for_signal(const sigset_t *signals)
{
	int number;

	while (sigwait(signals, &number))
		;
}

/* Clients are served until the job has ended, and see how. */
static int run(struct daemon *daemon, const sigset_t *signals)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, serve, daemon);

	errno = error;
	if (error)
		return fail_errno("a thread");
	sd_notify(0, "READY=1");
	wait_for_signal(signals);
	sd_notify(0, "STOPPING=1");
	jobs_stop(daemon->jobs);
	server_stop(daemon->server);
	pthread_join(thread, NULL);
	return 0;
}

static void close_all(struct daemon *daemon)
{
	struct server *server = daemon->server;

	if (daemon->jobs)
		jobs_stop(daemon->jobs);
	pthread_mutex_lock(&server_lock);
	daemon->server = NULL;
	pthread_mutex_unlock(&server_lock);
	server_free(server);
	axes_free(daemon->axes);
	live_free(daemon->live);
	jobs_close(daemon->jobs);
	events_free(daemon->events);
}

static const char *projects_of(const struct options *options)
{
	static char below[PATH_MAX];
	const char *of_environment = getenv("OPENSCAN_PROJECT_DIR");

	if (options->projects)
		return options->projects;
	if (of_environment && *of_environment)
		return of_environment;
	snprintf(below, sizeof(below), "%s/projects", options->state);
	return below;
}

/* Beside a socket of its own it has a journal of its own. */
static const char *runtime_of(const struct options *options)
{
	static char folder[PATH_MAX];
	char *slash;

	if (!options->socket)
		return NULL;
	snprintf(folder, sizeof(folder), "%s", options->socket);
	slash = strrchr(folder, '/');
	if (!slash)
		return ".";
	slash[slash == folder] = '\0';
	return folder;
}

/* Threads inherit the mask: only main() gets these. */
static void block(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	char token[LISTEN_TOKEN_LEN] = "";
	struct options options;
	int failed, status;
	sigset_t signals;

	status = options_parse(&options, argc, argv);
	if (status)
		return status == 1 ? 0 : status;
	block(&signals);
	daemon_.device = options.device;
	daemon_.camera = options.camera;
	daemon_.state = options.state;
	daemon_.projects = projects_of(&options);
	daemon_.runtime = runtime_of(&options);
	job_time(daemon_.started);
	failed = open_jobs(&daemon_) ||
		 open_server(&daemon_, &options, token) ||
		 open_machine(&daemon_) || run(&daemon_, &signals);
	close_all(&daemon_);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
