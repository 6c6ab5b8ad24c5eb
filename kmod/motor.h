/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The objects of the driver and what each file offers to the others.
 *
 * A controller is one platform device and owns its axes. It lives as long as
 * its device is bound or a file on it is open.
 *
 * Locks: controller->mutex first, then axis->lock, then trigger->lock or
 * capture->lock, then events->lock. All but the first are taken in hard
 * interrupt context on every kernel, PREEMPT_RT too.
 */
#ifndef OSCAN_MOTOR_H
#define OSCAN_MOTOR_H

#include <linux/fs.h>
#include <linux/gpio/consumer.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/oscan.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "batch.h"
#include "compat.h"
#include "plan.h"

struct controller;
struct dentry;
struct trace_buffers;

/* Power of two: 0.8 s at 20000 steps/s. */
#define TRACE_RING_STEPS	16384U

/* Up to here a pulse is waited out, above it gets an interrupt of its own. */
#define STEP_SPIN_MAX_NS	5000U

enum step_edge {
	STEP_EDGE_NONE = 1,
	STEP_EDGE_RISE = 2,
	STEP_EDGE_FALL = 3,
	STEP_EDGE_TURN = 4,	/* of DIR */
};

/**
 * struct leg - part of a move in one direction
 * @goal: where its move ends, microsteps
 * @move_id: of its move
 * @request: limits; @request.steps is its length, @request.end_sps_q44 the
 *	speed at which the next leg takes over
 * @sign: direction, +1 or -1
 */
struct leg {
	s64 goal;
	u32 move_id;
	int sign;
	struct plan_request request;
};

/* Each move may need two; so may the one that runs have left one. */
#define LEGS_MAX	(2 * OSCAN_MOVE_QUEUE_LIMIT + 2)

/**
 * struct endstop - a switch at one end of an axis
 * @axis: owner
 * @line: input, active while the switch is pressed; NULL if there is none or
 *	the device is gone
 * @sign: constant after probe: direction in which it lies, +1 or -1
 * @slow: constant after probe: @line may only be read in process context
 * @irq: constant after probe: interrupt of @line, 0 if it has none
 * @active: level of @line when it was last read
 * @closed: the same, debounced
 * @active_ns: when @line was last known to be active
 * @settle: fires when it may count as open again; hard interrupt context
 */
struct endstop {
	struct axis *axis;
	struct gpio_desc *line;
	int sign;
	bool slow;
	int irq;
	bool active;
	bool closed;
	u64 active_ns;
	struct hrtimer settle;
};

/* Where and when an end stop last closed. */
struct latch {
	s64 position;
	u64 time_ns;
	u32 count;
	u32 stop;	/* OSCAN_STATE_AT_MIN or OSCAN_STATE_AT_MAX */
	bool stale;	/* the motor was off, or went off or slipped since */
};

/* Index in axis->stops. */
enum side {
	SIDE_MIN,
	SIDE_MAX,
	SIDES,
};

/**
 * struct stream - how the steps of an axis are told
 * @period_ms: steps wait at most so long for their message while others follow
 * @spacing: a thinned message has the steps to multiples of this
 */
struct stream {
	u32 period_ms;
	u32 spacing;
};

/**
 * struct axis - one motor
 * @controller: owner
 * @info: constant after probe; what userspace is told of the axis
 * @initial_position: constant after probe
 * @step: STEP line
 * @dir: DIR line, active for the positive direction
 * @enable_line: ENABLE line of its own or NULL
 * @idle_off: switches the motor off after a time at rest
 * @start_stop_sps_q44: constant after probe: start-stop rate
 * @draft: plan that is being made; protected by controller->mutex
 * @draft_legs: shape [LEGS_MAX], legs that are being made; likewise
 * @last_id: number of the last move that was accepted; likewise
 * @lock: protects everything below
 * @timer: fires at the next edge; hard interrupt context
 * @next_edge: what @timer will write
 * @due_ns: when the next rising edge is due, whatever its line allows
 * @paced_ns: when it comes if its interval is as long as planned; not before
 *	@due_ns
 * @held_ns: pauses of the last steps, less what these have made up for
 * @place_ns: where @plan has the step before, from @origin_ns on
 * @next_place_ns: where it has the next
 * @plan: schedule of the running leg or of what is left of it
 * @stop_plan: deceleration that is being made
 * @leg: the running leg
 * @legs: shape [@legs_count], those that follow
 * @legs_count: their number
 * @step_in_plan: steps of @plan that were written
 * @origin_ns: time of @plan's step 0, with all slip so far
 * @sign: direction of the last step or the next one, +1 or -1
 * @enabled: the motor driver is on
 * @rest_ns: when the axis last came to rest or was switched on
 * @stops: shape [SIDES]
 * @latch: of whichever end stop closed last
 * @position: microsteps
 * @target: where the running or last move ends or was to end
 * @motion: enum oscan_motion
 * @end: enum oscan_end of the last move that ended
 * @pending_end: what @end will be when the running move ends
 * @position_state: enum oscan_position_state
 * @move_id: number of the running or last move
 * @rate_sps: greatest speed of the running move and those that wait
 * @triggers: bit n: trigger line n waits for a position of this axis
 * @page: what watchers who map the page see of it
 * @rise_ns: when STEP was last made active
 * @previous_ns: when the step before in this move was written, or 0
 * @fall_ns: when STEP was last made inactive
 * @dir_ns: when DIR was last changed
 * @enable_ns: when ENABLE was last switched on
 * @steps: steps written
 * @stats: statistics
 * @state_changed: a state message is owed
 * @ring: shape [TRACE_RING_STEPS], steps not sent yet
 * @ring_head: steps ever put in
 * @ring_tail: steps ever taken out
 * @trace_seq: number of the next trace message
 * @trace_lost: steps that found the ring full
 * @trace_kick_ns: when the worker was last asked to send
 * @late_ns: by how much the last step was late, at most U32_MAX
 * @stream: how the steps are told
 * @thin_seq: number of the next thinned message; only the worker uses it
 * @state_seq: number of the next state message; only the worker uses it
 */
struct axis {
	struct controller *controller;
	struct oscan_axis_info info;
	s64 initial_position;
	struct gpio_desc *step;
	struct gpio_desc *dir;
	struct gpio_desc *enable_line;
	struct delayed_work idle_off;
	u64 start_stop_sps_q44;
	struct plan draft;
	struct leg draft_legs[LEGS_MAX];
	u32 last_id;

	raw_spinlock_t lock;
	struct hrtimer timer;
	enum step_edge next_edge;
	u64 due_ns;
	u64 paced_ns;
	u64 held_ns;
	u64 place_ns;
	u64 next_place_ns;
	struct plan plan;
	struct plan stop_plan;
	struct leg leg;
	struct leg legs[LEGS_MAX];
	unsigned int legs_count;
	u64 step_in_plan;
	u64 origin_ns;
	int sign;
	bool enabled;
	u64 rest_ns;
	struct endstop stops[SIDES];
	struct latch latch;
	s64 position;
	s64 target;
	enum oscan_motion motion;
	enum oscan_end end;
	enum oscan_end pending_end;
	enum oscan_position_state position_state;
	u32 move_id;
	u32 rate_sps;
	unsigned long triggers;
	struct oscan_page_axis *page;
	u64 rise_ns;
	u64 previous_ns;
	u64 fall_ns;
	u64 dir_ns;
	u64 enable_ns;
	u64 steps;
	struct oscan_stats stats;

	bool state_changed;
	struct trace_step *ring;
	u64 ring_head;
	u64 ring_tail;
	u32 trace_seq;
	u64 trace_lost;
	u64 trace_kick_ns;
	u32 late_ns;
	struct stream stream;
	u32 thin_seq;
	u32 state_seq;
};

/**
 * struct trigger - an output that pulses where an axis passes a position
 * @controller: owner
 * @line: constant after probe
 * @lock: protects everything below
 * @end: ends the pulse; hard interrupt context
 * @active: a pulse has begun and not ended
 * @list: positions of OSCAN_TRIGGER_LIST, or NULL
 * @state: what userspace is told. While the bit of the line is set in an
 *	axis->triggers all that is compared changes under that axis->lock, too.
 */
struct trigger {
	struct controller *controller;
	struct gpio_desc *line;

	raw_spinlock_t lock;
	struct hrtimer end;
	bool active;
	s64 *list;
	struct oscan_trigger state;
};

/**
 * struct capture - an input whose edges latch time and positions
 * @controller: owner
 * @line: constant after probe
 * @irq: constant after probe: interrupt of @line
 * @requested: @irq is asked for; protected by controller->mutex
 * @lock: protects everything below
 * @state: what userspace is told
 */
struct capture {
	struct controller *controller;
	struct gpio_desc *line;
	int irq;
	bool requested;

	raw_spinlock_t lock;
	struct oscan_capture state;
};

/**
 * struct event_queue - events that wait for one file, or for all who watch by
 * netlink; events->lock
 * @list: in events->queues; of a file only
 * @types: bit n: events of type n are wanted; likewise
 * @next_seq: number of the next event
 * @head: events ever put in
 * @tail: events ever taken or pushed out
 * @dropped: those pushed out, or that could not be written to the reader
 * @ring: shape [OSCAN_EVENT_QUEUE]
 */
struct event_queue {
	struct list_head list;
	u32 types;
	u32 next_seq;
	u64 head;
	u64 tail;
	u64 dropped;
	struct oscan_event ring[OSCAN_EVENT_QUEUE];
};

/**
 * struct events - what has happened, on its way to those who read or watch
 * @lock: protects everything below
 * @queues: of files that have subscribed
 * @files: their number
 * @types: bit n: some of them wants events of type n
 * @watchers: of those who watch by netlink; filled while there are any
 * @owed: some wait in @watchers
 * @closed: nothing comes any more
 * @wake: wakes @wait and has @watchers sent: hard interrupts put events in,
 *	and may not
 * @wait: those who wait for an event
 */
struct events {
	raw_spinlock_t lock;
	struct list_head queues;
	unsigned int files;
	u32 types;
	struct event_queue watchers;
	bool owed;
	bool closed;
	struct irq_work wake;
	wait_queue_head_t wait;
};

/* An open file; @queue: events->lock, NULL until it subscribes to events. */
struct motor_file {
	struct controller *controller;
	struct event_queue *queue;
};

/**
 * struct controller - one bound platform device
 * @ref: the device and each open file hold one
 * @dev: valid while not @gone
 * @misc: /dev/oscan-motor
 * @probed_ns: constant after probe: when that was
 * @n_axes: constant after probe
 * @step_cost_ns: constant after probe
 * @max_rate_sps: constant after probe
 * @shared_enable: ENABLE line of all axes without one of their own, or NULL
 * @shared_enable_ns: when it was last switched on
 * @mutex: serialises commands; protects @shared_enable_ns, @holder and @gone
 * @holder: file that holds control, or NULL
 * @gone: the device is unbound, or the machine goes down; no request touches
 *	axes and lines
 * @idle: woken when an axis has come to rest
 * @report: sends traces, states and events up
 * @buffers: only @report uses it
 * @folder: in debugfs
 * @events: for those who read or watch
 * @page: for those who map
 * @n_triggers: constant after probe
 * @n_captures: constant after probe
 * @triggers: shape [n_triggers]
 * @captures: shape [n_captures]
 * @axes: shape [n_axes]
 */
struct controller {
	struct kref ref;
	struct device *dev;
	struct miscdevice misc;
	u64 probed_ns;
	unsigned int n_axes;
	u32 step_cost_ns;
	u32 max_rate_sps;
	struct gpio_desc *shared_enable;
	u64 shared_enable_ns;
	struct mutex mutex;
	struct motor_file *holder;
	bool gone;
	wait_queue_head_t idle;
	struct work_struct report;
	struct trace_buffers *buffers;
	struct dentry *folder;
	struct events events;
	struct oscan_page *page;
	unsigned int n_triggers;
	unsigned int n_captures;
	struct trigger triggers[OSCAN_MAX_TRIGGERS];
	struct capture captures[OSCAN_MAX_CAPTURES];
	struct axis axes[OSCAN_MAX_AXES];
};

/* main.c */
extern struct workqueue_struct *motor_workqueue;
void controller_put(struct controller *controller);

/* props.c: read what firmware says; lines are requested, all inactive */
int controller_read_props(struct controller *controller);

/* cost.c: fill in step_cost_ns and max_rate_sps */
int controller_measure_cost(struct controller *controller);

/* chrdev.c */
extern const struct file_operations motor_fops;
void controller_get_info(struct controller *controller,
			 struct oscan_info *info);

/* debugfs.c */
void debug_init(struct controller *controller);
void debug_exit(struct controller *controller);

/* axis.c: any context: have traces and states sent */
void axis_report(struct axis *axis);
/* axis.c: axis->lock held: what is told of the axis has changed */
void axis_changed(struct axis *axis);

/* axis.c: commands, process context, controller->mutex held, not gone */
int axis_init(struct axis *axis);
int axis_set_position(struct axis *axis, s64 position, bool at_latch);
/* Process context, no lock needed. */
void axis_stop(struct axis *axis, enum oscan_end why);
void axis_halt(struct axis *axis, enum oscan_end why);
bool axis_is_idle(struct axis *axis);
void axis_get_state(struct axis *axis, struct oscan_state *state);
void axis_get_stats(struct axis *axis, struct oscan_stats *stats);

/* move.c: command, process context, controller->mutex held, not gone */
int axis_move(struct axis *axis, struct oscan_move *move);

/* together.c: likewise */
int axes_move_together(struct controller *controller, u32 flags,
		       struct oscan_move *moves, unsigned int count);

/* legs.c: any context */
void legs_set_end_speeds(struct leg *running, struct leg *legs,
			 unsigned int count);
/* legs.c: axis->lock held */
void legs_clear(struct axis *axis);
u32 legs_waiting(const struct axis *axis);
u64 legs_room(const struct axis *axis);
void legs_strengthen(const struct axis *axis, struct plan_request *request);
bool legs_join(struct axis *axis);
bool legs_next(struct axis *axis);
/* enable.c: process context */
void enable_init(struct axis *axis);
/* enable.c: no idle-off from now on; the controller is gone */
void enable_exit(struct axis *axis);
/* enable.c: controller->mutex held, not gone */
int enable_set(struct axis *axis, bool on);

/* endstop.c: process context */
void endstop_init(struct axis *axis);
bool endstop_exists(struct axis *axis);
/* endstop.c: a line that is read before each step, or NULL */
struct gpio_desc *endstop_read_before_step(struct axis *axis);
/* endstop.c: ask for the interrupts of all axes, give them back */
int endstop_request(struct controller *controller);
void endstop_release(struct controller *controller);
/* endstop.c: process context: read the lines; true for one that is closed */
void endstop_refresh(struct axis *axis);
bool endstop_is_closed(struct axis *axis, int sign);
/* endstop.c: axis->lock held; true when the axis may not make the step due */
bool endstop_before_step(struct axis *axis);
/* endstop.c: axis->lock held; OSCAN_STATE_AT_* */
u32 endstop_flags(struct axis *axis);
/* endstop.c: axis->lock held */
void endstop_get_state(struct axis *axis, struct oscan_state *state);
/* endstop.c: axis->lock held: the latch is at @position, so where is the axis? */
int endstop_from_latch(struct axis *axis, s64 *position);

/* step.c: hard interrupt */
enum hrtimer_restart step_timer(struct hrtimer *timer);
/* step.c: axis->lock held */
u64 step_lines_ready_ns(const struct axis *axis);
void step_begin(struct axis *axis, u64 origin_ns);
void step_replan(struct axis *axis, const struct plan *plan);
void step_restart(struct axis *axis);
void step_new_move(struct axis *axis);
void step_stop(struct axis *axis, enum oscan_end why);
void step_halt(struct axis *axis, enum oscan_end why);
void step_suspect(struct axis *axis);

/* trigger.c: process context, controller->mutex held */
void trigger_init(struct trigger *trigger);
void trigger_exit(struct trigger *trigger);
/*
 * trigger.c: @list is what trigger_read_list() made of @set and becomes what
 * was there before; the caller frees it in any case
 */
int trigger_set(struct controller *controller,
		const struct oscan_trigger_set *set, s64 **list);
/* trigger.c: process context, no lock held: copy the positions of a list in */
int trigger_read_list(const struct oscan_trigger_set *set, s64 **list);
/* trigger.c: any context */
int trigger_get(struct controller *controller, struct oscan_trigger *state);
int trigger_pulse(struct controller *controller, struct oscan_pulse *pulse);
/* trigger.c: axis->lock held: an edge was just written */
void trigger_step(struct axis *axis);
/* trigger.c: axis->lock held: positions mean other places from now on */
void trigger_rebase(struct axis *axis);

/* capture.c: process context, controller->mutex held or no file open yet */
int capture_init(struct capture *capture);
void capture_exit(struct capture *capture);
int capture_set(struct controller *controller,
		const struct oscan_capture_set *set);
/* capture.c: any context */
int capture_get(struct controller *controller, struct oscan_capture *state);

/* events.c: process context */
void events_init(struct events *events);
/* events.c: nothing is put any more; whoever waits is told */
void events_close(struct events *events);
int events_subscribe(struct motor_file *motor, u32 types);
void events_unsubscribe(struct motor_file *motor);
ssize_t events_read(struct file *file, char __user *buffer, size_t size,
		    loff_t *position);
__poll_t events_poll(struct file *file, struct poll_table_struct *table);
/* events.c: interrupts off */
void events_put(struct controller *controller,
		const struct oscan_event *event);
/* events.c: axis->lock held: of an axis, now */
void events_put_axis(struct axis *axis, enum oscan_event_type type, u32 value,
		     s64 aux);
/* events.c: any context: how many there were that watchers are to be sent */
u64 events_so_far(struct events *events);
/* events.c: process context: send watchers those of them not sent yet */
void events_report(struct events *events, u64 until);
/* events.c: any context */
bool events_wanted(struct controller *controller, enum oscan_event_type type);

/* page.c: process context */
int page_init(struct controller *controller);
void page_free(struct controller *controller);
/* page.c: nothing is written any more */
void page_close(struct controller *controller);
int page_map(struct file *file, struct vm_area_struct *area);
/* page.c: axis->lock held */
void page_write(struct axis *axis);
void page_begin_step(struct axis *axis);
void page_end_step(struct axis *axis);
/*
 * page.c: any context: the positions of all axes at one moment, @time_ns if no
 * step came in between; returns that moment
 */
u64 page_positions(struct controller *controller, u64 time_ns,
		   s64 positions[OSCAN_MAX_AXES]);

/* trace.c: axis->lock held; true when the steps so far should be sent now */
bool trace_put(struct axis *axis);
/* trace.c: the work of controller->report, and what it works with */
void trace_report(struct work_struct *work);
struct trace_buffers *trace_buffers_new(void);
/* trace.c: process context; @stream within the range that the uapi states */
void trace_get_stream(struct axis *axis, struct stream *stream);
void trace_set_stream(struct axis *axis, const struct stream *stream);

/**
 * struct trace_message - what an OSCAN_CMD_TRACE or OSCAN_CMD_THIN message says
 * @cmd: which of them
 * @axis: number of the axis
 * @seq: sequence number
 * @lost: steps so far that are in no message
 * @horizon_ns: every step up to then has been told
 * @total: steps made up to then
 * @batch: steps; an empty one only moves the horizon
 */
struct trace_message {
	u8 cmd;
	u32 axis;
	u32 seq;
	u64 lost;
	u64 horizon_ns;
	u64 total;
	const struct trace_batch *batch;
};

/* netlink.c: process context */
int netlink_init(void);
void netlink_exit(void);
void netlink_send_trace(const struct trace_message *message);
void netlink_send_state(u32 seq, const struct oscan_state *state);
void netlink_send_event(const struct oscan_event *event);
/* netlink.c: any context: is anybody subscribed to the group of @cmd? */
bool netlink_wanted(u8 cmd);

/* query.c: process context: what may be asked of, from its probe to removal */
void query_add(struct controller *controller);
void query_remove(struct controller *controller);

#endif /* OSCAN_MOTOR_H */
