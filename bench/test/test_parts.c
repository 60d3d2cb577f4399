/* The parts of the harness that figures pass through, on inputs whose answer is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/noise.h"
#include "harness/rounds.h"
#include "harness/skew.h"
#include "harness/statistics.h"

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

static void the_summary_of_five_values_has_the_middle_ones(void **state)
{
    const double values[] = { 5, 1, 4, 2, 3 };
    const bench_summary summary = bench_summarise(values, 5);

    (void)state;
    assert_true(is_near(summary.median, 3));
    assert_true(is_near(summary.lower, 2));
    assert_true(is_near(summary.upper, 4));
    assert_true(is_near(bench_spread(summary), 1.0 / 3));
    assert_true(is_near(values[0], 5)); /* and leaves the order alone */
}

static void the_median_of_an_even_number_lies_between_two(void **state)
{
    const double values[] = { 10, 1, 2, 3 };

    (void)state;
    assert_true(is_near(bench_summarise(values, 4).median, 2.5));
}

static void one_value_is_its_own_summary_and_none_has_none(void **state)
{
    const double value = 7;

    (void)state;
    assert_true(is_near(bench_summarise(&value, 1).median, 7));
    assert_true(is_near(bench_summarise(&value, 1).upper, 7));
    assert_true(isnan(bench_summarise(&value, 0).median));
}

static void percentiles_are_values_that_came(void **state)
{
    uint64_t ticks[1000];

    (void)state;
    for (uint64_t i = 0; i < 1000; i++)
        ticks[i] = 1000 - i;
    bench_sort_ticks(ticks, 1000);
    assert_int_equal(bench_percentile(ticks, 1000, 0.5), 500);
    assert_int_equal(bench_percentile(ticks, 1000, 0.99), 990);
    assert_int_equal(bench_percentile(ticks, 1000, 0.999), 999);
    assert_int_equal(bench_percentile(ticks, 1000, 1), 1000);
    assert_int_equal(bench_percentile(ticks, 1, 0.5), 1);
}

static void every_latency_falls_in_the_class_whose_edges_hold_it(void **state)
{
    (void)state;
    for (double ns = 0.5; ns < 1e10; ns *= 1.01) {
        const size_t class_ = bench_class_of_ns(ns);

        assert_true(ns <= bench_upper_edge_ns(class_) * (1 + 1e-12));
        assert_true(class_ == 0 || ns > bench_upper_edge_ns(class_ - 1) * (1 - 1e-12));
    }
    assert_int_equal(bench_class_of_ns(1e300), BENCH_CLASSES - 1);
}

static void every_contender_has_one_turn_a_round_and_each_place_in_time(void **state)
{
    enum { N = 5 };
    unsigned firsts[N] = { 0 }, lasts[N] = { 0 };

    (void)state;
    for (unsigned round = 0; round < 2 * N; round++) {
        unsigned turns[N] = { 0 };

        for (size_t turn = 0; turn < N; turn++)
            turns[bench_turn(round, turn, N)]++;
        for (size_t i = 0; i < N; i++)
            assert_int_equal(turns[i], 1);
        firsts[bench_turn(round, 0, N)]++;
        lasts[bench_turn(round, N - 1, N)]++;
    }
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(firsts[i], 2);
        assert_int_equal(lasts[i], 2);
    }
}

static void a_round_backward_follows_a_round_forward(void **state)
{
    (void)state;
    for (size_t turn = 0; turn < 4; turn++)
        assert_int_equal(bench_turn(0, turn, 4), bench_turn(1, 3 - turn, 4));
}

static void a_name_is_listed_as_a_whole_only(void **state)
{
    (void)state;
    assert_true(bench_is_listed(NULL, "pipe"));
    assert_true(bench_is_listed("ck_ring,pipe", "pipe"));
    assert_true(bench_is_listed("single_thread_cycles,single_thread", "single_thread"));
    assert_false(bench_is_listed("single_thread_cycles", "single_thread"));
    assert_false(bench_is_listed("rte_ring", "ring"));
    assert_false(bench_is_listed("", "pipe"));
}

static void stolen_ticks_are_those_of_the_two_processors(void **state)
{
    static const char stat[] = "cpu  1 2 3 4 5 6 7 800 9 10\ncpu0 1 2 3 4 5 6 7 100 9 10\n"
                               "cpu1 1 2 3 4 5 6 7 200 9 10\ncpu10 1 2 3 4 5 6 7 500 9 10\n";
    const int two[] = { 0, 1 }, others[] = { 10, 1 }, one[] = { 1, -1 }, none[] = { 7, -1 };

    (void)state;
    assert_int_equal(bench_stolen_in(stat, two), 300);
    assert_int_equal(bench_stolen_in(stat, others), 700);
    assert_int_equal(bench_stolen_in(stat, one), 200);
    assert_int_equal(bench_stolen_in(stat, none), 0);
}

static bool is_heard(uint64_t wall_ns, uint64_t cpu_ns, uint64_t switches, unsigned traits)
{
    const bench_placement placement = { .processors = { -1, -1 } };
    const bench_contender contender = { .traits = traits };
    bench_run run;
    bench_noise noise;

    memset(&run, 0, sizeof run);
    run.contender = &contender;
    run.usage[0].wall_ns = run.usage[1].wall_ns = wall_ns;
    run.usage[0].cpu_ns = wall_ns;
    run.usage[1].cpu_ns = cpu_ns;
    run.usage[1].switches = switches;
    bench_noise_begin(&noise, &placement);
    bench_noise_add(&noise, &run);
    return bench_noise_was_heard(&noise, &placement);
}

static void a_side_that_should_spin_and_does_not_run_is_noise(void **state)
{
    (void)state;
    assert_false(is_heard(10000000, 10000000, 0, BENCH_STREAMS));
    assert_false(is_heard(10000000, 9970000, 1, BENCH_STREAMS));
    assert_true(is_heard(10000000, 9900000, 1, BENCH_STREAMS));
}

static void a_side_that_sleeps_is_not_noise_and_one_that_is_driven_off_is(void **state)
{
    (void)state;
    assert_false(is_heard(10000000, 1000000, 0, BENCH_STREAMS | BENCH_WAKES));
    assert_true(is_heard(10000000, 1000000, 100, BENCH_STREAMS | BENCH_WAKES));
}

static void latencies_are_corrected_only_by_a_skew_that_is_known(void **state)
{
    const bench_skew known = { .ticks = 100, .error = 10, .corrected = true };
    const bench_skew unknown = { .ticks = 5, .error = 10, .corrected = false };

    (void)state;
    assert_int_equal(bench_ticks_across(&known, 1100, 1050), 50); /* the far counter is ahead */
    assert_int_equal(bench_ticks_across(&unknown, 1000, 1050), 50);
    assert_int_equal(bench_ticks_across(&unknown, 1000, 990), 0);
}

static void neighbours_are_odd_when_they_are_nearer_or_farther_than_they_were(void **state)
{
    bench_distance distance = { { 0 }, 0 };

    (void)state;
    assert_false(bench_distance_is_odd(&distance, 230.0));
    assert_false(bench_distance_is_odd(&distance, 240.0));
    assert_false(bench_distance_is_odd(&distance, 260.0));
    assert_true(bench_distance_is_odd(&distance, 38.0));
    assert_true(bench_distance_is_odd(&distance, 420.0));
    for (int i = 0; i < 100; i++)
        assert_false(bench_distance_is_odd(&distance, 220.0));
    for (int i = 0; i < 40; i++)
        (void)bench_distance_is_odd(&distance, 38.0);
    assert_false(bench_distance_is_odd(&distance, 38.0)); /* it has got used to it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_summary_of_five_values_has_the_middle_ones),
        cmocka_unit_test(the_median_of_an_even_number_lies_between_two),
        cmocka_unit_test(one_value_is_its_own_summary_and_none_has_none),
        cmocka_unit_test(percentiles_are_values_that_came),
        cmocka_unit_test(every_latency_falls_in_the_class_whose_edges_hold_it),
        cmocka_unit_test(every_contender_has_one_turn_a_round_and_each_place_in_time),
        cmocka_unit_test(a_round_backward_follows_a_round_forward),
        cmocka_unit_test(a_name_is_listed_as_a_whole_only),
        cmocka_unit_test(stolen_ticks_are_those_of_the_two_processors),
        cmocka_unit_test(a_side_that_should_spin_and_does_not_run_is_noise),
        cmocka_unit_test(neighbours_are_odd_when_they_are_nearer_or_farther_than_they_were),
        cmocka_unit_test(a_side_that_sleeps_is_not_noise_and_one_that_is_driven_off_is),
        cmocka_unit_test(latencies_are_corrected_only_by_a_skew_that_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
