#define _POSIX_C_SOURCE 200809L

#include "alarm.h"

#include <time.h>

#include "view.h"

enum { ALARM_INTERVAL_NS = 100000000 };

/* Says how things stand, if that has changed. */
static void judge(struct alarm_watch *watch, telemetry_alarms_producer *alarms, telemetry_what what,
                  double percent, double threshold, bool raised)
{
    telemetry_alarm alarm = TELEMETRY_ALARM_INIT;

    if (watch->raised[what] == raised)
        return;
    watch->raised[what] = raised;
    alarm.number = watch->alarms;
    alarm.what = what;
    alarm.raised = raised;
    alarm.percent = percent;
    alarm.threshold = threshold;
    if (telemetry_alarms_push(alarms, &alarm) == RINGC_OK) /* drops the oldest rather than wait */
        watch->alarms++;
}

static void judge_processors(struct alarm_watch *watch, telemetry_alarms_producer *alarms)
{
    telemetry_cpu_times *oldest = &watch->times[watch->looks % ALARM_LOOKS];

    if (watch->looks >= ALARM_LOOKS) {
        const double busy = view_busy_percent(&watch->sample.cpu, oldest);

        judge(watch, alarms, TELEMETRY_WHAT_BUSY, busy, watch->busy_percent,
              busy > watch->busy_percent);
    }
    *oldest = watch->sample.cpu;
    watch->looks++;
}

static void judge_memory(struct alarm_watch *watch, telemetry_alarms_producer *alarms)
{
    const telemetry_memory *memory = &watch->sample.memory;
    const double available = 100.0 * (double)memory->available / (double)memory->total;

    judge(watch, alarms, TELEMETRY_WHAT_AVAILABLE, available, watch->available_percent,
          available < watch->available_percent);
}

static void look_until_closed(struct alarm_watch *watch, telemetry_samples_subscriber *samples,
                              telemetry_alarms_producer *alarms)
{
    const struct timespec interval = { 0, ALARM_INTERVAL_NS };
    telemetry_sample *sample = &watch->sample; /* too large for a stack */
    ringc_status status;

    while ((status = telemetry_samples_latest(samples, sample)) != RINGC_CLOSED) {
        if (status == RINGC_OK) { /* else RINGC_EMPTY: there is none since the last look */
            tally_add(&watch->tally, sample);
            if (sample->sources & TELEMETRY_SOURCE_STAT)
                judge_processors(watch, alarms);
            if (sample->sources & TELEMETRY_SOURCE_MEMINFO && sample->memory.total > 0)
                judge_memory(watch, alarms);
        }
        if (!telemetry_samples_is_closed(&watch->channels->samples))
            nanosleep(&interval, NULL);
    }
}

void *alarm_run(void *arg)
{
    struct alarm_watch *watch = arg;
    telemetry_samples_subscriber samples = watch->samples; /* from here on, this thread's */
    telemetry_alarms_producer alarms;

    if (telemetry_alarms_producer_open(&watch->channels->alarms, &alarms) == RINGC_OK) {
        look_until_closed(watch, &samples, &alarms);
        telemetry_alarms_producer_close(&alarms);
    }
    tally_end(&watch->tally, &samples);
    telemetry_alarms_close(&watch->channels->alarms);
    return NULL;
}
