/* A broadcast on one thread: what publishing and receiving cost, without traffic between cores. */
#include "scenario.h"

enum { SLOTS = 1024, BYTES_IN_ALL = 10000000, MOST_MESSAGES = 150000 };

static const uint32_t sizes[] = { 8, 56, 120, 256, 1024, 4096 };
static const uint32_t slots = SLOTS;

static size_t points_for(bench_point *points, uint32_t subscribers)
{
    const size_t n = bench_grid(points, sizes, sizeof sizes / sizeof *sizes, &slots, 1);

    for (size_t i = 0; i < n; i++)
        points[i].subscribers = subscribers;
    return n;
}

static size_t points_of_payload(bench_size size, bench_point *points)
{
    (void)size;
    return points_for(points, 1);
}

static size_t points_of_alone(bench_size size, bench_point *points)
{
    (void)size;
    return points_for(points, 0);
}

static size_t points_of_fan_out(bench_size size, bench_point *points)
{
    static const uint32_t subscribers[] = { 1, 2, 10 };
    static const uint32_t one_line = 56; /* with its stamp */

    (void)size;
    for (size_t i = 0; i < 3; i++) {
        bench_grid(&points[i], &one_line, 1, &slots, 1);
        points[i].subscribers = subscribers[i];
        points[i].x = subscribers[i];
    }
    return 3;
}

/* Fewer of the large ones. */
static void prepare(bench_run *run, const bench_settings *settings, const bench_point *point)
{
    const uint32_t n = BYTES_IN_ALL / point->bytes;

    run->messages = bench_count(run, settings, n < MOST_MESSAGES ? n : MOST_MESSAGES);
}

static void prepare_fan_out(bench_run *run, const bench_settings *settings,
                            const bench_point *point)
{
    (void)point;
    run->messages = bench_count(run, settings, 50e3);
}

static void sides(const bench_contender *contender, bench_side **near, bench_side **far)
{
    *near = contender->alternate;
    *far = NULL;
}

static void sides_of_alone(const bench_contender *contender, bench_side **near, bench_side **far)
{
    *near = contender->publish_alone;
    *far = NULL;
}

const bench_scenario bench_scenario_broadcast_fan_out = {
    .name = "broadcast_fan_out",
    .title =
        "broadcast to 1, 2 and 10 on one thread, 56 B: ns for a publish and all that receive it",
    .metric = "ns_per_message",
    .unit = "ns",
    .x_unit = "subscribers",
    .reference = "ringc overwrite",
    .threads = 1,
    .trait = BENCH_BROADCASTS,
    .points = points_of_fan_out,
    .prepare = prepare_fan_out,
    .sides = sides,
    .sample = bench_ns_per_message,
};

const bench_scenario bench_scenario_broadcast_payload = {
    .name = "broadcast_payload",
    .title = "a publish and a receive on one thread: ns",
    .metric = "ns_per_message",
    .unit = "ns",
    .reference = "ringc overwrite",
    .threads = 1,
    .trait = BENCH_BROADCASTS,
    .floors = { { "raw, written and read", bench_floor_write_and_read } },
    .points = points_of_payload,
    .prepare = prepare,
    .sides = sides,
    .sample = bench_ns_per_message,
};

const bench_scenario bench_scenario_broadcast_alone = {
    .name = "broadcast_alone",
    .title = "a publish to no subscriber: ns",
    .metric = "ns_per_message",
    .unit = "ns",
    .reference = "ringc overwrite",
    .threads = 1,
    .trait = BENCH_BROADCASTS,
    .floors = { { "raw, written", bench_floor_write } },
    .points = points_of_alone,
    .prepare = prepare,
    .sides = sides_of_alone,
    .sample = bench_ns_per_message,
};
