/* One thread pushes a message and pops it again: the instructions, without any traffic between
 * cores. */
#include "scenario.h"

static size_t points(bench_size size, bench_point *points)
{
    static const uint32_t slots = 1024;
    static const uint32_t all_sizes[] = { 8, 24, 32, 56, 64, 120, 256 };
    static const uint32_t some_sizes[] = { 8, 64 };

    if (size == BENCH_FULL)
        return bench_grid(points, all_sizes, 7, &slots, 1);
    return bench_grid(points, some_sizes, 2, &slots, 1);
}

static void prepare(bench_run *run, const bench_settings *settings, const bench_point *point)
{
    (void)point;
    run->messages = bench_count(run, settings, 500e3);
}

static void sides(const bench_contender *contender, bench_side **near, bench_side **far)
{
    *near = contender->alternate;
    *far = NULL;
}

static double ticks_per_message(bench_run *run, const bench_settings *settings)
{
    (void)settings;
    return (double)(run->ended - run->begun) / (double)run->messages;
}

const bench_scenario bench_scenario_single_thread = {
    .name = "single_thread",
    .title = "a push and a pop on one thread: ns",
    .metric = "ns_per_message",
    .unit = "ns",
    .reference = "ringc balanced",
    .threads = 1,
    .trait = BENCH_STREAMS,
    .points = points,
    .prepare = prepare,
    .sides = sides,
    .sample = bench_ns_per_message,
};

const bench_scenario bench_scenario_single_thread_ticks = {
    .name = "single_thread_cycles",
    .title = "a push and a pop on one thread: ticks of the processor's counter",
    .metric = "cycles_per_message",
    .unit = "cycles",
    .reference = "ringc balanced",
    .threads = 1,
    .trait = BENCH_STREAMS,
    .points = points,
    .prepare = prepare,
    .sides = sides,
    .sample = ticks_per_message,
};
