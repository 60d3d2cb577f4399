/* Medians, quartiles, percentiles and histograms of arrays. */
#ifndef BENCH_STATISTICS_H
#define BENCH_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

typedef struct bench_summary {
    double median, lower, upper; /* the quartiles */
} bench_summary;

/* Of `n` values, in any order; NaNs if there are none. Between two values it interpolates. */
bench_summary bench_summarise(const double *values, size_t n);

/* Half the distance of the quartiles, as a part of the median. */
double bench_spread(bench_summary summary);

void bench_sort_ticks(uint64_t *ticks, size_t n);

/* The value that a part `p` (0 to 1) of the sorted values does not exceed; n is not 0. */
uint64_t bench_percentile(const uint64_t *sorted, size_t n, double p);

/*
 * Classes of a histogram: 16 to each doubling, so that a class is about 6 % wide. Class i holds
 * what is above the upper edge of class i - 1 and not above its own.
 */
enum { BENCH_CLASSES = 16 * 40 };
double bench_upper_edge_ns(size_t class_);
size_t bench_class_of_ns(double ns);

#endif
