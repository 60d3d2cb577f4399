/*
 * Stands in for cmocka where a cross compiler has none: the part of it that these tests use. A
 * check that fails ends the program, so the first failure is the only one told.
 */
#ifndef CROSS_CMOCKA_H
#define CROSS_CMOCKA_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
    int (*setup)(void **state);
    int (*teardown)(void **state);
};

#define cmocka_unit_test(f)                                                                        \
    {                                                                                              \
#f, f, NULL, NULL                                                                          \
    }
#define cmocka_unit_test_setup(f, up)                                                              \
    {                                                                                              \
#f, f, up, NULL                                                                            \
    }
#define cmocka_unit_test_setup_teardown(f, up, down)                                               \
    {                                                                                              \
#f, f, up, down                                                                            \
    }
#define cmocka_run_group_tests(tests, a, b)             cmocka_run_(tests, sizeof(tests) / sizeof((tests)[0]))
#define cmocka_run_group_tests_name(group, tests, a, b) cmocka_run_group_tests(tests, a, b)

#define skip()           return /* from the test itself only */
#define print_error(...) ((void)fprintf(stderr, __VA_ARGS__))

static inline void _fail(const char *file, int line)
{
    fprintf(stderr, "%s:%d: failed\n", file, line);
    fflush(NULL);
    abort();
}

#define fail_msg(...) (print_error(__VA_ARGS__), _fail(__FILE__, __LINE__))
#define cmocka_check_(c)                                                                           \
    ((c) ? (void)0 : (print_error("not true: %s\n", #c), _fail(__FILE__, __LINE__)))

#define assert_true(c)                cmocka_check_(c)
#define assert_false(c)               cmocka_check_(!(c))
#define assert_null(p)                cmocka_check_((p) == NULL)
#define assert_non_null(p)            cmocka_check_((p) != NULL)
#define assert_int_equal(a, b)        cmocka_check_((a) == (b))
#define assert_in_range(a, low, high) cmocka_check_((a) >= (low) && (a) <= (high))
#define assert_ptr_equal(a, b)        cmocka_check_((const void *)(a) == (const void *)(b))
#define assert_ptr_not_equal(a, b)    cmocka_check_((const void *)(a) != (const void *)(b))
#define assert_memory_equal(a, b, n)  cmocka_check_(memcmp((a), (b), (n)) == 0)
#define assert_string_equal(a, b)     cmocka_strings_((a), (b), __FILE__, __LINE__)

static inline void cmocka_strings_(const char *a, const char *b, const char *file, int line)
{
    if (strcmp(a, b) == 0)
        return;
    print_error("\"%s\" != \"%s\"\n", a, b);
    _fail(file, line);
}

static inline int cmocka_run_(const struct CMUnitTest *tests, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        void *state = NULL;

        printf("[ RUN      ] %s\n", tests[i].name);
        fflush(stdout);
        if (tests[i].setup != NULL && tests[i].setup(&state) != 0)
            fail_msg("the setup of %s failed\n", tests[i].name);
        tests[i].test(&state);
        if (tests[i].teardown != NULL && tests[i].teardown(&state) != 0)
            fail_msg("the teardown of %s failed\n", tests[i].name);
        printf("[       OK ] %s\n", tests[i].name);
    }
    return 0;
}

#endif /* CROSS_CMOCKA_H */
