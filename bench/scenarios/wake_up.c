/*
 * What each way of waiting costs: the time from a push to the return of a pop that had nothing for
 * a while, and the processor time that a pair uses while nothing comes.
 */
#include "harness/clock.h"
#include "scenario.h"

static size_t points(bench_size size, bench_point *points)
{
    (void)size;
    points[0].bytes = 8;
    points[0].slots = 1024;
    points[0].x = 0;
    return 1;
}

static void prepare_wake_up(bench_run *run, const bench_settings *settings,
                            const bench_point *point)
{
    (void)point;
    run->warm_up = 64;
    run->burst = 1;
    run->messages = settings->size == BENCH_QUICK ? 20 : 200;
    run->gap_ticks = bench_ticks_of_ns(300e3); /* long enough for all of them to fall asleep */
}

/* One gap in which nothing happens. */
static void prepare_idle(bench_run *run, const bench_settings *settings, const bench_point *point)
{
    (void)point;
    run->warm_up = 0;
    run->burst = 1;
    run->messages = 1;
    run->gap_ticks = bench_ticks_of_ns(settings->size == BENCH_QUICK ? 50e6 : 1e9);
}

static double cpu_ms_per_s(bench_run *run, const bench_settings *settings)
{
    (void)settings;
    return (double)(run->usage[0].cpu_ns + run->usage[1].cpu_ns) * 1e3 / bench_ns(run->gap_ticks);
}

const bench_scenario bench_scenario_wake_up = {
    .name = "wake_up",
    .title = "wake-up: from a push to the return of a pop that waited for 300 us",
    .metric = "latency_ns",
    .unit = "ns",
    .reference = "ringc park",
    .threads = 2,
    .trait = BENCH_WAKES,
    .has_latencies = true,
    .floors = { { "raw, one line", bench_floor_one_way } },
    .points = points,
    .prepare = prepare_wake_up,
    .sides = bench_burst_sides,
    .sample = bench_burst_latency,
};

const bench_scenario bench_scenario_idle = {
    .name = "idle",
    .title = "an idle pair: ms of processor time in a second",
    .metric = "cpu_ms_per_s",
    .unit = "ms/s",
    .reference = "ringc park",
    .threads = 2,
    .trait = BENCH_WAKES,
    .most_rounds = 3,
    .points = points,
    .prepare = prepare_idle,
    .sides = bench_burst_sides,
    .sample = cpu_ms_per_s,
};
