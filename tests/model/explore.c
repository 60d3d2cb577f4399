#include "explore.h"

#include "choices.h"
#include "schedule.h"
#include "story.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "model_word_store and model_word_load are written for little-endian hosts"
#endif

enum { DEFAULT_STALE_ROUNDS = 2, CLOCK_EVERY = 256 };

static unsigned stale_rounds;
static bool every_order;
static uint64_t execution;
static char failure[sizeof((model_result *)0)->message];

unsigned explore_stale_rounds(void)
{
    return stale_rounds;
}

bool explore_every_order(void)
{
    return every_order;
}

uint64_t explore_execution(void)
{
    return execution;
}

void explore_set_message(const model_site *site, const char *format, va_list args)
{
    int n = site ? snprintf(failure, sizeof failure, "%s:%d: ", site->file, site->line) : 0;

    vsnprintf(failure + n, sizeof failure - (size_t)n, format, args);
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The seed of one run, so that it can be repeated alone. */
static uint64_t run_seed(const model_options *options, uint64_t run)
{
    return options->seed * UINT64_C(0xD1342543DE82EF95) + run * UINT64_C(0x9E3779B97F4A7C15) + 1;
}

static ending run_once(void (*test)(void), uint64_t seed)
{
    execution++;
    choices_restart(seed);
    return schedule_run(test);
}

static void tell_failure(void (*test)(void), uint64_t seed)
{
    story_tell(true);
    (void)run_once(test, seed);
    story_print();
    story_tell(false);
    printf("FAILED: %s\n", failure);
    fflush(stdout);
}

static bool out_of_bounds(const model_options *options, const model_result *result, double began)
{
    uint64_t total = result->executions + result->pruned;

    if (options->max_executions != 0 && total >= options->max_executions)
        return true;
    return options->max_seconds > 0 && total % CLOCK_EVERY == 0 && seconds_now() - began > options->max_seconds;
}

static void count(model_result *result, ending how)
{
    if (how == ENDED_PRUNED)
        result->pruned++;
    else
        result->executions++;
    result->failed = how == ENDED_FAILED;
    result->steps += schedule_steps();
}

model_result model_explore(void (*test)(void), const model_options *options)
{
    model_result result;
    double began = seconds_now();
    uint64_t run = options->first_run;

    memset(&result, 0, sizeof result);
    stale_rounds = options->stale_rounds ? options->stale_rounds : DEFAULT_STALE_ROUNDS;
    every_order = options->every_order;
    choices_begin(options->random_runs != 0);
    for (;; run++) {
        count(&result, run_once(test, run_seed(options, run)));
        if (result.failed) {
            result.failed_run = run;
            memcpy(result.message, failure, sizeof failure);
            if (!options->quiet)
                tell_failure(test, run_seed(options, run));
            break;
        }
        result.complete = options->random_runs ? run + 1 - options->first_run == options->random_runs : !choices_advance();
        if (result.complete || out_of_bounds(options, &result, began))
            break;
    }
    result.seconds = seconds_now() - began;
    return result;
}
