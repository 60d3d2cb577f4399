/* The thread that looks at the newest sample now and then, and says when a threshold is crossed. */
#ifndef ALARM_H
#define ALARM_H

#include "channels.h"
#include "tally.h"

/* Processors are judged by the last ten looks, some second: in one look are only a few ticks. */
enum { ALARM_LOOKS = 10 };

struct alarm_watch {
    struct channels *channels;
    telemetry_samples_subscriber samples; /* lossy; subscribed before the thread starts */
    double busy_percent;                  /* above it, the processors are too busy */
    double available_percent;             /* below it, there is too little memory */

    telemetry_cpu_times times[ALARM_LOOKS]; /* as of the last looks, in turn */
    uint64_t looks;                         /* that had times */
    bool raised[2];                         /* by telemetry_what */
    telemetry_sample sample;

    /* What it did. For others to read once the thread has been joined. */
    struct tally tally;
    uint64_t alarms; /* pushed to `alarms` */
};

/* The thread: looks until `samples` is closed, then closes `alarms`. */
void *alarm_run(void *watch);

#endif /* ALARM_H */
