// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: -lm */
/* What a program that was built once relies on for ever. */
#include <stddef.h>
#include <linux/oscan.h>
#include "unit.h"

/* The numbers hold direction and size, so that these freeze both. */
TEST(request_numbers_never_change)
{
	ck_assert_uint_eq(OSCAN_IOC_INFO, 0x80706f40);
	ck_assert_uint_eq(OSCAN_IOC_AXIS_INFO, 0xc0c06f41);
	ck_assert_uint_eq(OSCAN_IOC_STATE, 0xc0706f42);
	ck_assert_uint_eq(OSCAN_IOC_STATS, 0xc1b86f43);
	ck_assert_uint_eq(OSCAN_IOC_ENABLE, 0x40186f44);
	ck_assert_uint_eq(OSCAN_IOC_MOVE, 0xc0606f45);
	ck_assert_uint_eq(OSCAN_IOC_STOP, 0x40106f46);
	ck_assert_uint_eq(OSCAN_IOC_HALT, 0x40106f47);
	ck_assert_uint_eq(OSCAN_IOC_SET_POSITION, 0x40206f48);
	ck_assert_uint_eq(OSCAN_IOC_EVENTS, 0x40106f4a);
	ck_assert_uint_eq(OSCAN_IOC_TRIGGER_SET, 0x40486f4b);
	ck_assert_uint_eq(OSCAN_IOC_TRIGGER_GET, 0xc0906f4c);
	ck_assert_uint_eq(OSCAN_IOC_PULSE, 0xc0606f4d);
	ck_assert_uint_eq(OSCAN_IOC_CAPTURE_SET, 0x40206f4e);
	ck_assert_uint_eq(OSCAN_IOC_CAPTURE_GET, 0xc0986f4f);
}

#define AT(_struct, _field, _offset) \
	ck_assert_uint_eq(offsetof(struct _struct, _field), _offset)

TEST(fields_never_move)
{
	AT(oscan_info, max_rate_sps, 12);
	AT(oscan_info, name, 48);
	AT(oscan_info, driver_version, 80);
	AT(oscan_axis_info, name, 8);
	AT(oscan_axis_info, unit, 40);
	AT(oscan_axis_info, travel_per_turn_nm, 64);
	AT(oscan_axis_info, limit_min, 72);
	AT(oscan_axis_info, max_speed_sps_q44, 88);
	AT(oscan_axis_info, max_accel_sps2_q32, 96);
	AT(oscan_axis_info, catch_up_percent, 124);
	AT(oscan_move, target, 8);
	AT(oscan_move, speed_sps_q44, 16);
	AT(oscan_move, accel_sps2_q32, 24);
	AT(oscan_move, decel_sps2_q32, 32);
	AT(oscan_move, start_ns, 40);
	AT(oscan_move, duration_ns, 48);
	AT(oscan_move, move_id, 56);
	AT(oscan_axis_info, backlash_steps, 128);
	AT(oscan_axis_info, stop_debounce_us, 136);
	AT(oscan_axis_info, idle_off_ms, 140);
	AT(oscan_set_position, flags, 4);
	AT(oscan_set_position, position, 8);
	AT(oscan_state, position_state, 12);
	AT(oscan_state, position, 24);
	AT(oscan_state, target, 32);
	AT(oscan_state, time_ns, 40);
	AT(oscan_state, last_step_ns, 48);
	AT(oscan_state, steps, 56);
	AT(oscan_state, trace_seq, 64);
	AT(oscan_state, trace_lost, 72);
	AT(oscan_state, latch_position, 80);
	AT(oscan_state, latch_ns, 88);
	AT(oscan_state, latch_count, 96);
	AT(oscan_state, latch_stop, 100);
	AT(oscan_stats, move_worst_late_ns, 8);
	AT(oscan_stats, move_shortest_ns, 24);
	AT(oscan_stats, stumbles, 36);
	AT(oscan_stats, worst_late_ns, 40);
	AT(oscan_stats, late_bins, 56);
	AT(oscan_info, triggers, 16);
	AT(oscan_info, captures, 20);
	AT(oscan_info, probed_ns, 24);
	AT(oscan_trigger_set, start, 16);
	AT(oscan_trigger_set, distance, 24);
	AT(oscan_trigger_set, number, 32);
	AT(oscan_trigger_set, positions, 40);
	AT(oscan_trigger_set, width_ns, 48);
	AT(oscan_trigger, name, 8);
	AT(oscan_trigger, axis, 40);
	AT(oscan_trigger, next, 80);
	AT(oscan_trigger, pulses, 120);
	AT(oscan_pulse, time_ns, 8);
	AT(oscan_pulse, positions, 16);
	AT(oscan_capture_set, min_interval_ns, 8);
	AT(oscan_capture, count, 48);
	AT(oscan_capture, positions, 72);
	AT(oscan_event, time_ns, 8);
	AT(oscan_event, position, 24);
	AT(oscan_event, aux, 40);
	AT(oscan_event, dropped, 48);
	AT(oscan_event, positions, 64);
	AT(oscan_page, alive, 12);
	AT(oscan_page, axis, 128);
	AT(oscan_page_axis, position, 16);
	AT(oscan_page_axis, interval_ns, 40);
	AT(oscan_page_axis, direction, 60);
	ck_assert_uint_eq(sizeof(struct oscan_event), 128);
	ck_assert_uint_eq(sizeof(struct oscan_page_axis), 128);
}

TEST(numbers_of_words_never_change)
{
	ck_assert_int_eq(OSCAN_ABI_VERSION, 1);
	ck_assert_int_eq(OSCAN_MAX_AXES, 8);
	ck_assert_int_eq(OSCAN_UNIT_MILLIMETRE, 2);
	ck_assert_int_eq(OSCAN_POSITION_LOST, 4);
	ck_assert_int_eq(OSCAN_MOTION_STOPPING, 3);
	ck_assert_int_eq(OSCAN_END_SYSTEM, 6);
	ck_assert_int_eq(OSCAN_END_SWITCH, 7);
	ck_assert_uint_eq(OSCAN_STATE_AT_MAX, 16);
	ck_assert_uint_eq(OSCAN_MOVE_REPLACE, 2);
	ck_assert_uint_eq(OSCAN_MOVE_QUEUE, 4);
	ck_assert_uint_eq(OSCAN_MOVE_JOG, 8);
	ck_assert_uint_eq(OSCAN_MOVE_DIRECT, 16);
	ck_assert_uint_eq(OSCAN_MOVE_HOMING, 32);
	ck_assert_uint_eq(OSCAN_SET_AT_LATCH, 1);
	ck_assert_uint_eq(OSCAN_TRIGGER_DOWN, 2);
	ck_assert_int_eq(OSCAN_TRIGGER_LIST, 4);
	ck_assert_int_eq(OSCAN_TRIGGER_REBASED, 4);
	ck_assert_uint_eq(OSCAN_CAPTURE_FALLING, 2);
	ck_assert_int_eq(OSCAN_EVENT_CAPTURE, 13);
	ck_assert_uint_eq(OSCAN_EVENT_ALL, 0x3ffe);
	ck_assert_int_eq(OSCAN_CMD_STATE, 2);
	ck_assert_int_eq(OSCAN_CMD_STREAM_SET, 9);
	ck_assert_int_eq(OSCAN_CMD_EVENT, 10);
	ck_assert_int_eq(OSCAN_ATTR_STATE, 11);
	ck_assert_int_eq(OSCAN_ATTR_STATS, 20);
	ck_assert_int_eq(OSCAN_ATTR_EVENT, 21);
	ck_assert_int_eq(OSCAN_ATTR_MAX, 21);
}
