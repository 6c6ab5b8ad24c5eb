// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl doctor: the kernel and the processors. */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <linux/gpio.h>
#include "doctor.h"

static bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool done = file && fgets(line, size, file);

	if (done)
		line[strcspn(line, "\n")] = '\0';
	if (file)
		fclose(file);
	return done;
}

static const char *preemption(const char *version)
{
	if (strstr(version, "PREEMPT_RT"))
		return "PREEMPT_RT";
	if (strstr(version, "PREEMPT_DYNAMIC"))
		return "preemption chosen at boot";
	if (strstr(version, "PREEMPT"))
		return "preemptible";
	return "not preemptible";
}

void check_kernel(struct checkup *checkup)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2 ||
	    major < 6 || (major == 6 && minor < 1))
		finding(checkup, FINDING_FAIL, "kernel",
			"use Linux 6.1 or newer", "Linux %s (%s, %s)",
			name.release, name.machine, preemption(name.version));
	else
		finding(checkup, FINDING_OK, "kernel", NULL,
			"Linux %s (%s, %s)", name.release, name.machine,
			preemption(name.version));
}

void check_timers(struct checkup *checkup)
{
	struct timespec resolution = { 0 };
	long long ns;

	/* The kernel says 1 ns where hrtimers are in high-resolution mode. */
	clock_getres(CLOCK_MONOTONIC, &resolution);
	ns = resolution.tv_sec * 1000000000LL + resolution.tv_nsec;
	if (ns == 1)
		finding(checkup, FINDING_OK, "timers", NULL,
			"high resolution");
	else
		finding(checkup, FINDING_FAIL, "timers",
			"boot without highres=off, on a kernel with CONFIG_HIGH_RES_TIMERS",
			"resolution %lld ns, no step can be on time", ns);
}

#define CLOCK_SOURCE \
	"/sys/devices/system/clocksource/clocksource0/current_clocksource"

void check_clock_source(struct checkup *checkup)
{
	static const char *const slow[] = {
		"acpi_pm", "hpet", "jiffies", "refined-jiffies", "pit",
	};
	char name[64];
	size_t i;

	if (!read_line(CLOCK_SOURCE, name, sizeof(name))) {
		finding(checkup, FINDING_WARN, "clock",
			"mount /sys so that it can be seen", "not known");
		return;
	}
	for (i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
		if (!strcmp(name, slow[i])) {
			finding(checkup, FINDING_WARN, "clock",
				"each step reads it: see the kernel's log why the processor's own clock is not used",
				"%s, which is slow to read", name);
			return;
		}
	}
	finding(checkup, FINDING_OK, "clock", NULL, "%s", name);
}

#define GOVERNORS "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor"

void check_governor(struct checkup *checkup)
{
	char name[64];
	glob_t list;
	size_t i;

	if (glob(GOVERNORS, 0, NULL, &list)) {
		finding(checkup, FINDING_OK, "governor", NULL,
			"processors keep their frequency");
		return;
	}
	for (i = 0; i < list.gl_pathc; i++)
		if (read_line(list.gl_pathv[i], name, sizeof(name)) &&
		    strcmp(name, "performance"))
			break;
	if (i < list.gl_pathc)
		finding(checkup, FINDING_WARN, "governor",
			"steps are less late with \"cpupower frequency-set -g performance\"",
			"\"%s\" changes the processors' frequency", name);
	else
		finding(checkup, FINDING_OK, "governor", NULL, "performance");
	globfree(&list);
}

static bool read_chip(const char *path, struct gpiochip_info *info)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int result = -1;

	memset(info, 0, sizeof(*info));
	if (fd < 0)
		return false;
	result = ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, info);
	close(fd);
	return !result;
}

void check_gpio_chips(struct checkup *checkup)
{
	struct gpiochip_info info;
	char text[256] = "";
	size_t length = 0, i;
	glob_t list;

	if (glob("/dev/gpiochip[0-9]*", 0, NULL, &list)) {
		finding(checkup, FINDING_FAIL, "gpio",
			"load the driver of the board's pins; a machine without pins can load oscan_rig to try things",
			"no gpio chip");
		return;
	}
	for (i = 0; i < list.gl_pathc && length < sizeof(text); i++) {
		length += snprintf(text + length, sizeof(text) - length, "%s%s",
				   i ? ", " : "", list.gl_pathv[i] + 5);
		if (length < sizeof(text) &&
		    read_chip(list.gl_pathv[i], &info))
			length += snprintf(text + length,
					   sizeof(text) - length,
					   " (%s, %u lines)", info.label,
					   info.lines);
	}
	finding(checkup, FINDING_OK, "gpio", NULL, "%s", text);
	globfree(&list);
}
