/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lights: LED class devices of the kernel, as the overlay of a board names
 * them, "oscan:white:ring-1" for example.
 *
 * A name means the light that has it; else every light whose name begins with
 * "oscan:" and has it behind the last colon, with or without a number:
 * "ring" means "oscan:white:ring-1" and "oscan:white:ring-2". Any LED of the
 * machine may be called by all of its name.
 *
 * They are looked for in /sys/class/leds, or in the folder that OSCAN_LEDS
 * names.
 */
#ifndef OSCAN_LIGHTS_H
#define OSCAN_LIGHTS_H

#include <stdint.h>

/* Room for a name, with its NUL. */
#define LIGHT_NAME_LEN 64

/**
 * struct light - a light as it is
 * @name: all of it
 * @brightness: in the device's own steps, 0 is off
 * @most: greatest brightness; 1 for a line that is only on or off
 * @percent: 0 to 100
 */
struct light {
	char name[LIGHT_NAME_LEN];
	uint32_t brightness;
	uint32_t most;
	double percent;
};

/**
 * lights_each - lights in the order of their names
 * @name: those that it means; NULL: all whose names begin with "oscan:"
 * @each: called for each; not 0 ends it
 *
 * Return: 0, what @each returned, or -1 with errno: ENODEV: there is none of
 * that name, EINVAL: not a name, EIO: one cannot be read, ENOMEM. Without
 * @name it is no error that there is none.
 */
int lights_each(const char *name,
		int (*each)(void *data, const struct light *light),
		void *data);

/**
 * light_get - how bright a light is
 * @percent: out, 0 to 100, the brightest of those that @name means
 *
 * Return: 0, or -1 with errno as lights_each()
 */
int light_get(const char *name, double *percent);

/**
 * light_set - make all lights that @name means so bright
 * @percent: 0 off, 100 full; to the nearest step, but never off above 0, so
 *	that a line that is only on or off is on
 *
 * Return: 0, or -1 with errno: those of lights_each(), EINVAL: beyond 0 to
 * 100, EACCES: for root only. Each is attempted.
 */
int light_set(const char *name, double percent);

/**
 * light_write - make one light so bright
 * @name: all of its name
 * @brightness: in the device's own steps, 0 to light.most
 *
 * Return: as light_set()
 */
int light_write(const char *name, uint32_t brightness);

#endif /* OSCAN_LIGHTS_H */
