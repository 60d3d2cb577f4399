/* Single messages as fast as both sides can: 2 laps of warm-up, then laps enough to wrap often. */
#include "scenario.h"

static const uint32_t all_sizes[] = { 8, 24, 32, 56, 64, 120, 256 };
static const uint32_t all_slots[] = { 64, 1024, 4096, 16384, 65536 };
static const uint32_t some_sizes[] = { 8, 32, 64, 256 };
static const uint32_t some_slots[] = { 1024, 4096, 65536 };

static size_t points(bench_size size, bench_point *points)
{
    if (size == BENCH_FULL)
        return bench_grid(points, all_sizes, 7, all_slots, 5);
    return bench_grid(points, some_sizes, 4, some_slots, size == BENCH_QUICK ? 1 : 3);
}

static void prepare(bench_run *run, const bench_settings *settings, const bench_point *point)
{
    const double laps = 4.0 * point->slots;

    run->messages = bench_count(run, settings, laps > 300e3 ? laps : 300e3);
}

const bench_scenario bench_scenario_saturated = {
    .name = "saturated",
    .title = "single messages, both sides as fast as they can: ns per message",
    .metric = "ns_per_message",
    .unit = "ns",
    .reference = "ringc balanced",
    .threads = 2,
    .trait = BENCH_STREAMS,
    .floors = { { "raw lines", bench_floor_lines } },
    .points = points,
    .prepare = prepare,
    .sides = bench_stream_sides,
    .sample = bench_ns_per_message,
};
