/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TEST(name) { ... } defines and registers a test; this header brings main().
 * Include it in one file of a program.
 */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <stddef.h>

/* As ck_assert_msg(), which is slow also when it holds, for inner loops. */
#define MUST(condition, ...)						\
	do {								\
		if (!(condition))					\
			ck_abort_msg(#condition ": " __VA_ARGS__);	\
	} while (0)

#define UNIT_MAX_TESTS 256

static const TTest *unit_tests[UNIT_MAX_TESTS];
static size_t unit_n_tests;

#define TEST(name)							\
	static void name##_body(int unused_index);			\
	static const TTest name##_test = {				\
		#name, name##_body, __FILE__, __LINE__			\
	};								\
	__attribute__((constructor)) static void name##_register(void)	\
	{								\
		unit_tests[unit_n_tests++] = &name##_test;		\
	}								\
	static void name##_body(int unused_index __attribute__((unused)))

int main(void)
{
	Suite *suite = suite_create("unit");
	TCase *tests = tcase_create("unit");
	SRunner *runner;
	size_t test;
	int failed;

	for (test = 0; test < unit_n_tests; test++)
		tcase_add_test(tests, unit_tests[test]);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}

#endif /* UNIT_H */
