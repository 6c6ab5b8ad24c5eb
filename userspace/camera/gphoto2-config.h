/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of a camera of libgphoto2: each is one of some choices, which are
 * texts for people. A setting goes by several names, of which a camera has one.
 *
 * Return, where nothing else is said: 0, or a negative error of libgphoto2;
 * GP_ERROR_NOT_SUPPORTED where the camera has no such setting.
 */
#ifndef OSCAN_GPHOTO2_CONFIG_H
#define OSCAN_GPHOTO2_CONFIG_H

#include <stdbool.h>
#include <gphoto2/gphoto2.h>

/** enum gphoto2_setting - a setting that is a number */
enum gphoto2_setting {
	GPHOTO2_SHUTTER = 1,	/* seconds */
	GPHOTO2_ISO = 2,
};

/**
 * gphoto2_number - what a choice means
 * @text: "1/125", "0.5", "0.0125s", "2", "100"
 *
 * Return: above 0; 0: it means no number ("bulb", "auto")
 */
double gphoto2_number(const char *text);

/**
 * gphoto2_get_number - how a setting is now
 * @value: out; 0: not a number, such as "auto"
 */
int gphoto2_get_number(Camera *camera, GPContext *context,
		       enum gphoto2_setting setting, double *value);

/**
 * gphoto2_check_number - whether a value is within the range of the choices, or
 * nearer to it than to what would come next
 *
 * Return: as above; GP_ERROR_BAD_PARAMETERS: it is not
 */
int gphoto2_check_number(Camera *camera, GPContext *context,
			 enum gphoto2_setting setting, double value);

/**
 * gphoto2_set_number - take the choice that is nearest by its ratio
 * @value: above 0
 * @got: out, what that choice is
 */
int gphoto2_set_number(Camera *camera, GPContext *context,
		       enum gphoto2_setting setting, double value,
		       double *got);

/**
 * gphoto2_prefer_jpeg - have it give JPEG files, and no others
 *
 * Return: as above; 0 also for a camera that gives nothing else
 */
int gphoto2_prefer_jpeg(Camera *camera, GPContext *context);

/** gphoto2_prefer_memory - keep photos in the camera's memory, not on its card */
int gphoto2_prefer_memory(Camera *camera, GPContext *context);

#endif /* OSCAN_GPHOTO2_CONFIG_H */
