// SPDX-License-Identifier: GPL-2.0-or-later
#include "rotor.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GCM2		1e-7	/* kg m^2 */
#define NSEC		1e-9	/* s */

/*
 * Below a hundredth of the shortest swing of any motor here (0.8 ms: nema17-40
 * unloaded, spinning at 3000 full steps/s), RK4 is exact to 1e-7.
 */
#define STEP_NS		10000
#define SETTLE_NS	5000000000ULL
#define SETTLE_CHUNK_NS	10000000ULL
#define REST_FSPS	0.01

/* A rotor that hangs on the edge between two wells slips once, not often. */
#define WELL_MARGIN	0.2

struct rotor {
	struct rotor_motor motor;
	struct rotor_load load;
	unsigned int microsteps;
	double pole_pairs;
	double inertia;
	double damping;

	uint64_t now_ns;
	double angle;		/* rad */
	double speed;		/* rad/s */
	long long field;	/* microsteps */
	bool powered;

	/* Times of the last microsteps + 1 steps, oldest at step_next. */
	uint64_t step_ns[ROTOR_MAX_MICROSTEPS + 1];
	unsigned int step_next;
	unsigned int step_count;

	long well;		/* turns of the field that the rotor is behind */
	unsigned long slips;
	double max_lag;		/* electrical rad */
};

/* What stays the same while one integration step is made. */
struct moment {
	double field_fsps;
	int friction_sign;
};

static const struct rotor_motor motors[] = {
	{
		.name = "nema17-40",
		.model = "MotionKing 17HS4401",
		.full_steps_per_turn = 200,
		.holding_torque_nm = 0.40,
		.rated_current_a = 1.7,
		.run_current_a = 1.7 * M_SQRT2,
		.resistance_ohm = 1.5,
		.inductance_h = 2.8e-3,
		.inertia_kgm2 = 54 * GCM2,
		.detent_torque_nm = 0.022,
		.supply_v = 12,
		.damping_ratio = 0.05,
		.load = {
			.inertia_kgm2 = 140 * GCM2,
			.friction_nm = 5e-3,
		},
	}, {
		.name = "nema17-13",
		.model = "Sanyo Denki SS2422-5041 at 0.7 of its current",
		.full_steps_per_turn = 200,
		.holding_torque_nm = 0.186,
		.rated_current_a = 1.0,
		.run_current_a = 0.7 * M_SQRT2,
		.resistance_ohm = 5.4,
		.inductance_h = 2.9e-3,
		.inertia_kgm2 = 28 * GCM2,
		.supply_v = 12,
		.damping_ratio = 0.05,
		.load = {
			.inertia_kgm2 = 825 * GCM2,
			.friction_nm = 2e-3,
		},
	},
};

const struct rotor_motor *rotor_motor_at(size_t index)
{
	if (index >= sizeof(motors) / sizeof(motors[0]))
		return NULL;
	return &motors[index];
}

const struct rotor_motor *rotor_motor_find(const char *name)
{
	const struct rotor_motor *motor;
	size_t i;

	for (i = 0; (motor = rotor_motor_at(i)); i++)
		if (!strcmp(motor->name, name))
			return motor;
	errno = ENOENT;
	return NULL;
}

static double pole_pairs(const struct rotor_motor *motor)
{
	return motor->full_steps_per_turn / 4;
}

static double fs_to_rad(const struct rotor_motor *motor, double full_steps)
{
	return full_steps * 2 * M_PI / motor->full_steps_per_turn;
}

double rotor_torque(const struct rotor_motor *motor, double speed_fsps)
{
	double k = motor->holding_torque_nm /
		   (M_SQRT2 * motor->rated_current_a);
	double w = fs_to_rad(motor, speed_fsps);
	double reactance = pole_pairs(motor) * w * motor->inductance_h;
	double z = hypot(motor->resistance_ohm, reactance);
	double fed = k * motor->supply_v / z -
		     k * k * w * motor->resistance_ohm / (z * z);

	return fmax(0, fmin(fed, k * motor->run_current_a));
}

double rotor_damping(const struct rotor_motor *motor)
{
	return 2 * motor->damping_ratio *
	       sqrt(motor->inertia_kgm2 * pole_pairs(motor) *
		    rotor_torque(motor, 0));
}

double rotor_natural_hz(const struct rotor_motor *motor,
			const struct rotor_load *load)
{
	double inertia = motor->inertia_kgm2 + load->inertia_kgm2;

	return sqrt(pole_pairs(motor) * rotor_torque(motor, 0) / inertia) /
	       (2 * M_PI);
}

/* The closed form with the torque at one speed. */
static double start_stop_at(const struct rotor_motor *motor,
			    const struct rotor_load *load, double torque)
{
	double inertia = motor->inertia_kgm2 + load->inertia_kgm2;
	double r = load->friction_nm / torque;
	double barrier;

	if (!(r < 1))
		return 0;
	barrier = 2 * sqrt(1 - r * r) - r * (M_PI - 2 * asin(r));
	return sqrt(2 * pole_pairs(motor) * torque / inertia * barrier) /
	       (M_PI / 2);
}

double rotor_start_stop_fsps(const struct rotor_motor *motor,
			     const struct rotor_load *load)
{
	double low = 0;
	double high = start_stop_at(motor, load, rotor_torque(motor, 0));
	int i;

	for (i = 0; i < 60; i++) {
		double middle = (low + high) / 2;
		double torque = rotor_torque(motor, middle);

		if (start_stop_at(motor, load, torque) > middle)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool motor_valid(const struct rotor_motor *motor)
{
	return motor->full_steps_per_turn >= 4 &&
	       motor->holding_torque_nm > 0 && motor->rated_current_a > 0 &&
	       motor->run_current_a > 0 && motor->resistance_ohm > 0 &&
	       motor->inductance_h > 0 && motor->inertia_kgm2 > 0 &&
	       motor->detent_torque_nm >= 0 && motor->supply_v > 0 &&
	       motor->damping_ratio >= 0;
}

static bool load_valid(const struct rotor_load *load)
{
	return load->inertia_kgm2 >= 0 && load->friction_nm >= 0 &&
	       isfinite(load->torque_nm);
}

struct rotor *rotor_new(const struct rotor_motor *motor,
			const struct rotor_load *load, unsigned int microsteps,
			uint64_t time_ns)
{
	struct rotor *rotor;

	if (!motor_valid(motor) || !load_valid(load) || !microsteps ||
	    microsteps > ROTOR_MAX_MICROSTEPS) {
		errno = EINVAL;
		return NULL;
	}
	rotor = calloc(1, sizeof(*rotor));
	if (!rotor)
		return NULL;
	rotor->motor = *motor;
	rotor->load = *load;
	rotor->microsteps = microsteps;
	rotor->pole_pairs = pole_pairs(motor);
	rotor->inertia = motor->inertia_kgm2 + load->inertia_kgm2;
	rotor->damping = rotor_damping(motor);
	rotor->now_ns = time_ns;
	rotor->powered = true;
	return rotor;
}

void rotor_free(struct rotor *rotor)
{
	free(rotor);
}

double rotor_field_fs(const struct rotor *rotor)
{
	return (double)rotor->field / rotor->microsteps;
}

static double field_angle(const struct rotor *rotor)
{
	return fs_to_rad(&rotor->motor, rotor_field_fs(rotor));
}

double rotor_angle_fs(const struct rotor *rotor)
{
	return rotor->angle / fs_to_rad(&rotor->motor, 1);
}

double rotor_speed_fsps(const struct rotor *rotor)
{
	return rotor->speed / fs_to_rad(&rotor->motor, 1);
}

static double lag(const struct rotor *rotor)
{
	return rotor->pole_pairs * (field_angle(rotor) - rotor->angle);
}

long rotor_lost_fs(const struct rotor *rotor)
{
	return 4 * lround(lag(rotor) / (2 * M_PI));
}

unsigned long rotor_slips(const struct rotor *rotor)
{
	return rotor->slips;
}

double rotor_max_lag_deg(const struct rotor *rotor)
{
	return rotor->max_lag * 180 / M_PI;
}

/* One full step over the time that it took, or takes by now. */
static double field_speed_fsps(const struct rotor *rotor)
{
	uint64_t first = rotor->step_ns[rotor->step_next];

	if (rotor->step_count <= rotor->microsteps)
		return 0;
	return 1 / (fmax(rotor->now_ns - first, 1) * NSEC);
}

/* All but the friction. */
static double torque(const struct rotor *rotor, const struct moment *moment,
		     double angle, double speed)
{
	double sum = -rotor->damping * speed - rotor->load.torque_nm;
	double fsps;

	if (!rotor->powered)
		return sum - rotor->motor.detent_torque_nm *
			     sin(4 * rotor->pole_pairs * angle);
	fsps = fmax(fabs(speed) / fs_to_rad(&rotor->motor, 1),
		    moment->field_fsps);
	return sum - rotor_torque(&rotor->motor, fsps) *
		     sin(rotor->pole_pairs * (angle - field_angle(rotor)));
}

static double acceleration(const struct rotor *rotor,
			   const struct moment *moment, double angle,
			   double speed)
{
	return (torque(rotor, moment, angle, speed) -
		moment->friction_sign * rotor->load.friction_nm) /
	       rotor->inertia;
}

static bool sticks(const struct rotor *rotor, const struct moment *moment)
{
	return rotor->speed == 0 &&
	       fabs(torque(rotor, moment, rotor->angle, 0)) <=
	       rotor->load.friction_nm;
}

static int friction_sign(const struct rotor *rotor,
			 const struct moment *moment)
{
	double drive = rotor->speed;

	if (drive == 0)
		drive = torque(rotor, moment, rotor->angle, 0);
	return (drive > 0) - (drive < 0);
}

/* Runge and Kutta's method of fourth order. */
static void integrate(struct rotor *rotor, const struct moment *moment,
		      double h)
{
	double x = rotor->angle;
	double v = rotor->speed;
	double a1 = acceleration(rotor, moment, x, v);
	double v2 = v + h / 2 * a1;
	double a2 = acceleration(rotor, moment, x + h / 2 * v, v2);
	double v3 = v + h / 2 * a2;
	double a3 = acceleration(rotor, moment, x + h / 2 * v2, v3);
	double v4 = v + h * a3;
	double a4 = acceleration(rotor, moment, x + h * v3, v4);

	rotor->angle += h / 6 * (v + 2 * v2 + 2 * v3 + v4);
	rotor->speed += h / 6 * (a1 + 2 * a2 + 2 * a3 + a4);
	/* Dry friction stops a rotor, it does not turn it round. */
	if (rotor->load.friction_nm > 0 && v * rotor->speed < 0)
		rotor->speed = 0;
}

static void watch_lag(struct rotor *rotor)
{
	double now = lag(rotor);

	if (!rotor->powered)
		return;
	rotor->max_lag = fmax(rotor->max_lag, fabs(now));
	while (now - 2 * M_PI * rotor->well > M_PI + WELL_MARGIN) {
		rotor->well++;
		rotor->slips++;
	}
	while (now - 2 * M_PI * rotor->well < -M_PI - WELL_MARGIN) {
		rotor->well--;
		rotor->slips++;
	}
}

void rotor_advance(struct rotor *rotor, uint64_t time_ns)
{
	while (rotor->now_ns < time_ns) {
		struct moment moment = {
			.field_fsps = field_speed_fsps(rotor),
		};
		uint64_t step_ns = time_ns - rotor->now_ns;

		if (sticks(rotor, &moment)) {
			/* While the field slows down the torque still grows. */
			if (moment.field_fsps < 1)
				rotor->now_ns = time_ns;
			else
				rotor->now_ns += step_ns < STEP_NS ?
						 step_ns : STEP_NS;
			continue;
		}
		if (step_ns > STEP_NS)
			step_ns = STEP_NS;
		moment.friction_sign = friction_sign(rotor, &moment);
		integrate(rotor, &moment, step_ns * NSEC);
		rotor->now_ns += step_ns;
		watch_lag(rotor);
	}
}

void rotor_step(struct rotor *rotor, int direction)
{
	rotor->field += direction;
	rotor->step_ns[rotor->step_next] = rotor->now_ns;
	rotor->step_next = (rotor->step_next + 1) % (rotor->microsteps + 1);
	if (rotor->step_count <= rotor->microsteps)
		rotor->step_count++;
	watch_lag(rotor);
}

void rotor_power(struct rotor *rotor, bool on)
{
	rotor->powered = on;
	if (on)
		rotor->well = lround(lag(rotor) / (2 * M_PI));
}

void rotor_settle(struct rotor *rotor)
{
	uint64_t end_ns = rotor->now_ns + SETTLE_NS;
	double before;

	do {
		before = rotor_angle_fs(rotor);
		rotor_advance(rotor, rotor->now_ns + SETTLE_CHUNK_NS);
		if (fabs(rotor_speed_fsps(rotor)) < REST_FSPS &&
		    fabs(rotor_angle_fs(rotor) - before) < REST_FSPS)
			return;
	} while (rotor->now_ns < end_ns);
}

void rotor_replay(struct rotor *rotor, const struct oscan_rig_edge *edges,
		  size_t count, const struct edge_lines *lines,
		  uint64_t until_ns)
{
	int dir = edges_dir_initial(edges, count, lines);
	size_t i;

	rotor_power(rotor, edges_powered_initial(edges, count, lines));
	for (i = 0; i < count && edges[i].time_ns <= until_ns; i++) {
		const struct oscan_rig_edge *edge = &edges[i];

		if (edge->line == lines->dir)
			dir = edge->value;
		if (edge->line != lines->step && edge->line != lines->enable)
			continue;
		rotor_advance(rotor, edge->time_ns);
		if (edge->line == lines->enable)
			rotor_power(rotor,
				    edge->value != lines->enable_active_low);
		else if (edge->value)
			rotor_step(rotor, dir ? 1 : -1);
	}
	if (until_ns == UINT64_MAX)
		rotor_settle(rotor);
	else
		rotor_advance(rotor, until_ns);
}
