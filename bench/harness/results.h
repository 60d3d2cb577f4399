/* What was measured, kept until it is printed and written. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "scenario.h"

/* One contender at one point. */
typedef struct bench_row {
    const bench_contender *contender;
    double *samples; /* one for each round kept */
    double *ratios;  /* to the reference in the same round; NULL: the reference is not here */
    uint64_t lost, published; /* messages of all rounds; published: 0 where none may be lost */
    uint64_t *latencies;      /* ticks, of all rounds kept; NULL: the scenario has none */
    size_t n_latencies;
} bench_row;

/* All contenders at one point. */
typedef struct bench_result {
    const bench_scenario *scenario;
    bench_point point;
    unsigned rounds;              /* kept */
    unsigned disturbed;           /* of those, kept because the repetitions were used up */
    double *floors[BENCH_FLOORS]; /* one for each round kept */
    bench_row *rows;
    size_t n_rows;
    struct bench_result *next;
} bench_result;

typedef struct bench_results {
    bench_result *first, *last;
    unsigned thrown_away; /* rounds */
    unsigned disturbed;   /* rounds kept although disturbed */
} bench_results;

/* The part of what was published that arrived, 0 to 1. */
double bench_received(const bench_row *row);

bench_result *bench_results_add(bench_results *results);
void *bench_allocate(size_t n, size_t bytes); /* zeroed; ends the program if there is none */

#endif
