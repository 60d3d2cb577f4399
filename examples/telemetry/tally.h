/* What a subscriber of `samples` got, by the numbers in them and by the ring's own count: the two
 * must agree. */
#ifndef TALLY_H
#define TALLY_H

#include "channels.h"

struct tally {
    uint64_t taken;
    uint64_t gaps;        /* numbers that were missing between samples, or before the first */
    uint64_t backward;    /* samples whose number was not above the one before */
    uint64_t next_number; /* the least that the next sample may have */

    /* By the ring's count, once the subscriber has left. */
    uint64_t received;
    uint64_t lagged;
};

static inline void tally_add(struct tally *tally, const telemetry_sample *sample)
{
    if (sample->number < tally->next_number)
        tally->backward++;
    else
        tally->gaps += sample->number - tally->next_number;
    tally->next_number = sample->number + 1;
    tally->taken++;
}

/* Notes what the ring counted, and leaves it. */
static inline void tally_end(struct tally *tally, telemetry_samples_subscriber *samples)
{
    tally->received = telemetry_samples_received(samples);
    tally->lagged = telemetry_samples_lagged(samples);
    telemetry_samples_unsubscribe(samples);
}

#endif /* TALLY_H */
