// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz.h"

/* Vigna, "xorshift64*": small, fast, and good enough to choose with. */
uint64_t fuzz_any(struct fuzz_random *random)
{
	uint64_t x = random->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	random->state = x;
	return x * 2685821657736338717ULL;
}

/* Seeds that are near each other must not give sequences that are. */
void fuzz_seed(struct fuzz_random *random, uint64_t seed)
{
	seed += 0x9e3779b97f4a7c15ULL;
	seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9ULL;
	seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebULL;
	seed ^= seed >> 31;
	random->state = seed ? seed : 1;
}

uint64_t fuzz_below(struct fuzz_random *random, uint64_t limit)
{
	return (fuzz_any(random) >> 11) % limit;
}

bool fuzz_one_in(struct fuzz_random *random, unsigned int n)
{
	return !fuzz_below(random, n);
}
