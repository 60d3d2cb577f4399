/* The thread that reads the counters and publishes them: the only producer of two channels. */
#ifndef SAMPLER_H
#define SAMPLER_H

#include "channels.h"
#include "procfs.h"

struct sampler {
    struct channels *channels;
    struct procfs *proc;

    /* What it did. For others to read once the thread has been joined. */
    uint64_t samples;         /* published on `samples` */
    uint64_t notices;         /* pushed to `notices` */
    uint64_t notices_refused; /* there was no room for them */
    uint64_t held;            /* samples that had to wait for the recorder */
    uint64_t held_ns;
    uint64_t skipped; /* samples that were due while an earlier one was still being taken */
    uint64_t cost_ns; /* spent on reading the counters */
    telemetry_sample first;
    telemetry_sample last;
    telemetry_notices_producer notices_producer;
};

/* The thread: waits for a rate on `commands`, samples until that is closed, closes the other two.
 */
void *sampler_run(void *sampler);

/* A procfs_listener: pushes a notice. The thread that owns sampler->notices_producer. */
void sampler_notice(void *sampler, telemetry_source source, telemetry_event event,
                    const char *detail);

#endif /* SAMPLER_H */
