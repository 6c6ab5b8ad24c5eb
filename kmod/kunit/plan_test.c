// SPDX-License-Identifier: GPL-2.0
/*
 * The plan's arithmetic as the kernel's compiler and its division make it:
 * known answers, worked out by hand from the formulas in plan.h.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/oscan.h>

/* A copy of its own: oscan_motor.ko exports nothing. */
#include "../phase.c"
#include "../plan.c"

/* Length, speed, acceleration, deceleration of a move from rest to rest. */
static const struct plan *make(struct kunit *test, u64 steps, u64 speed_sps,
			       u64 accel_sps2, u64 decel_sps2)
{
	const struct plan_request request = {
		.steps = steps,
		.speed_sps_q44 = speed_sps * OSCAN_SPEED_ONE,
		.accel_sps2_q32 = accel_sps2 * OSCAN_ACCEL_ONE,
		.decel_sps2_q32 = decel_sps2 * OSCAN_ACCEL_ONE,
	};
	struct plan *plan = kunit_kzalloc(test, sizeof(*plan), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, plan);
	KUNIT_ASSERT_EQ(test, plan_make(plan, &request), PLAN_MADE);
	KUNIT_EXPECT_EQ(test, plan->steps, steps);
	return plan;
}

static void expect_due(struct kunit *test, const struct plan *plan, u64 step,
		       u64 ns)
{
	u64 due = plan_deadline(plan, step);

	KUNIT_EXPECT_LE_MSG(test, due, ns + 1, "step %llu", step);
	KUNIT_EXPECT_GE_MSG(test, due + 1, ns, "step %llu", step);
}

static void one_step_is_a_triangle(struct kunit *test)
{
	/* 2 sqrt(1 / a) */
	expect_due(test, make(test, 1, 5000, 5000, 5000), 1, 28284271);
}

static void two_steps_meet_at_the_peak(struct kunit *test)
{
	const struct plan *plan = make(test, 2, 5000, 5000, 5000);

	expect_due(test, plan, 1, 20000000);
	expect_due(test, plan, 2, 40000000);
}

/* Speed and acceleration 5000: ramps of 1 s and 2500 steps. */
static void a_trapezoid_has_three_parts(struct kunit *test)
{
	const struct plan *plan = make(test, 6500, 5000, 5000, 5000);

	KUNIT_EXPECT_EQ(test, plan_deadline(plan, 0), 0);
	expect_due(test, plan, 1, 20000000);
	expect_due(test, plan, 4, 40000000);
	expect_due(test, plan, 100, 200000000);
	expect_due(test, plan, 2500, 1000000000);
	expect_due(test, plan, 2501, 1000200000);
	expect_due(test, plan, 4000, 1300000000);
	expect_due(test, plan, 6400, 2100000000);
	expect_due(test, plan, 6499, 2280000000ULL);
	expect_due(test, plan, 6500, 2300000000ULL);
}

static void a_short_move_is_a_triangle(struct kunit *test)
{
	const struct plan *plan = make(test, 100, 5000, 5000, 5000);

	expect_due(test, plan, 50, 141421356);
	expect_due(test, plan, 100, 282842712);
}

/* Peak sqrt(400000) after 40 of 50 steps. */
static void deceleration_may_differ(struct kunit *test)
{
	const struct plan *plan = make(test, 50, 5000, 5000, 20000);

	expect_due(test, plan, 40, 126491106);
	expect_due(test, plan, 50, 158113883);
}

/* Almost 28 hours. */
static void a_thousand_million_steps_end_on_the_nanosecond(struct kunit *test)
{
	const struct plan *plan = make(test, 1000000000, 10000, 10000, 10000);

	expect_due(test, plan, 1, 14142136);
	expect_due(test, plan, 5000, 1000000000);
	expect_due(test, plan, 500000000, 50000500000000ULL);
	expect_due(test, plan, 999999999, 100000985857864ULL);
	expect_due(test, plan, 1000000000, 100001000000000ULL);
}

static void what_takes_over_39_hours_is_refused(struct kunit *test)
{
	const struct plan_request request = {
		.steps = 1000000000,
		.speed_sps_q44 = 5000 * OSCAN_SPEED_ONE,
		.accel_sps2_q32 = 5000 * OSCAN_ACCEL_ONE,
		.decel_sps2_q32 = 5000 * OSCAN_ACCEL_ONE,
	};
	struct plan *plan = kunit_kzalloc(test, sizeof(*plan), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, plan);
	KUNIT_EXPECT_EQ(test, plan_make(plan, &request), PLAN_TOO_LONG);
}

static void every_step_is_due_after_the_one_before(struct kunit *test)
{
	const struct plan *plan = make(test, 6500, 5000, 5000, 20000);
	u64 step, due, before = 0;

	for (step = 1; step <= 6500; step++) {
		due = plan_deadline(plan, step);
		KUNIT_ASSERT_GT_MSG(test, due, before, "step %llu", step);
		before = due;
	}
}

static struct kunit_case plan_cases[] = {
	KUNIT_CASE(one_step_is_a_triangle),
	KUNIT_CASE(two_steps_meet_at_the_peak),
	KUNIT_CASE(a_trapezoid_has_three_parts),
	KUNIT_CASE(a_short_move_is_a_triangle),
	KUNIT_CASE(deceleration_may_differ),
	KUNIT_CASE(a_thousand_million_steps_end_on_the_nanosecond),
	KUNIT_CASE(what_takes_over_39_hours_is_refused),
	KUNIT_CASE(every_step_is_due_after_the_one_before),
	{ }
};

static struct kunit_suite plan_suite = {
	.name = "oscan_plan",
	.test_cases = plan_cases,
};
kunit_test_suite(plan_suite);

MODULE_DESCRIPTION("oscan's arithmetic, tested in the kernel");
MODULE_LICENSE("GPL");
