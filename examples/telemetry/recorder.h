/* The thread that gets every sample, measures how long it was on its way and writes it to a file.
 */
#ifndef RECORDER_H
#define RECORDER_H

#include <stdio.h>

#include "channels.h"
#include "histogram.h"
#include "tally.h"

struct recorder {
    telemetry_samples_subscriber samples; /* gating; subscribed before the thread starts */
    FILE *csv;                            /* NULL: nothing is written */

    /* What it did. For others to read once the thread has been joined. */
    struct tally tally;
    uint64_t rows; /* written to the file, the heading not counted */
    int error;     /* errno of the first write that failed, or 0; nothing is written after it */
    struct histogram
        latency; /* from just before it is published to just after it is received, in ns */
    telemetry_sample shape; /* the first sample: its processors and devices are the columns */
    telemetry_sample sample;
};

/* The thread: receives until the channel is closed and drained, then flushes the file. */
void *recorder_run(void *recorder);

#endif /* RECORDER_H */
