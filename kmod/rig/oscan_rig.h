/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * oscan_rig: a gpio chip that records every edge, for tests and the demo.
 *
 * The chip ("oscan-rig", OSCAN_RIG_LINES lines, never sleeps) is an ordinary
 * gpio_chip: oscan_motor.ko and programs that use the gpio character device
 * drive the same lines. An end-stop line and the CAPTURE line are driven by
 * the rig and can only be inputs; they raise interrupts. Every other line is
 * low until somebody makes it an output, and again as an input. Every change
 * of a line's level is recorded with the CLOCK_MONOTONIC time at which it was
 * made. Unless loaded with bare=1 the module also creates the platform device
 * "oscan-motor" that oscan_motor.ko binds to, with the axes below; its
 * numbers are those of an OpenScan Mini with Greenshield.
 *
 * Module parameters: ring_records (a power of two from 16 to 67108864, by
 * default 1048576), bare, and max_speed_sps, max_accel_sps2, start_stop_fsps,
 * pulse_high_ns, pulse_low_ns, dir_setup_ns, dir_hold_ns, enable_delay_ns,
 * idle_off_ms (0, the default, leaves the property as it is),
 * catch_up_percent and stop_debounce_us (-1, the default, does), which replace
 * the property of that name of both axes. stops=1 gives each axis its two end
 * stops: ENDSTOP as min-stop, ENDSTOP_2 as max-stop; stops=2 the same by way
 * of a gpio chip that sleeps, and stops=3 by one that also has no interrupts.
 * shared_enable=1 makes
 * TURNTABLE_ENABLE the ENABLE line of both axes. triggers=1 gives the device
 * the trigger line TRIGGER ("camera"), triggers=2 also TRIGGER_2 ("flash"), and
 * captures=1 the capture line CAPTURE ("strobe").
 *
 * refuse_suspend=1 (also in /sys/module/oscan_rig/parameters) has a suspend
 * called off with EBUSY once the motors were suspended. When the machine is
 * switched off, a line of the kernel's log tells when the turntable made its
 * last two steps, if these are still in the ring.
 *
 * /dev/oscan-rig, one reader at a time (-EBUSY): read(2) takes whole struct
 * oscan_rig_edge records out of the ring, oldest first. It returns what is
 * there, up to the size asked for, and 0 when the ring is empty; it never
 * waits. -EINVAL for a size under one record, -EFAULT for a bad pointer, and
 * then no record is taken. Opening changes nothing; the ring keeps recording
 * while nobody reads, and counts what it had to drop (the newest) in "lost".
 *
 * debugfs, oscan-rig/; -EINVAL for text that does not fit:
 *   edges   (ro)  edges since loading or the last reset, in the ring or not
 *   lost    (ro)  those of them that found the ring full
 *   reset   (wo)  write 1: empty the ring, zero both counts
 *   lines   (ro)  text, one line each: number, name ("-" if it has none),
 *                 direction ("in", "out"), level
 *   capture (rw)  level of the CAPTURE line, 0 (the default) or 1
 *   strobe  (rw)  "DELAY WIDTH", microseconds up to 1000000 each: CAPTURE rises
 *                 so long after each rising edge of TRIGGER and falls so long
 *                 after that, as the strobe of a camera does; an edge that
 *                 comes meanwhile is ignored. "0 0", the default: it does not.
 *                 "0 WIDTH PERIOD": CAPTURE rises each PERIOD and answers
 *                 nothing, as a camera that runs free. Reads back all three.
 *   delay_us (wo) write N (up to 1000000): keep every processor busy with
 *                 interrupts off for N microseconds, from the write on
 *   delay_at (rw) "EDGES MICROSECONDS": when the EDGES-th rising edge of any
 *                 STEP line from now is written, keep that processor busy
 *                 with interrupts off for so long (up to 1000000), once,
 *                 right after the edge was recorded; reads back what is left,
 *                 "0 0" if none. Writing "0 0" calls it off.
 *   endstop_N (rw) for N = 0 (turntable), 1 (rotor), 2 (turntable, the
 *                 second), 3 (rotor, the second): "COUNT DIRECTION MODE":
 *                 the end-stop line is active (high) while the net count of
 *                 rising STEP edges since loading (DIR high adds one, DIR low
 *                 takes one) is at or beyond COUNT in DIRECTION (1 or -1).
 *                 MODE is
 *                   normal
 *                   stuck   never active
 *                   closed  always active
 *                   mute    as normal, but it raises no interrupt
 *                   glitch  at COUNT the line becomes active and inactive
 *                           again at once
 *                   bounce  when it becomes active or inactive the line
 *                           changes ten times, at once and every 100 us, and
 *                           100 us later shows which it is; "bounce N" for
 *                           another number of changes, 1 to 1000
 *                 "off" (the default): never active.
 *   net_N   (ro)  that net count
 *
 * Edges that the disturbance delays are recorded with their true times.
 *
 * The module can be removed at any time, unless /dev/oscan-rig is open or a
 * program uses a line that "oscan-motor" does not have: it removes that
 * device first, whoever is bound to it.
 */
#ifndef OSCAN_RIG_H
#define OSCAN_RIG_H

#include <linux/types.h>

#define OSCAN_RIG_LINES		16

/* Line numbers. */
enum oscan_rig_line {
	OSCAN_RIG_TURNTABLE_STEP = 0,
	OSCAN_RIG_TURNTABLE_DIR = 1,
	OSCAN_RIG_TURNTABLE_ENABLE = 2,		/* active low */
	OSCAN_RIG_TURNTABLE_ENDSTOP = 3,
	OSCAN_RIG_ROTOR_STEP = 4,
	OSCAN_RIG_ROTOR_DIR = 5,
	OSCAN_RIG_ROTOR_ENABLE = 6,		/* active low */
	OSCAN_RIG_ROTOR_ENDSTOP = 7,
	OSCAN_RIG_TRIGGER = 8,
	OSCAN_RIG_CAPTURE = 9,
	/* 10 and 11: STEP and DIR for a program that toggles pins itself. */
	OSCAN_RIG_FREE_STEP = 10,
	OSCAN_RIG_FREE_DIR = 11,
	OSCAN_RIG_TURNTABLE_ENDSTOP_2 = 12,
	OSCAN_RIG_ROTOR_ENDSTOP_2 = 13,
	OSCAN_RIG_TRIGGER_2 = 14,
};

/**
 * struct oscan_rig_edge - one change of a line
 * @time_ns: CLOCK_MONOTONIC, nanoseconds, read in the call that set the level;
 *	never less than in the record before
 * @line: number of the line
 * @value: physical level after the change, 0 or 1
 * @padding: zero
 */
struct oscan_rig_edge {
	__u64 time_ns;
	__u32 line;
	__u8 value;
	__u8 padding[3];
};

#endif /* OSCAN_RIG_H */
