/* Runs the two sides of a scenario at once, each on its processor. */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include "harness/placement.h"
#include "harness/run.h"

/*
 * Runs `near` on the calling thread and `far`, if it is not NULL, on a new one; they start
 * together. Sets run->usage. A run that takes longer than `limit_s` seconds ends the program with
 * 1: one side waits for what never comes.
 */
void bench_run_sides(bench_run *run, bench_side *near, bench_side *far,
                     const bench_placement *placement, unsigned limit_s);

#endif
