/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Integers of 128 bits and numbers with a mantissa of 64 bits, unsigned, for
 * processors that have neither. Every call takes bounded time.
 *
 * The root and the quotient are found half by half from those of half the
 * size: P. Zimmermann, "Karatsuba Square Root", INRIA RR-3805 (1999);
 * D. Knuth, The Art of Computer Programming 2, 4.3.1 algorithm D.
 */
#ifndef OSCAN_WIDE_H
#define OSCAN_WIDE_H

#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/math64.h>
#endif

#include "plan.h"

#define WIDE_U64_MAX	(~0ULL)
#define WIDE_U32_MAX	(~0U)

static inline u64 wide_quotient(u64 dividend, u32 divisor)
{
#ifdef __KERNEL__
	return div_u64(dividend, divisor);
#else
	return dividend / divisor;
#endif
}

/* Leading zero bits of a number that is not 0. */
static inline int wide_zeros(u64 value)
{
#ifdef __KERNEL__
	return 64 - fls64(value);
#else
	return __builtin_clzll(value);
#endif
}

static inline struct plan_wide wide_multiply(u64 a, u64 b)
{
	u64 a1 = a >> 32, a0 = (u32)a, b1 = b >> 32, b0 = (u32)b;
	u64 low = a0 * b0;
	u64 middle = a1 * b0 + (low >> 32);
	u64 other = a0 * b1 + (u32)middle;

	return (struct plan_wide){
		.hi = a1 * b1 + (middle >> 32) + (other >> 32),
		.lo = other << 32 | (u32)low,
	};
}

/* The greatest number where the sum does not fit. */
static inline struct plan_wide wide_add(struct plan_wide a, struct plan_wide b)
{
	struct plan_wide sum = { .lo = a.lo + b.lo };
	u64 carry = sum.lo < a.lo;

	sum.hi = a.hi + b.hi + carry;
	if (sum.hi < a.hi || (carry && sum.hi == a.hi))
		sum.hi = sum.lo = WIDE_U64_MAX;
	return sum;
}

/* a >= b */
static inline struct plan_wide wide_subtract(struct plan_wide a,
					     struct plan_wide b)
{
	return (struct plan_wide){
		.hi = a.hi - b.hi - (a.lo < b.lo),
		.lo = a.lo - b.lo,
	};
}

static inline struct plan_wide wide_shift_right(struct plan_wide value, int by)
{
	if (by >= 128)
		return (struct plan_wide){ 0, 0 };
	if (by >= 64)
		return (struct plan_wide){ 0, value.hi >> (by - 64) };
	if (by)
		value.lo = value.lo >> by | value.hi << (64 - by);
	value.hi >>= by;
	return value;
}

/* Nothing but zeros may leave at the top. */
static inline struct plan_wide wide_shift_left(struct plan_wide value, int by)
{
	if (by >= 128)
		return (struct plan_wide){ 0, 0 };
	if (by >= 64)
		return (struct plan_wide){ value.lo << (by - 64), 0 };
	if (by)
		value.hi = value.hi << by | value.lo >> (64 - by);
	value.lo <<= by;
	return value;
}

/* Leading zero bits; 128 for 0. */
static inline int wide_leading_zeros(struct plan_wide value)
{
	if (value.hi)
		return wide_zeros(value.hi);
	return value.lo ? 64 + wide_zeros(value.lo) : 128;
}

/* value * 2^by, rounded down; the greatest number where that does not fit. */
static inline struct plan_wide wide_scale(struct plan_wide value, int by)
{
	if (by <= 0)
		return wide_shift_right(value, -by);
	if ((value.hi | value.lo) && wide_leading_zeros(value) < by)
		return (struct plan_wide){ WIDE_U64_MAX, WIDE_U64_MAX };
	return wide_shift_left(value, by);
}

/* The half of the quotient that begins with @rest, and what rests of that. */
static inline u64 wide_half_quotient(u64 *rest, u32 next, u64 divisor)
{
	u32 high = divisor >> 32, low = divisor;
	u64 half = wide_quotient(*rest, high);
	u64 remainder = *rest - half * high;

	/* At most twice too much, for the divisor has its top bit set. */
	while (half * low > (remainder << 32 | next)) {
		half--;
		remainder += high;
		if (remainder > WIDE_U32_MAX)
			break;
	}
	*rest = (*rest << 32 | next) - half * divisor;
	return half;
}

/* dividend / divisor, rounded down; the divisor with its top bit set. */
static inline u64 wide_divide_normal(struct plan_wide dividend, u64 divisor)
{
	u64 rest = dividend.hi;
	u64 high = wide_half_quotient(&rest, dividend.lo >> 32, divisor);
	u64 low = wide_half_quotient(&rest, dividend.lo, divisor);

	return high << 32 | low;
}

/* Rounded down; the greatest number where the quotient does not fit. */
static inline u64 wide_divide(struct plan_wide dividend, u64 divisor)
{
	int zeros = wide_zeros(divisor);

	if (dividend.hi >= divisor)
		return WIDE_U64_MAX;
	return wide_divide_normal(wide_shift_left(dividend, zeros),
				  divisor << zeros);
}

static inline u32 wide_root_16(u32 value)
{
	u32 root = 0, bit;

	for (bit = 1U << 14; bit; bit >>= 2) {
		u32 trial = root + bit;

		root >>= 1;
		if (value >= trial) {
			value -= trial;
			root += bit;
		}
	}
	return root;
}

/* value >= 2^30 */
static inline u32 wide_root_32(u32 value)
{
	u32 high = wide_root_16(value >> 16);
	u32 rest = (value >> 16) - high * high;
	u32 twice = rest << 8 | (value >> 8 & 0xff);
	u32 low = twice / (2 * high);
	u32 root = (high << 8) + low;

	rest = (twice - low * 2 * high) << 8 | (value & 0xff);
	return rest < low * low ? root - 1 : root;
}

/* value >= 2^62 */
static inline u64 wide_root_64(u64 value)
{
	u32 top = value >> 32;
	u32 high = wide_root_32(top);
	u32 rest = top - high * high;
	u32 half = rest << 15 | (u32)value >> 17;
	u64 low = half / high;
	u64 root = ((u64)high << 16) + low;
	u64 left = ((u64)(half % high) << 1 | (value >> 16 & 1)) << 16 |
		   (value & 0xffff);

	return left < low * low ? root - 1 : root;
}

/* Rounded down; value >= 2^126. */
static inline u64 wide_root_normal(struct plan_wide value)
{
	u64 high = wide_root_64(value.hi);
	u64 rest = value.hi - high * high;
	u64 half = rest << 31 | value.lo >> 33;
	u64 low = wide_quotient(half, high);
	u64 root = (high << 32) + low;

	rest = (half - low * high) << 1 | (value.lo >> 32 & 1);
	if (rest > WIDE_U32_MAX)
		return root;
	if (low > WIDE_U32_MAX || (rest << 32 | (u32)value.lo) < low * low)
		return root - 1;
	return root;
}

/* Rounded down. */
static inline u64 wide_root(struct plan_wide value)
{
	int half = wide_leading_zeros(value) / 2;

	if (half == 64)
		return 0;
	return wide_root_normal(wide_shift_left(value, 2 * half)) >> half;
}

/* value * 2^exponent, the rest of the mantissa cut off. */
static inline struct plan_number number_of_wide(struct plan_wide value,
						int exponent)
{
	int zeros = wide_leading_zeros(value);

	if (zeros == 128)
		return (struct plan_number){ 0, 0 };
	return (struct plan_number){
		.mantissa = wide_shift_left(value, zeros).hi,
		.exponent = exponent + 64 - zeros,
	};
}

/* value * 2^exponent */
static inline struct plan_number number_of(u64 value, int exponent)
{
	int zeros;

	if (!value)
		return (struct plan_number){ 0, 0 };
	zeros = wide_zeros(value);
	return (struct plan_number){ value << zeros, exponent - zeros };
}

static inline struct plan_number number_multiply(struct plan_number a,
						 struct plan_number b)
{
	return number_of_wide(wide_multiply(a.mantissa, b.mantissa),
			      a.exponent + b.exponent);
}

/* b > 0 */
static inline struct plan_number number_divide(struct plan_number a,
					       struct plan_number b)
{
	struct plan_wide dividend = { a.mantissa, 0 };
	int exponent = a.exponent - b.exponent - 64;

	if (!a.mantissa)
		return a;
	if (a.mantissa >= b.mantissa) {
		dividend = wide_shift_right(dividend, 1);
		exponent++;
	}
	return (struct plan_number){
		.mantissa = wide_divide_normal(dividend, b.mantissa),
		.exponent = exponent,
	};
}

static inline bool number_less(struct plan_number a, struct plan_number b)
{
	if (!a.mantissa || !b.mantissa)
		return a.mantissa < b.mantissa;
	if (a.exponent != b.exponent)
		return a.exponent < b.exponent;
	return a.mantissa < b.mantissa;
}

/* Mantissa of @b in the scale of @a; a >= b. */
static inline u64 number_align(struct plan_number a, struct plan_number b)
{
	if (!b.mantissa || a.exponent - b.exponent > 63)
		return 0;
	return b.mantissa >> (a.exponent - b.exponent);
}

static inline struct plan_number number_add(struct plan_number a,
					    struct plan_number b)
{
	struct plan_number most = number_less(a, b) ? b : a;
	struct plan_number least = number_less(a, b) ? a : b;
	u64 sum = most.mantissa + number_align(most, least);

	if (sum >= most.mantissa)
		return (struct plan_number){ sum, most.exponent };
	return (struct plan_number){ 1ULL << 63 | sum >> 1, most.exponent + 1 };
}

/* a >= b */
static inline struct plan_number number_subtract(struct plan_number a,
						 struct plan_number b)
{
	return number_of(a.mantissa - number_align(a, b), a.exponent);
}

static inline struct plan_number number_twice(struct plan_number a)
{
	if (a.mantissa)
		a.exponent++;
	return a;
}

static inline struct plan_number number_half(struct plan_number a)
{
	if (a.mantissa)
		a.exponent--;
	return a;
}

/* a - b, or 0 where that would be less. */
static inline struct plan_number number_excess(struct plan_number a,
					       struct plan_number b)
{
	return number_less(a, b) ? number_of(0, 0) : number_subtract(a, b);
}

static inline struct plan_number number_root(struct plan_number a)
{
	struct plan_wide square = { a.mantissa, 0 };
	int exponent = a.exponent - 64;

	if (!a.mantissa)
		return a;
	if (exponent & 1) {
		square = wide_shift_right(square, 1);
		exponent++;
	}
	return (struct plan_number){ wide_root_normal(square), exponent / 2 };
}

/* a * 2^bits, rounded down; the greatest number where that does not fit. */
static inline u64 number_fixed(struct plan_number a, int bits)
{
	int shift = -(a.exponent + bits);

	if (!a.mantissa || shift > 63)
		return 0;
	return shift < 0 ? WIDE_U64_MAX : a.mantissa >> shift;
}

/* a in 2^-64, rounded down. */
static inline struct plan_wide number_wide(struct plan_number a)
{
	return wide_scale((struct plan_wide){ 0, a.mantissa }, a.exponent + 64);
}

#endif /* OSCAN_WIDE_H */
