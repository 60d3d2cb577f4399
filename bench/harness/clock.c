#define _GNU_SOURCE
#include "harness/clock.h"

#include <time.h>

enum { CALIBRATION_NS = 50000000 };

static double ns_per_tick = 1.0;

uint64_t bench_monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void bench_clock_calibrate(void)
{
    const uint64_t begun_ns = bench_monotonic_ns(), begun = bench_ticks();
    uint64_t ended_ns;

    do
        ended_ns = bench_monotonic_ns();
    while (ended_ns - begun_ns < CALIBRATION_NS);
    ns_per_tick = (double)(ended_ns - begun_ns) / (double)(bench_ticks() - begun);
}

double bench_ns_per_tick(void)
{
    return ns_per_tick;
}

uint64_t bench_ticks_of_ns(double ns)
{
    return (uint64_t)(ns / ns_per_tick + 0.5);
}
