/* Whether a round was disturbed by something other than the benchmark. */
#ifndef BENCH_NOISE_H
#define BENCH_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/placement.h"
#include "harness/run.h"

typedef struct bench_noise {
    uint64_t begun_ns;
    uint64_t stolen_ticks; /* what the hypervisor has taken from our two processors so far */
    uint64_t switches;     /* of runs whose sides may sleep */
    uint64_t
        waited_ns;    /* in runs whose sides never sleep, and so should have run all the time ... */
    uint64_t spun_ns; /* ... of this time */
} bench_noise;

void bench_noise_begin(bench_noise *noise, const bench_placement *placement);
void bench_noise_add(bench_noise *noise, const bench_run *run);

/*
 * True if threads that never sleep did not run for more than 0.2 % of the time; if those that do
 * had to give way to another more than once in 10 ms; or if the hypervisor took more than 0.5 %, as
 * far as the system's clock ticks can tell.
 */
bool bench_noise_was_heard(const bench_noise *noise, const bench_placement *placement);

/*
 * How far the two processors are from each other: a hypervisor may move one beside the other, and all that is measured
 * until it moves them apart is of another machine. Begins as { 0 }.
 */
typedef struct bench_distance {
    double trips_ns[64]; /* the latest round trips of a bare word */
    size_t n;            /* all of them, also those that were overwritten */
} bench_distance;

/* Takes note of a round trip. True if it is not what is usual: 1.6 times shorter or longer than the median so far. */
bool bench_distance_is_odd(bench_distance *distance, double trip_ns);

/* The ticks stolen from two processors, from a text like /proc/stat's. */
uint64_t bench_stolen_in(const char *stat, const int processors[2]);

#endif
