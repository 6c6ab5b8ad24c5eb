// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: -lm */
/*
 * Integers of 128 bits against the compiler's own, at the borders and at
 * random.
 */
#include <math.h>

#include "unit.h"
#include "wide.h"

typedef unsigned __int128 u128;
typedef long double real;

#define CHECK(condition, a, b)						\
	MUST(condition, "%#llx, %#llx", (unsigned long long)(a),	\
	     (unsigned long long)(b))

#define ROUNDS		200000

static u64 random_state = 0x9e3779b97f4a7c15;

static u64 random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1d;
}

/* Of any length, often with long runs of ones or zeros. */
static u64 random_number(void)
{
	u64 value = random_u64();

	switch (random_u64() % 4) {
	case 0:
		return value >> random_u64() % 64;
	case 1:
		return ~0ULL << random_u64() % 64;
	case 2:
		return (~0ULL >> random_u64() % 64) - value % 4;
	default:
		return value;
	}
}

static struct plan_wide random_wide(void)
{
	return (struct plan_wide){
		.hi = random_u64() % 4 ? random_number() : 0,
		.lo = random_number(),
	};
}

static u128 of(struct plan_wide value)
{
	return (u128)value.hi << 64 | value.lo;
}

TEST(a_product_is_exact)
{
	for (int i = 0; i < ROUNDS; i++) {
		u64 a = random_number(), b = random_number();

		CHECK(of(wide_multiply(a, b)) == (u128)a * b, a, b);
	}
}

TEST(a_sum_is_exact_or_the_greatest_number)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct plan_wide a = random_wide(), b = random_wide();
		u128 want = of(a) + of(b);

		if (want < of(a))
			want = ~(u128)0;
		CHECK(of(wide_add(a, b)) == want, a.hi, b.hi);
	}
}

TEST(a_difference_is_exact)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct plan_wide a = random_wide(), b = random_wide();

		if (of(a) >= of(b))
			CHECK(of(wide_subtract(a, b)) == of(a) - of(b),
				a.hi, b.hi);
	}
}

TEST(a_quotient_is_rounded_down_or_the_greatest_number)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct plan_wide a = random_wide();
		u64 b = random_number();
		u128 want;

		if (!b)
			continue;
		want = of(a) / b;
		if (want >> 64)
			want = WIDE_U64_MAX;
		CHECK(wide_divide(a, b) == want, a.hi, b);
	}
}

static void check_root(struct plan_wide square)
{
	u64 root = wide_root(square);

	CHECK((u128)root * root <= of(square), square.hi, square.lo);
	CHECK(root == WIDE_U64_MAX ||
		(u128)(root + 1) * (root + 1) > of(square),
		square.hi, square.lo);
}

TEST(a_root_is_rounded_down)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct plan_wide square, one = { 0, 1 };
		u64 root = random_number();

		check_root(random_wide());
		square = wide_multiply(root, root);
		check_root(square);
		check_root(wide_add(square, one));
		if (root)
			check_root(wide_subtract(square, one));
	}
}

TEST(every_short_root_is_rounded_down)
{
	for (u32 value = 0; value < 1U << 16; value++) {
		u32 root = wide_root_16(value);

		CHECK(root * root <= value && (root + 1) * (root + 1) > value,
			value, root);
	}
	for (u32 high = 1U << 14; high < 1U << 16; high++) {
		u32 value = high << 16 | (random_u64() & 0xffff);
		u64 root = wide_root_32(value);

		CHECK(root * root <= value && (root + 1) * (root + 1) > value,
			value, root);
	}
}

TEST(scaling_rounds_down_or_gives_the_greatest_number)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct plan_wide a = random_wide();
		int by = (int)(random_u64() % 300) - 150;
		u128 want;

		if (by <= 0)
			want = by > -128 ? of(a) >> -by : 0;
		else if (by < 128 && of(a) << by >> by == of(a))
			want = of(a) << by;
		else
			want = of(a) ? ~(u128)0 : 0;
		CHECK(of(wide_scale(a, by)) == want, a.hi, by);
	}
}

static real value_of(struct plan_number a)
{
	return ldexpl(a.mantissa, a.exponent);
}

static bool is_close(struct plan_number got, real want)
{
	/* The last bit here and the last bit of the C library. */
	return fabsl(value_of(got) - want) <= want * 0x1p-62L &&
	       (!want || got.mantissa >> 63);
}

TEST(a_number_keeps_63_bits_through_every_operation)
{
	for (int i = 0; i < ROUNDS; i++) {
		u64 x = random_number(), y = random_number();
		int by = (int)(random_u64() % 140) - 70;
		struct plan_number a = number_of(x, by), b = number_of(y, 0);
		real u = ldexpl(x, by), v = y;

		CHECK(value_of(a) == u, x, y);
		CHECK(is_close(number_multiply(a, b), u * v), x, y);
		CHECK(is_close(number_add(a, b), u + v), x, y);
		CHECK(is_close(number_root(a), sqrtl(u)), x, y);
		CHECK(number_less(a, b) == (u < v), x, y);
		if (y)
			CHECK(is_close(number_divide(a, b), u / v), x, y);
		if (!number_less(a, b))
			CHECK(fabsl(value_of(number_subtract(a, b)) -
				      (u - v)) <= u * 0x1p-62L, x, y);
	}
}

TEST(a_number_becomes_fixed_point_rounded_down)
{
	for (int i = 0; i < ROUNDS; i++) {
		u64 x = random_number();
		int by = (int)(random_u64() % 300) - 150;
		real want = floorl(ldexpl(x, by));

		if (want > WIDE_U64_MAX)
			want = WIDE_U64_MAX;
		CHECK(number_fixed(number_of(x, by - 16), 16) == want, x, by);
	}
}
