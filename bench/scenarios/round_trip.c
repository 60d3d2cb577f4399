/* A question and its answer, over one queue there and another back. */
#include "scenario.h"

static size_t points(bench_size size, bench_point *points)
{
    static const uint32_t slots = 1024;
    static const uint32_t all_sizes[] = { 8, 24, 32, 56, 64, 120, 256 };
    static const uint32_t some_sizes[] = { 8, 56, 64 };

    if (size == BENCH_FULL)
        return bench_grid(points, all_sizes, 7, &slots, 1);
    return bench_grid(points, some_sizes, 3, &slots, 1);
}

static void prepare(bench_run *run, const bench_settings *settings, const bench_point *point)
{
    (void)point;
    run->messages = bench_count(run, settings, 20e3);
}

static void sides(const bench_contender *contender, bench_side **near, bench_side **far)
{
    *near = contender->ask;
    *far = contender->answer;
}

static double sample(bench_run *run, const bench_settings *settings)
{
    (void)settings;
    return bench_median_latency(run);
}

const bench_scenario bench_scenario_round_trip = {
    .name = "round_trip",
    .title = "round trip over two queues",
    .metric = "latency_ns",
    .unit = "ns",
    .reference = "ringc balanced",
    .threads = 2,
    .trait = BENCH_STREAMS,
    .has_latencies = true,
    .floors = { { "raw, two lines", bench_floor_two_lines },
                { "raw, one line", bench_floor_one_line } },
    .points = points,
    .prepare = prepare,
    .sides = sides,
    .sample = sample,
};
