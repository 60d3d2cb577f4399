/* A broadcast with its publisher on one processor and a subscriber on the other. */
#include "scenario.h"

static size_t points(bench_size size, bench_point *points)
{
    static const uint32_t slots = 1024;
    static const uint32_t sizes[] = { 8, 56 };
    const size_t n = bench_grid(points, sizes, 2, &slots, 1);

    (void)size;
    for (size_t i = 0; i < n; i++)
        points[i].subscribers = 1;
    return n;
}

static void prepare(bench_run *run, const bench_settings *settings, const bench_point *point)
{
    (void)point;
    run->messages = bench_count(run, settings, 300e3);
}

static void prepare_round_trip(bench_run *run, const bench_settings *settings,
                               const bench_point *point)
{
    (void)point;
    run->messages = bench_count(run, settings, 20e3);
}

static void sides_of_lossy(const bench_contender *contender, bench_side **near, bench_side **far)
{
    *near = contender->publish_on;
    *far = contender->receive_some;
}

static void sides_of_round_trip(const bench_contender *contender, bench_side **near,
                                bench_side **far)
{
    *near = contender->ask;
    *far = contender->answer;
}

static double median_latency(bench_run *run, const bench_settings *settings)
{
    (void)settings;
    return bench_median_latency(run);
}

const bench_scenario bench_scenario_broadcast_gated = {
    .name = "broadcast_gated",
    .title =
        "broadcast to one subscriber that holds the publisher, both as fast as they can: ns per "
        "message",
    .metric = "ns_per_message",
    .unit = "ns",
    .reference = "ringc gated",
    .threads = 2,
    .trait = BENCH_GATES,
    .floors = { { "raw lines", bench_floor_lines } },
    .points = points,
    .prepare = prepare,
    .sides = bench_stream_sides,
    .sample = bench_ns_per_message,
};

const bench_scenario bench_scenario_broadcast_lossy = {
    .name = "broadcast_lossy",
    .title =
        "a publish while one lossy subscriber reads on the other processor: ns; what it receives",
    .metric = "ns_per_message",
    .unit = "ns",
    .reference = "ringc overwrite",
    .threads = 2,
    .trait = BENCH_LOSES,
    .is_lossy = true,
    .floors = { { "raw, written", bench_floor_write } },
    .points = points,
    .prepare = prepare,
    .sides = sides_of_lossy,
    .sample = bench_ns_per_message,
};

const bench_scenario bench_scenario_broadcast_round_trip = {
    .name = "broadcast_round_trip",
    .title = "round trip over two broadcasts",
    .metric = "latency_ns",
    .unit = "ns",
    .reference = "ringc overwrite",
    .threads = 2,
    .trait = BENCH_BROADCASTS,
    .has_latencies = true,
    .floors = { { "raw, two lines", bench_floor_two_lines },
                { "raw, one line", bench_floor_one_line } },
    .points = points,
    .prepare = prepare_round_trip,
    .sides = sides_of_round_trip,
    .sample = median_latency,
};
