/* The thread that gets every sample, measures how long it was on its way and writes it to a file.
 */
#ifndef RECORDER_H
#define RECORDER_H

#include <stdio.h>

#include "channels.h"
#include "histogram.h"

struct recorder {
    telemetry_records *records;
    FILE *csv; /* NULL: nothing is written */

    /* What it did. For others to read once the thread has been joined. */
    uint64_t popped;
    uint64_t misplaced; /* samples whose number did not follow the one before */
    uint64_t rows;      /* written to the file, the heading not counted */
    int error; /* errno of the first write that failed, or 0; nothing is written after it */
    struct histogram latency; /* from just before the push to just after the pop, in ns */
    telemetry_sample shape;   /* the first sample: its processors and devices are the columns */
    telemetry_sample sample;
};

/* The thread: pops until the channel is closed and drained, then flushes the file. */
void *recorder_run(void *recorder);

#endif /* RECORDER_H */
