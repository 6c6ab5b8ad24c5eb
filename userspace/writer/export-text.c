// SPDX-License-Identifier: GPL-2.0-or-later
/* Poses as text, for people and tables. */
#include "export-text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "durable.h"

int export_fail(char *error, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, EXPORT_ERROR_LEN, format, arguments);
	va_end(arguments);
	errno = code;
	return -1;
}

int export_cannot_write(const char *path, int code, char *error)
{
	return export_fail(error, code,
			   "wanted to write %s, found: %s; choose another place",
			   path, strerror(code));
}

int export_text_begin(struct export_text *text, char *error)
{
	memset(text, 0, sizeof(*text));
	text->out = open_memstream(&text->data, &text->size);
	if (text->out)
		return 0;
	return export_fail(error, ENOMEM, "wanted memory, found none");
}

int export_text_end(struct export_text *text, const char *path, char *error)
{
	int failed = ferror(text->out), code = ENOMEM;

	failed |= fclose(text->out);
	if (!failed && !access(path, F_OK)) {
		failed = -1;
		code = EEXIST;
	} else if (!failed) {
		failed = durable_write(path, text->data, text->size);
		code = errno;
	}
	free(text->data);
	return failed ? export_cannot_write(path, code, error) : 0;
}

static void print_sigma(FILE *out, double sigma)
{
	if (isnan(sigma))
		fputc(',', out);
	else
		fprintf(out, "%.6g,", sigma);
}

int export_csv(const struct export_scan *scan, const char *file,
	       char error[EXPORT_ERROR_LEN])
{
	const struct export_photo *photo;
	double place[3], axes[3][3];
	struct export_text text;

	if (export_text_begin(&text, error))
		return -1;
	fputs("file,original,theta,phi,theta_sigma,phi_sigma,source,x,y,z\n",
	      text.out);
	for (size_t i = 0; i < scan->count; i++) {
		photo = &scan->photos[i];
		export_pose(photo, place, axes);
		fprintf(text.out, "%s,%u,%.9f,%.9f,", photo->file,
			photo->original, photo->theta_deg, photo->phi_deg);
		print_sigma(text.out, photo->theta_sigma_deg);
		print_sigma(text.out, photo->phi_sigma_deg);
		fprintf(text.out, "%s,%.6f,%.6f,%.6f\n",
			photo->measured ? "measured" : "commanded", place[0],
			place[1], place[2]);
	}
	return export_text_end(&text, file, error);
}
