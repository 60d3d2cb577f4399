/* Counts of durations in buckets that are 3 % wide, for percentiles without keeping every value. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

/* Each power of two is divided into 32 buckets; values below 32 have one each. */
enum { HISTOGRAM_PARTS = 32, HISTOGRAM_BUCKETS = 60 * HISTOGRAM_PARTS };

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    uint64_t max;
};

static inline void histogram_add(struct histogram *histogram, uint64_t value)
{
    unsigned shift = value < 2 * HISTOGRAM_PARTS ? 0 : 58 - (unsigned)__builtin_clzll(value);

    histogram->counts[shift * HISTOGRAM_PARTS + (value >> shift)]++;
    histogram->total++;
    if (value > histogram->max)
        histogram->max = value;
}

/* A value that `percent` of all are not above, at most 3 % too high; 0 when there are none. */
static inline uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    double wanted = (double)histogram->total * percent / 100.0;
    uint64_t seen = 0;

    for (uint64_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t shift = i < 2 * HISTOGRAM_PARTS ? 0 : i / HISTOGRAM_PARTS - 1;
        uint64_t highest = ((i - shift * HISTOGRAM_PARTS + 1) << shift) - 1;

        seen += histogram->counts[i];
        if (seen > 0 && (double)seen >= wanted)
            return highest < histogram->max ? highest : histogram->max;
    }
    return histogram->max;
}

#endif /* HISTOGRAM_H */
