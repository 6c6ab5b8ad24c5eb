/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the rotor of a step motor did when its driver saw these steps.
 *
 * A hybrid step motor with p pole pairs, driven by a field that each step
 * turns by one microstep:
 *
 *   J a = -T(n) sin(p (th - th_field)) - b w - friction sgn(w) - load
 *
 * th, w, a are angle, speed and acceleration of the rotor; J is the inertia
 * of rotor and load. The motor comes to rest wherever p (th - th_field) is a
 * multiple of a turn, so what it loses it loses in whole slips of 4 full
 * steps. Friction is dry: a rotor at rest sticks until the torque exceeds it.
 *
 * T falls with the speed n, because the supply must drive the current against
 * the inductance and the back-EMF. It is the pull-out torque of a motor fed
 * with a sine of the supply's amplitude (Acarnley, "Stepping Motors: a guide
 * to theory and practice", the chapter on high-speed operation), cut off at
 * the torque that the driver's current gives:
 *
 *   k = holding torque / (sqrt(2) rated current)    both phases carry it
 *   Z = sqrt(R^2 + (p w L)^2)
 *   T = k V / Z - k^2 w R / Z^2
 *
 * with w the greater of the rotor's speed and the field's mean speed over the
 * last full step.
 *
 * Left out: the current's own transient, resonance of the mounting, and the
 * torque's deviation from a sine. The detent torque is contained in the
 * holding torque of a powered motor and acts by itself on an unpowered one.
 *
 * Full steps are motor steps: 200 to a turn.
 */
#ifndef ROTOR_ROTOR_H
#define ROTOR_ROTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edges.h"

#define ROTOR_MAX_MICROSTEPS	256

/**
 * struct rotor_load - what the motor drives, as seen at its shaft
 * @inertia_kgm2: moment of inertia, without the rotor's, 0 or more. Through a
 *	gear: divided by the square of the ratio.
 * @friction_nm: dry friction, bearings of the motor included, 0 or more
 * @torque_nm: constant torque against positive motion (weight), any
 */
struct rotor_load {
	double inertia_kgm2;
	double friction_nm;
	double torque_nm;
};

/**
 * struct rotor_motor - a motor and how it is driven
 * @name: name to choose it by
 * @model: maker and type
 * @full_steps_per_turn: 4 times the pole pairs
 * @holding_torque_nm: both phases at rated current, newton metres
 * @rated_current_a: per phase, ampere
 * @run_current_a: peak of the sine that the driver makes, ampere; the current
 *	vector of the rated state is sqrt(2) times the rated current
 * @resistance_ohm: per phase
 * @inductance_h: per phase, henry
 * @inertia_kgm2: of the rotor
 * @detent_torque_nm: unpowered; 0 where the datasheet does not state it
 * @supply_v: voltage of the driver's supply
 * @damping_ratio: of the rotor alone at holding torque, as a fraction of the
 *	critical one: b = 2 ratio sqrt(J_rotor p T). No datasheet states it.
 *	Plausible 0.02 to 0.2; the tests hold at both ends.
 * @load: the scanner axis that it drives in an OpenScan Mini
 */
struct rotor_motor {
	const char *name;
	const char *model;
	double full_steps_per_turn;
	double holding_torque_nm;
	double rated_current_a;
	double run_current_a;
	double resistance_ohm;
	double inductance_h;
	double inertia_kgm2;
	double detent_torque_nm;
	double supply_v;
	double damping_ratio;
	struct rotor_load load;
};

/*
 * The motors, with where each value is from.
 *
 * nema17-40: MotionKing 17HS4401. Datasheet row "17HS4401 1.8 40 1.7 1.5 2.8
 * 40 2.2 54 4 280" (datasheetcafe.com/17hs4401-datasheet-stepper-motor): step
 * 1.8 deg, 40 mm, 1.7 A, 1.5 ohm, 2.8 mH, holding 40 Ncm, detent 2.2 Ncm, rotor
 * 54 g cm^2. It is the "> 40 Ncm" motor of the OpenScan Mini's parts list (the
 * arm).
 *
 * nema17-13: Sanyo Denki SS2422-5041. Datasheet row "0.186 1 5.4 2.9 0.028":
 * holding 18.6 Ncm or more at 1 A, 5.4 ohm, 2.9 mH, rotor 28 g cm^2; no detent
 * torque stated. Run at 0.7 of its current it holds 13 Ncm, what the parts
 * list asks of the turntable's motor ("> 13 Ncm").
 *
 * Supply: 12 V (OpenScan documentation, both).
 * Run current of nema17-40: the rated state (the datasheet's 40 Ncm).
 * Loads are estimates, no datasheet has them:
 *  arm	0.25 kg of ring, camera and light at 0.10 m, through 13.33:1, is
 *	140 g cm^2; plausible 0 to 600
 *  turntable	direct; 30 g plate of 0.10 m diameter (375 g cm^2) and a 100 g
 *	object of 0.06 m (450 g cm^2), 825 g cm^2; plausible 100 to 5000
 *  friction	5 and 2 mNm; plausible 0 to a tenth of the holding torque
 */

/**
 * rotor_motor_at() - the motors, one by one
 * @index: from 0
 *
 * Return: the motor, static; NULL past the last one.
 */
const struct rotor_motor *rotor_motor_at(size_t index);

/**
 * rotor_motor_find() - a motor by name
 * @name: rotor_motor.name
 *
 * Return: the motor, static; NULL with errno ENOENT.
 */
const struct rotor_motor *rotor_motor_find(const char *name);

/**
 * rotor_torque() - greatest torque at a speed
 * @motor: motor
 * @speed_fsps: full steps per second, 0 or more
 *
 * Return: T of the formula above, newton metres, 0 or more.
 */
double rotor_torque(const struct rotor_motor *motor, double speed_fsps);

/**
 * rotor_damping() - viscous damping of the motor
 * @motor: motor
 *
 * Return: b, newton metre seconds per radian.
 */
double rotor_damping(const struct rotor_motor *motor);

/**
 * rotor_natural_hz() - frequency of small swings about a step
 * @motor: motor
 * @load: load
 *
 * Return: sqrt(p T / J) / (2 pi), T at standstill.
 */
double rotor_natural_hz(const struct rotor_motor *motor,
			const struct rotor_load *load);

/**
 * rotor_start_stop_fsps() - greatest rate to start with at once, closed form
 * @motor: motor
 * @load: load; its inertia and friction count, its torque does not
 *
 * Without damping, for fine microsteps. The rotor sticks until the field leads
 * by d0 with sin d0 = r = friction / T. From there it must catch the field
 * before the lead reaches pi - d0, where the torque turns:
 *
 *   v^2 < 2 p T / J (2 sqrt(1 - r^2) - r (pi - 2 asin r))
 *
 * v is the field's electrical speed, T its torque at v. Without friction that
 * is v = 2 w0, w0 the natural frequency. It is the rate at which a rotor at
 * rest just follows; one that still swings back at full speed follows half.
 *
 * Return: full steps per second; 0 if friction exceeds the torque.
 */
double rotor_start_stop_fsps(const struct rotor_motor *motor,
			     const struct rotor_load *load);

/**
 * struct rotor - a motor that runs; fields belong to rotor.c
 */
struct rotor;

/**
 * rotor_new() - a motor at rest on the field's angle, powered
 * @motor: motor; copied
 * @load: load; copied
 * @microsteps: microsteps per full step, 1 to ROTOR_MAX_MICROSTEPS
 * @time_ns: present time
 *
 * Return: to be freed with rotor_free(); NULL with errno EINVAL (a value out
 * of its range) or ENOMEM.
 */
struct rotor *rotor_new(const struct rotor_motor *motor,
			const struct rotor_load *load, unsigned int microsteps,
			uint64_t time_ns);
void rotor_free(struct rotor *rotor);

/**
 * rotor_advance() - let time pass
 * @rotor: rotor
 * @time_ns: new present time; an earlier one changes nothing
 */
void rotor_advance(struct rotor *rotor, uint64_t time_ns);

/**
 * rotor_step() - turn the field by a microstep, now
 * @rotor: rotor
 * @direction: 1 or -1
 */
void rotor_step(struct rotor *rotor, int direction);

/**
 * rotor_power() - switch the current on or off, now
 * @rotor: rotor
 * @on: on
 *
 * Off, the rotor coasts against friction and detent while the field goes on
 * counting; on, it falls to the nearest angle of the field.
 */
void rotor_power(struct rotor *rotor, bool on);

/**
 * rotor_settle() - let the rotor come to rest
 * @rotor: rotor
 *
 * At most 5 s pass.
 */
void rotor_settle(struct rotor *rotor);

/**
 * rotor_replay() - run a recording
 * @rotor: rotor, as made by rotor_new() for a time not after the first edge
 * @edges: recording that edges_check() accepts
 * @count: number of edges
 * @lines: lines of the axis
 * @until_ns: edges after this time are left out; the rotor's present time
 *	is then this one. UINT64_MAX: all, and the rotor has settled.
 *
 * "Where was the rotor at time t": replay until t and ask rotor_angle_fs().
 */
void rotor_replay(struct rotor *rotor, const struct oscan_rig_edge *edges,
		  size_t count, const struct edge_lines *lines,
		  uint64_t until_ns);

/**
 * rotor_angle_fs() - angle of the rotor, full steps since rotor_new()
 * @rotor: rotor
 */
double rotor_angle_fs(const struct rotor *rotor);

/**
 * rotor_field_fs() - angle of the field, full steps since rotor_new()
 * @rotor: rotor
 */
double rotor_field_fs(const struct rotor *rotor);

/**
 * rotor_speed_fsps() - speed of the rotor, full steps per second
 * @rotor: rotor
 */
double rotor_speed_fsps(const struct rotor *rotor);

/**
 * rotor_lost_fs() - full steps that the rotor is behind the field, net
 * @rotor: rotor
 *
 * Return: field minus rotor, to the nearest multiple of 4; negative where
 * the rotor ran on. Final only for a rotor that has settled.
 */
long rotor_lost_fs(const struct rotor *rotor);

/**
 * rotor_slips() - how often the rotor slipped, either way, while powered
 * @rotor: rotor
 *
 * Return: number of slips of 4 full steps; slips back and forth add up.
 */
unsigned long rotor_slips(const struct rotor *rotor);

/**
 * rotor_max_lag_deg() - greatest electrical angle between field and rotor
 * @rotor: rotor
 *
 * Return: degrees, 0 or more, while powered; 90 is the greatest torque, above
 * 180 it slipped.
 */
double rotor_max_lag_deg(const struct rotor *rotor);

#endif /* ROTOR_ROTOR_H */
