/* A few messages at once into an empty queue, until the consumer has had the last of them. */
#include "harness/clock.h"
#include "scenario.h"

static size_t points(bench_size size, bench_point *points)
{
    static const double bursts[] = { 1, 8, 64, 512 };

    (void)size;
    for (size_t i = 0; i < 4; i++) {
        points[i].bytes = 64;
        points[i].slots = 1024;
        points[i].x = bursts[i];
    }
    return 4;
}

static void prepare(bench_run *run, const bench_settings *settings, const bench_point *point)
{
    run->burst = (uint32_t)point->x;
    run->messages = bench_count(run, settings, 1000);
    run->gap_ticks = bench_ticks_of_ns(3000);
}

const bench_scenario bench_scenario_burst = {
    .name = "burst",
    .title = "bursts, from the start to the last delivery",
    .metric = "latency_ns",
    .unit = "ns",
    .x_unit = "burst",
    .reference = "ringc balanced",
    .threads = 2,
    .trait = BENCH_STREAMS,
    .has_latencies = true,
    .floors = { { "raw, one line", bench_floor_one_way } },
    .points = points,
    .prepare = prepare,
    .sides = bench_burst_sides,
    .sample = bench_burst_latency,
};
