#define _POSIX_C_SOURCE 200809L

#include "sampler.h"

#include <string.h>
#include <time.h>

static uint64_t wall_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void sampler_notice(void *arg, telemetry_source source, telemetry_event event, const char *detail)
{
    struct sampler *sampler = arg;
    telemetry_notice notice = TELEMETRY_NOTICE_INIT;
    size_t length = strlen(detail);

    notice.time_ns = wall_clock_ns();
    notice.source = source;
    notice.event = event;
    memcpy(notice.detail, detail,
           length < sizeof notice.detail ? length : sizeof notice.detail - 1);
    if (telemetry_notices_try_push(&sampler->notices_producer, &notice) == RINGC_OK)
        sampler->notices++;
    else
        sampler->notices_refused++;
}

static uint64_t period_of(const telemetry_command *command)
{
    return command->rate > 0 ? (uint64_t)(1e9 / command->rate) : 0;
}

/*
 * Waits until the next sample is due, obeying what comes in meanwhile: the channel is the timer,
 * too. False when `commands` has been closed.
 */
static bool wait_until(telemetry_commands_consumer *commands, uint64_t *next_ns,
                       uint64_t *period_ns)
{
    for (;;) {
        telemetry_command command;
        uint64_t now_ns = *period_ns != 0 ? ringc_now_ns() : 0;
        uint64_t left_ns = now_ns < *next_ns ? *next_ns - now_ns : 0;
        ringc_status status = *period_ns != 0
                                  ? telemetry_commands_pop_for(commands, &command, left_ns)
                                  : telemetry_commands_try_pop(commands, &command);

        if (status != RINGC_OK)
            return status != RINGC_CLOSED;
        *period_ns = period_of(&command);
        *next_ns = *period_ns != 0 ? ringc_now_ns() : 0;
    }
}

/* Sets when the next sample is due. One that is overdue by whole periods is not made up for. */
static void schedule(struct sampler *sampler, uint64_t *next_ns, uint64_t period_ns)
{
    uint64_t now_ns;

    if (period_ns == 0)
        return;
    now_ns = ringc_now_ns();
    *next_ns += period_ns;
    if (now_ns > *next_ns) {
        uint64_t missed = (now_ns - *next_ns) / period_ns;

        sampler->skipped += missed;
        *next_ns += missed * period_ns;
    }
}

/* Publishes to all subscribers, waiting for the recorder where it must, and notes how long. */
static bool publish(struct sampler *sampler, telemetry_samples_producer *samples,
                    const telemetry_sample *sample)
{
    ringc_status status = telemetry_samples_try_publish(samples, sample);

    if (status == RINGC_FULL) {
        uint64_t since_ns = ringc_now_ns();

        status = telemetry_samples_publish(samples, sample);
        sampler->held++;
        sampler->held_ns += ringc_now_ns() - since_ns;
    }
    return status == RINGC_OK;
}

static void sample_until_closed(struct sampler *sampler, telemetry_samples_producer *samples,
                                telemetry_commands_consumer *commands)
{
    telemetry_sample *sample = &sampler->last; /* too large for a stack, and wanted afterwards */
    uint64_t period_ns = 0, next_ns = 0;
    telemetry_command command;

    if (telemetry_commands_pop(commands, &command) != RINGC_OK)
        return;
    period_ns = period_of(&command);
    next_ns = ringc_now_ns();
    while (wait_until(commands, &next_ns, &period_ns)) {
        uint64_t begun_ns = ringc_now_ns();

        sample->number = sampler->samples;
        sample->time_ns = wall_clock_ns();
        procfs_read(sampler->proc, sample);
        sample->published_ns = ringc_now_ns();
        sample->cost_ns = sample->published_ns - begun_ns;
        sampler->cost_ns += sample->cost_ns;
        if (sampler->samples == 0)
            sampler->first = *sample;
        if (!publish(sampler, samples, sample))
            break; /* closed, which nobody does while we run */
        sampler->samples++;
        schedule(sampler, &next_ns, period_ns);
    }
}

void *sampler_run(void *arg)
{
    struct sampler *sampler = arg;
    struct channels *channels = sampler->channels;
    telemetry_samples_producer samples;
    telemetry_commands_consumer commands;

    /* Handles belong to one thread. None of these can be open already: RINGC_LIMIT is impossible.
     */
    if (telemetry_samples_producer_open(&channels->samples, &samples) == RINGC_OK &&
        telemetry_commands_consumer_open(&channels->commands, &commands) == RINGC_OK) {
        sample_until_closed(sampler, &samples, &commands);
        telemetry_samples_producer_close(&samples);
        telemetry_commands_consumer_close(&commands);
    }
    telemetry_notices_producer_close(&sampler->notices_producer);

    /* Closed by their producer: whoever gets RINGC_CLOSED from them now has had every message. */
    telemetry_samples_close(&channels->samples);
    telemetry_notices_close(&channels->notices);
    return NULL;
}
