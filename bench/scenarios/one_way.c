/*
 * Messages at set times, whatever became of the one before. A latency runs from the time at which
 * the message was due, not from that at which a late producer got round to it: else each stall
 * would hide the messages that waited behind it.
 */
#include "harness/clock.h"
#include "scenario.h"

static const double rates_hz[] = { 1e3, 10e3, 100e3, 1e6 };
static const double messages[] = { 200, 1000, 5000, 50000 };

enum { RATES = sizeof rates_hz / sizeof *rates_hz };

static size_t points(bench_size size, bench_point *points)
{
    (void)size;
    for (size_t i = 0; i < RATES; i++) {
        points[i].bytes = 64;
        points[i].slots = 1024;
        points[i].x = rates_hz[i];
    }
    return RATES;
}

static void prepare(bench_run *run, const bench_settings *settings, const bench_point *point)
{
    double n = messages[0];

    for (size_t i = 0; i < RATES; i++)
        if (point->x >= rates_hz[i])
            n = messages[i];
    /* The time is the rate's, not the contender's, so those that are slow do as many. */
    run->messages = (uint64_t)(n * settings->effort);
    if (run->messages < 20)
        run->messages = 20;
    run->period_ticks = bench_ticks_of_ns(1e9 / point->x);
}

static void sides(const bench_contender *contender, bench_side **near, bench_side **far)
{
    *near = contender->receive_at_times;
    *far = contender->send_at_times;
}

static double sample(bench_run *run, const bench_settings *settings)
{
    uint64_t due = run->start;

    for (uint64_t i = 0; i < run->messages; i++, due += run->period_ticks)
        run->received[i] = bench_ticks_across(&settings->skew, due, run->received[i]);
    return bench_median_latency(run);
}

const bench_scenario bench_scenario_one_way = {
    .name = "one_way",
    .title = "one way, messages at set times",
    .metric = "latency_ns",
    .unit = "ns",
    .x_unit = "Hz",
    .reference = "ringc balanced",
    .threads = 2,
    .trait = BENCH_STREAMS,
    .has_latencies = true,
    .floors = { { "raw, one line", bench_floor_one_way } },
    .points = points,
    .prepare = prepare,
    .sides = sides,
    .sample = sample,
};
