/* Whether the counters of two processors show the same time. */
#ifndef BENCH_SKEW_H
#define BENCH_SKEW_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/placement.h"

typedef struct bench_skew {
    int64_t ticks;  /* the far processor's counter less the near one's */
    int64_t error;  /* ticks: the skew is known up to this much */
    bool corrected; /* latencies are corrected by it, because it is more than the error */
} bench_skew;

/* Asks the far side for its time and keeps the quickest answer, as network clocks do. */
bench_skew bench_measure_skew(const bench_placement *placement);

/* Ticks from an instant on the far processor to one on the near; 0 rather than less. */
uint64_t bench_ticks_across(const bench_skew *skew, uint64_t far, uint64_t near);

#endif
