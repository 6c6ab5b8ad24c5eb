// SPDX-License-Identifier: GPL-2.0-or-later
#include "gphoto2-config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A value may be off the range by this ratio: half a stop. */
#define SLACK 1.42

static const char *const shutter_names[] = {
	"shutterspeed", "shutterspeed2", "exptime", NULL
};
static const char *const iso_names[] = { "iso", "isospeed", NULL };
static const char *const format_names[] = {
	"imageformat", "imagequality", NULL
};
static const char *const target_names[] = { "capturetarget", NULL };

static const char *const *names_of(enum gphoto2_setting setting)
{
	return setting == GPHOTO2_SHUTTER ? shutter_names : iso_names;
}

double gphoto2_number(const char *text)
{
	char *end;
	double value = strtod(text, &end), below;

	if (end == text || !(value > 0) || isinf(value))
		return 0;
	if (*end == '/') {
		text = end + 1;
		below = strtod(text, &end);
		if (end == text || !(below > 0))
			return 0;
		value /= below;
	}
	/* Seconds, as some cameras write them. */
	if (!strcmp(end, "s") || !strcmp(end, "\""))
		end++;
	return *end ? 0 : value;
}

/* The first of @names that the camera has; to be freed. */
static int find(Camera *camera, GPContext *context, const char *const *names,
		const char **name, CameraWidget **widget)
{
	int result = GP_ERROR_NOT_SUPPORTED;

	for (; *names; names++) {
		result = gp_camera_get_single_config(camera, *names, widget,
						     context);
		*name = *names;
		/* Which error tells that there is none depends on the driver. */
		if (result == GP_OK || result == GP_ERROR_CAMERA_BUSY ||
		    (result <= GP_ERROR_IO && result > GP_ERROR_CORRUPTED_DATA))
			return result;
	}
	return GP_ERROR_NOT_SUPPORTED;
}

static int set(Camera *camera, GPContext *context, const char *name,
	       CameraWidget *widget, const char *choice)
{
	const char *now = NULL;
	int result = gp_widget_get_value(widget, &now);

	if (result == GP_OK && now && !strcmp(now, choice))
		return GP_OK;
	result = gp_widget_set_value(widget, choice);
	if (result != GP_OK)
		return result;
	return gp_camera_set_single_config(camera, name, widget, context);
}

/* How far apart two numbers are, as a ratio from 1 on. */
static double ratio(double a, double b)
{
	return a > b ? a / b : b / a;
}

static const char *nearest(CameraWidget *widget, double value, double *got)
{
	int count = gp_widget_count_choices(widget);
	const char *text, *best = NULL;
	double number;

	for (int i = 0; i < count; i++) {
		if (gp_widget_get_choice(widget, i, &text) != GP_OK)
			continue;
		number = gphoto2_number(text);
		if (!number || (best && ratio(number, value) >=
				ratio(*got, value)))
			continue;
		best = text;
		*got = number;
	}
	return best;
}

int gphoto2_get_number(Camera *camera, GPContext *context,
		       enum gphoto2_setting setting, double *value)
{
	CameraWidget *widget;
	const char *name, *now = NULL;
	int result = find(camera, context, names_of(setting), &name, &widget);

	if (result != GP_OK)
		return result;
	result = gp_widget_get_value(widget, &now);
	*value = result == GP_OK && now ? gphoto2_number(now) : 0;
	gp_widget_free(widget);
	return result;
}

int gphoto2_check_number(Camera *camera, GPContext *context,
			 enum gphoto2_setting setting, double value)
{
	CameraWidget *widget;
	const char *name;
	double got = 0;
	int result = find(camera, context, names_of(setting), &name, &widget);

	if (result != GP_OK)
		return result;
	if (!nearest(widget, value, &got))
		result = GP_ERROR_NOT_SUPPORTED;
	else if (ratio(got, value) > SLACK)
		result = GP_ERROR_BAD_PARAMETERS;
	gp_widget_free(widget);
	return result;
}

int gphoto2_set_number(Camera *camera, GPContext *context,
		       enum gphoto2_setting setting, double value,
		       double *got)
{
	CameraWidget *widget;
	const char *name, *choice;
	int result = find(camera, context, names_of(setting), &name, &widget);

	if (result != GP_OK)
		return result;
	choice = nearest(widget, value, got);
	result = choice ? set(camera, context, name, widget, choice) :
			  GP_ERROR_NOT_SUPPORTED;
	gp_widget_free(widget);
	return result;
}

static bool is_jpeg(const char *text)
{
	return (strcasestr(text, "jpeg") || strcasestr(text, "fine")) &&
	       !strcasestr(text, "raw") && !strcasestr(text, "nef");
}

static bool is_memory(const char *text)
{
	return strcasestr(text, "ram");
}

/* Keep a choice that is meant, else take the first one that is. */
static int prefer(Camera *camera, GPContext *context,
		  const char *const *names, bool (*is_meant)(const char *text))
{
	CameraWidget *widget;
	const char *name, *text = NULL;
	int result = find(camera, context, names, &name, &widget), count;

	if (result != GP_OK)
		return result;
	result = gp_widget_get_value(widget, &text);
	if (result != GP_OK || !text || is_meant(text))
		goto out;
	count = gp_widget_count_choices(widget);
	result = GP_ERROR_NOT_SUPPORTED;
	for (int i = 0; i < count; i++) {
		if (gp_widget_get_choice(widget, i, &text) != GP_OK ||
		    !is_meant(text))
			continue;
		result = set(camera, context, name, widget, text);
		break;
	}
out:
	gp_widget_free(widget);
	return result;
}

int gphoto2_prefer_jpeg(Camera *camera, GPContext *context)
{
	int result = prefer(camera, context, format_names, is_jpeg);

	return result == GP_ERROR_NOT_SUPPORTED ? GP_OK : result;
}

int gphoto2_prefer_memory(Camera *camera, GPContext *context)
{
	return prefer(camera, context, target_names, is_memory);
}
