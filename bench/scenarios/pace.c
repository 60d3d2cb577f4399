/*
 * A producer that works for a while before each message. A consumer that is a little faster than
 * its producer stands on the line that is being written; what the queue costs then is what this
 * shows.
 */
#include "harness/pace.h"
#include "scenario.h"

static const double paces_ns[] = { 0, 1.7, 3.4, 6.8, 13.6, 27 };

static size_t points(bench_size size, bench_point *points)
{
    const size_t n = sizeof paces_ns / sizeof *paces_ns;

    (void)size;
    for (size_t i = 0; i < n; i++) {
        points[i].bytes = 8;
        points[i].slots = 1024;
        points[i].x = paces_ns[i];
    }
    return n;
}

static void prepare(bench_run *run, const bench_settings *settings, const bench_point *point)
{
    run->messages = bench_count(run, settings, 300e3);
    run->work = bench_steps_of_ns(point->x);
}

const bench_scenario bench_scenario_pace = {
    .name = "pace",
    .title = "a producer at its own pace (the column): ns per message",
    .metric = "ns_per_message",
    .unit = "ns",
    .x_unit = "ns pace",
    .reference = "ringc balanced",
    .threads = 2,
    .trait = BENCH_STREAMS,
    .floors = { { "the pace alone", bench_floor_pace } },
    .points = points,
    .prepare = prepare,
    .sides = bench_stream_sides,
    .sample = bench_ns_per_message,
};
