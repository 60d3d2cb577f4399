/* The same in batches of 64, through the contender's own calls for batches where it has some. */
#include "scenario.h"

static const uint32_t all_sizes[] = { 8, 24, 32, 56, 64, 120, 256 };
static const uint32_t all_slots[] = { 64, 1024, 4096, 16384, 65536 };
static const uint32_t some_sizes[] = { 8, 64 };
static const uint32_t some_slots[] = { 1024, 65536 };

static size_t points(bench_size size, bench_point *points)
{
    if (size == BENCH_FULL)
        return bench_grid(points, all_sizes, 7, all_slots, 5);
    return bench_grid(points, some_sizes, 2, some_slots, size == BENCH_QUICK ? 1 : 2);
}

static void prepare(bench_run *run, const bench_settings *settings, const bench_point *point)
{
    const double laps = 4.0 * point->slots;

    run->messages = bench_count(run, settings, laps > 500e3 ? laps : 500e3);
}

const bench_scenario bench_scenario_batch = {
    .name = "batch",
    .title = "batches of 64: ns per message",
    .metric = "ns_per_message",
    .unit = "ns",
    .reference = "ringc balanced",
    .threads = 2,
    .trait = BENCH_STREAMS,
    .floors = { { "raw lines", bench_floor_lines } },
    .points = points,
    .prepare = prepare,
    .sides = bench_batch_sides,
    .sample = bench_ns_per_message,
};
