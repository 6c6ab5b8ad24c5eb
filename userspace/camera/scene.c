// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every surface is one of revolution: a pixel always sees the same height or
 * radius of it, and a turn of the object only shifts the azimuth. So what a
 * pixel sees is worked out once for each place of the camera, and after that
 * a sample is a look-up in a texture of azimuth and height.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "camera.h"
#include "scene.h"

/* Azimuths of the texture, a power of two; a turn is 2^32. */
#define AZIMUTH_BITS 10
#define AZIMUTHS (1 << AZIMUTH_BITS)
/* The first azimuth is there again behind the last. */
#define TEXTURE_ROW (AZIMUTHS + 1)
#define TURN 4294967296.0

#define DOT_RING_RADIUS 2.4
#define AMBIENT 0.35
#define ONE 256

enum surface { NOTHING, SIDE, TOP, TABLE, SURFACES };

/* Rows of the texture, by height or from the middle outwards. */
static const struct shape {
	uint32_t first;
	uint32_t rows;
	double radius;
} shapes[SURFACES] = {
	[SIDE] = { 0, 256, SCENE_RADIUS },
	[TOP] = { 256, 64, SCENE_RADIUS },
	[TABLE] = { 320, 64, SCENE_TABLE_RADIUS },
};

#define TEXTURE_ROWS 384

enum tint { TINT_BACKGROUND, TINT_CODE, TINT_COLUMN, TINT_TABLE };

/* Red, green and blue of white, 256 for all of it. */
static const uint16_t tints[][3] = {
	[TINT_BACKGROUND] = { 225, 240, 256 },
	[TINT_CODE] = { 256, 256, 256 },
	[TINT_COLUMN] = { 256, 232, 200 },
	[TINT_TABLE] = { 205, 228, 256 },
};

/* Rings of evenly spread dots. */
static const struct ring {
	enum surface surface;
	double height;
	double radius;
	unsigned int dots;
	double first_deg;
} rings[] = {
	{ SIDE, 24, SCENE_RADIUS, 12, 0 },
	{ SIDE, -22, SCENE_RADIUS, 12, 15 },
	{ TOP, SCENE_HALF_HEIGHT, 15, 6, 10 },
	{ TABLE, -SCENE_HALF_HEIGHT, 40, 9, 5 },
};

#define RINGS (sizeof(rings) / sizeof(rings[0]))

/* Of the lamp, length 1. */
static const double lamp[3] = { 0.72, -0.48, 0.501 };

/**
 * struct sight - what a pixel sees
 * @azimuth: in the world
 * @texture: offset of the row in the texture
 * @shade: brightness, ONE: as the texture is
 * @tint: enum tint
 */
struct sight {
	uint32_t azimuth;
	uint32_t texture;
	uint16_t shade;
	uint16_t tint;
};

/**
 * struct scene
 * @seen_from: shape [height], rotor_deg that @sights are for, NAN: none yet
 * @sights: shape [height][width]
 * @dioptres: shape [height][width]
 * @texture: shape [TEXTURE_ROWS + 1][TEXTURE_ROW]; the last row is the
 *	background
 * @sums: shape [width]
 */
struct scene {
	uint32_t width;
	uint32_t height;
	double *seen_from;
	struct sight *sights;
	float *dioptres;
	uint8_t *texture;
	uint32_t *sums;
};

/* ---- the object ---- */

static uint32_t mix(uint32_t value)
{
	value = (value ^ (value >> 16)) * 0x7feb352du;
	value = (value ^ (value >> 15)) * 0x846ca68bu;
	return value ^ (value >> 16);
}

/* A number of 0 to 255 for each knot of a lattice that closes in azimuth. */
static int knot(uint32_t azimuth, uint32_t row, unsigned int bits)
{
	azimuth &= (1u << (AZIMUTH_BITS - bits)) - 1;
	return mix(azimuth + (row << 12) + (bits << 24)) & 255;
}

/* Between the knots, straight; the cells are as high as half their width. */
static int noise(uint32_t azimuth, uint32_t row, unsigned int bits)
{
	uint32_t x = azimuth >> bits, y = row >> (bits - 1);
	int u = azimuth & ((1 << bits) - 1), v = row & ((1 << (bits - 1)) - 1);
	int left = (knot(x, y, bits) << (bits - 1)) +
		   v * (knot(x, y + 1, bits) - knot(x, y, bits));
	int right = (knot(x + 1, y, bits) << (bits - 1)) +
		    v * (knot(x + 1, y + 1, bits) - knot(x + 1, y, bits));

	return ((left << bits) + u * (right - left)) >> (2 * bits - 1);
}

/*
 * Spots of many sizes, with enough contrast for programs that find their way by
 * such; darker than the dots, brighter than their rings.
 */
static int pattern(uint32_t azimuth, uint32_t row)
{
	int value = noise(azimuth, row, 6) + noise(azimuth, row, 5) +
		    noise(azimuth, row, 4) + noise(azimuth, row, 3);

	value = 95 + (value - 510) * 3 / 4;
	return value < 25 ? 25 : value > 165 ? 165 : value;
}

static double row_height(uint32_t row)
{
	return SCENE_HALF_HEIGHT * ((2 * row + 1.0) / shapes[SIDE].rows - 1);
}

/* Number of periods of the code around the column, 0 where there is none. */
static int code_at(double height)
{
	double z = fabs(height);

	if (z < SCENE_FINE_TO)
		return SCENE_FINE;
	if (z < SCENE_MIDDLE_TO)
		return SCENE_MIDDLE;
	return z < SCENE_COARSE_TO ? SCENE_COARSE : 0;
}

static void paint_row(uint8_t *texture, uint32_t row)
{
	int periods = row < shapes[SIDE].rows ? code_at(row_height(row)) : 0;
	uint8_t *to = texture + row * TEXTURE_ROW;

	for (uint32_t i = 0; i < AZIMUTHS; i++)
		to[i] = periods ?
			lrint(128 + 100 * cos(2 * M_PI * i * periods /
					      AZIMUTHS)) :
			pattern(i, row);
}

static void texel_place(enum surface surface, uint32_t row, int azimuth,
			double place[3])
{
	const struct shape *shape = &shapes[surface];
	double angle = 2 * M_PI * azimuth / AZIMUTHS, radius = shape->radius;

	if (surface == SIDE) {
		place[2] = row_height(row);
	} else {
		place[2] = surface == TOP ? SCENE_HALF_HEIGHT :
					    -SCENE_HALF_HEIGHT;
		radius *= (row + 0.5) / shape->rows;
	}
	place[0] = radius * cos(angle);
	place[1] = radius * sin(angle);
}

static double distance(const double a[3], const double b[3])
{
	return sqrt((a[0] - b[0]) * (a[0] - b[0]) +
		    (a[1] - b[1]) * (a[1] - b[1]) +
		    (a[2] - b[2]) * (a[2] - b[2]));
}

static void paint_dot(uint8_t *texture, const struct ring *ring,
		      const double dot[3])
{
	const struct shape *shape = &shapes[ring->surface];
	double middle = atan2(dot[1], dot[0]) / (2 * M_PI) * AZIMUTHS;
	int wide = ceil(2 * DOT_RING_RADIUS / ring->radius / (2 * M_PI) *
			AZIMUTHS);
	double place[3], away;
	uint8_t *to;

	for (uint32_t row = 0; row < shape->rows; row++) {
		to = texture + (shape->first + row) * TEXTURE_ROW;
		texel_place(ring->surface, row, lrint(middle), place);
		if (distance(place, dot) > DOT_RING_RADIUS)
			continue;
		for (int i = lrint(middle) - wide;
		     i <= lrint(middle) + wide; i++) {
			texel_place(ring->surface, row, i, place);
			away = distance(place, dot);
			if (away < DOT_RING_RADIUS)
				to[i & (AZIMUTHS - 1)] =
					away < SCENE_DOT_RADIUS ? 250 : 15;
		}
	}
}

bool scene_point(size_t index, double point[3])
{
	double angle;

	for (size_t i = 0; i < RINGS; index -= rings[i++].dots) {
		if (index >= rings[i].dots)
			continue;
		angle = (rings[i].first_deg + 360.0 * index / rings[i].dots) *
			M_PI / 180;
		point[0] = rings[i].radius * cos(angle);
		point[1] = rings[i].radius * sin(angle);
		point[2] = rings[i].height;
		return true;
	}
	return false;
}

static void paint(uint8_t *texture)
{
	double point[3];
	size_t index = 0;
	uint32_t row;

	for (row = 0; row < TEXTURE_ROWS; row++)
		paint_row(texture, row);
	for (size_t i = 0; i < RINGS; i++)
		for (unsigned int dot = 0; dot < rings[i].dots; dot++) {
			scene_point(index++, point);
			paint_dot(texture, &rings[i], point);
		}
	memset(texture + TEXTURE_ROWS * TEXTURE_ROW, 255, TEXTURE_ROW);
	for (row = 0; row <= TEXTURE_ROWS; row++)
		texture[row * TEXTURE_ROW + AZIMUTHS] =
			texture[row * TEXTURE_ROW];
}

/* ---- the camera ---- */

struct view {
	double place[3];
	double forward[3];
	double up[3];
	double focal;
};

static struct view view_from(uint32_t width, uint32_t height, double rotor_deg)
{
	double sine = sin(rotor_deg * M_PI / 180);
	double cosine = cos(rotor_deg * M_PI / 180);

	return (struct view){
		.place = { SCENE_DISTANCE * sine, 0, SCENE_DISTANCE * cosine },
		.forward = { -sine, 0, -cosine },
		.up = { -cosine, 0, sine },
		.focal = scene_focal_px(width, height),
	};
}

double scene_focal_px(uint32_t width, uint32_t height)
{
	return fmin(1.5 * width, 2.0 * height);
}

/**
 * struct hit - the surface that a ray meets first
 * @along: in lengths of the ray's direction
 * @place: in the world
 */
struct hit {
	enum surface surface;
	double along;
	double place[3];
};

static void meet(struct hit *hit, enum surface surface, double along,
		 const double from[3], const double ray[3])
{
	if (along <= 0 || (hit->surface && along >= hit->along))
		return;
	hit->surface = surface;
	hit->along = along;
	for (int i = 0; i < 3; i++)
		hit->place[i] = from[i] + along * ray[i];
}

static void meet_side(struct hit *hit, const double from[3],
		      const double ray[3])
{
	double a = ray[0] * ray[0] + ray[1] * ray[1];
	double b = from[0] * ray[0] + from[1] * ray[1];
	double c = from[0] * from[0] + from[1] * from[1] -
		   SCENE_RADIUS * SCENE_RADIUS;
	double root = b * b - a * c, along;

	if (root <= 0 || a == 0)
		return;
	along = (-b - sqrt(root)) / a;
	if (fabs(from[2] + along * ray[2]) < SCENE_HALF_HEIGHT)
		meet(hit, SIDE, along, from, ray);
}

static void meet_disc(struct hit *hit, enum surface surface, double height,
		      const double from[3], const double ray[3])
{
	double along = (height - from[2]) / ray[2];
	double x = from[0] + along * ray[0], y = from[1] + along * ray[1];
	double radius = shapes[surface].radius;

	if (ray[2] != 0 && x * x + y * y < radius * radius)
		meet(hit, surface, along, from, ray);
}

static struct hit cast(const double from[3], const double ray[3])
{
	struct hit hit = { .surface = NOTHING };

	meet_side(&hit, from, ray);
	meet_disc(&hit, TOP, SCENE_HALF_HEIGHT, from, ray);
	meet_disc(&hit, TABLE, -SCENE_HALF_HEIGHT, from, ray);
	return hit;
}

static void see_background(struct sight *sight, double part)
{
	sight->azimuth = 0;
	sight->texture = TEXTURE_ROWS * TEXTURE_ROW;
	sight->shade = ONE * (0.22 - 0.12 * part);
	sight->tint = TINT_BACKGROUND;
}

static double lit(const double normal[3])
{
	double cosine = normal[0] * lamp[0] + normal[1] * lamp[1] +
			normal[2] * lamp[2];

	return AMBIENT + (1 - AMBIENT) * fmax(cosine, 0);
}

static void see_side(struct sight *sight, const double place[3])
{
	double normal[3] = { place[0] / SCENE_RADIUS,
			     place[1] / SCENE_RADIUS, 0 };
	uint32_t row = (place[2] / SCENE_HALF_HEIGHT + 1) / 2 *
		       shapes[SIDE].rows;
	bool code = code_at(row_height(row));

	sight->texture = row * TEXTURE_ROW;
	sight->shade = code ? ONE : ONE * lit(normal);
	sight->tint = code ? TINT_CODE : TINT_COLUMN;
}

static void see_disc(struct sight *sight, const struct hit *hit)
{
	static const double normal[3] = { 0, 0, 1 };
	const struct shape *shape = &shapes[hit->surface];
	double x = hit->place[0], y = hit->place[1];
	uint32_t row = sqrt(x * x + y * y) / shape->radius * shape->rows;

	sight->texture = (shape->first + row) * TEXTURE_ROW;
	sight->shade = ONE * lit(normal);
	sight->tint = hit->surface == TOP ? TINT_COLUMN : TINT_TABLE;
}

static void look(struct scene *scene, uint32_t row, double rotor_deg)
{
	struct view view = view_from(scene->width, scene->height, rotor_deg);
	struct sight *sight = scene->sights + (size_t)row * scene->width;
	float *dioptres = scene->dioptres + (size_t)row * scene->width;
	double up = ((scene->height - 1) / 2.0 - row) / view.focal;
	double ray[3], right;
	struct hit hit;

	scene->seen_from[row] = rotor_deg;
	for (uint32_t column = 0; column < scene->width; column++, sight++) {
		right = (column - (scene->width - 1) / 2.0) / view.focal;
		for (int i = 0; i < 3; i++)
			ray[i] = view.forward[i] + up * view.up[i];
		ray[1] += right;
		hit = cast(view.place, ray);
		dioptres[column] = hit.surface ? 1000 / hit.along : 0;
		if (!hit.surface) {
			see_background(sight, (double)row / scene->height);
			continue;
		}
		sight->azimuth = (int64_t)llrint(atan2(hit.place[1],
						       hit.place[0]) /
						 (2 * M_PI) * TURN);
		if (hit.surface == SIDE)
			see_side(sight, hit.place);
		else
			see_disc(sight, &hit);
	}
}

bool scene_project(uint32_t width, uint32_t height,
		   const struct scene_pose *pose, const double point[3],
		   double *column, double *line)
{
	struct view view = view_from(width, height, pose->rotor_deg);
	double sine = sin(pose->turntable_deg * M_PI / 180);
	double cosine = cos(pose->turntable_deg * M_PI / 180);
	double ray[3] = {
		point[0] * cosine - point[1] * sine - view.place[0],
		point[0] * sine + point[1] * cosine - view.place[1],
		point[2] - view.place[2],
	};
	double deep = 0, high = 0;
	struct hit hit;

	for (int i = 0; i < 3; i++) {
		deep += ray[i] * view.forward[i];
		high += ray[i] * view.up[i];
	}
	*column = (width - 1) / 2.0 + view.focal * ray[1] / deep;
	*line = (height - 1) / 2.0 - view.focal * high / deep;
	hit = cast(view.place, ray);
	return hit.surface && fabs(hit.along - 1) < 1e-6;
}

/* ---- drawing ---- */

static uint32_t angle(double degrees)
{
	double turns = degrees / 360;

	return (uint64_t)((turns - floor(turns)) * TURN);
}

/* The texture, straight between two azimuths, times 256. */
static uint32_t sample(const uint8_t *texture, uint32_t azimuth)
{
	const uint8_t *at = texture + (azimuth >> (32 - AZIMUTH_BITS));
	uint32_t part = (azimuth >> (24 - AZIMUTH_BITS)) & 255;

	return at[0] * (256 - part) + at[1] * part;
}

/* Add what is seen from one place of the camera. */
static void add_row(struct scene *scene, uint32_t row, const uint32_t *turns,
		    size_t count, uint32_t gain)
{
	const struct sight *sight = scene->sights + (size_t)row * scene->width;
	const uint8_t *texture;
	uint32_t sum;

	for (uint32_t column = 0; column < scene->width; column++, sight++) {
		texture = scene->texture + sight->texture;
		sum = 0;
		for (size_t i = 0; i < count; i++)
			sum += sample(texture, sight->azimuth - turns[i]);
		scene->sums[column] += (uint64_t)sum * sight->shade * gain >> 8;
	}
}

static void put_pixel(uint8_t *to, uint32_t luma, const uint16_t *tint)
{
	for (int i = 0; i < 3; i++)
		to[i] = luma * tint[i] >> 8;
}

void scene_row(struct scene *scene, uint32_t row,
	       const struct scene_pose *poses, size_t count, double gain,
	       uint32_t format, uint8_t *pixels)
{
	const struct sight *sights = scene->sights +
				     (size_t)row * scene->width;
	uint32_t turns[SCENE_POSES_MAX], luma;
	uint32_t whole = (uint32_t)count << 16;
	size_t from, to;

	memset(scene->sums, 0, scene->width * sizeof(*scene->sums));
	for (from = 0; from < count; from = to) {
		for (to = from; to < count &&
		     poses[to].rotor_deg == poses[from].rotor_deg; to++)
			turns[to] = angle(poses[to].turntable_deg);
		if (scene->seen_from[row] != poses[from].rotor_deg)
			look(scene, row, poses[from].rotor_deg);
		add_row(scene, row, turns + from, to - from, gain * ONE);
	}
	for (uint32_t column = 0; column < scene->width; column++) {
		luma = (scene->sums[column] + whole / 2) / whole;
		if (luma > 255)
			luma = 255;
		if (format == CAMERA_FORMAT_RGB8)
			put_pixel(pixels + 3 * (size_t)column, luma,
				  tints[sights[column].tint]);
		else
			pixels[column] = luma;
	}
}

struct scene *scene_new(uint32_t width, uint32_t height)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return NULL;
	scene->width = width;
	scene->height = height;
	scene->seen_from = calloc(height, sizeof(*scene->seen_from));
	scene->sights = calloc((size_t)width * height, sizeof(*scene->sights));
	scene->dioptres = calloc((size_t)width * height,
				 sizeof(*scene->dioptres));
	scene->texture = calloc(TEXTURE_ROWS + 1, TEXTURE_ROW);
	scene->sums = calloc(width, sizeof(*scene->sums));
	if (!scene->seen_from || !scene->sights || !scene->dioptres ||
	    !scene->texture || !scene->sums) {
		scene_free(scene);
		errno = ENOMEM;
		return NULL;
	}
	for (uint32_t row = 0; row < height; row++)
		scene->seen_from[row] = NAN;
	paint(scene->texture);
	return scene;
}

uint32_t scene_width(const struct scene *scene)
{
	return scene->width;
}

uint32_t scene_height(const struct scene *scene)
{
	return scene->height;
}

const float *scene_dioptres(const struct scene *scene, uint32_t row)
{
	return scene->dioptres + (size_t)row * scene->width;
}

void scene_free(struct scene *scene)
{
	if (!scene)
		return;
	free(scene->seen_from);
	free(scene->sights);
	free(scene->dioptres);
	free(scene->texture);
	free(scene->sums);
	free(scene);
}
