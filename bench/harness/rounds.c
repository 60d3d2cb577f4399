#include "harness/rounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/clock.h"
#include "harness/noise.h"
#include "harness/pair.h"

enum { WARM_UP_LAPS = 2, SLOW_WARM_UP = 256 };

size_t bench_turn(unsigned round, size_t turn, size_t contenders)
{
    const size_t step = round % 2 == 0 ? turn : contenders - 1 - turn;

    return (round / 2 + step) % contenders;
}

bool bench_is_listed(const char *list, const char *name)
{
    const size_t length = strlen(name);

    if (list == NULL)
        return true;
    for (const char *at = list; (at = strstr(at, name)) != NULL; at++)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* ---- one run -------------------------------------------------------------------------------- */

static void fail(const bench_run *run, const char *what)
{
    fprintf(stderr, "bench: %s, %s: %s\n", run->contender->name, run->scenario, what);
    exit(1);
}

static void create_queues(bench_run *run, const bench_point *point)
{
    for (int i = 0; i < 2; i++) {
        run->queue[i] = run->contender->create(point->slots, run->subscribers, run->lossy);
        if (run->queue[i] == NULL)
            fail(run, "no queue could be made");
    }
}

static void destroy_queues(bench_run *run)
{
    for (int i = 0; i < 2; i++) {
        if (!run->contender->is_empty(run->queue[i]))
            fail(run, "a message came twice: there is one left");
        run->contender->destroy(run->queue[i]);
    }
}

/* A loss that nobody is told of is a fault; so is one that did not happen. */
static void compare_losses(const bench_run *run)
{
    char what[96];

    if (run->lost == run->told[0] + run->told[1])
        return;
    snprintf(what, sizeof what, "%llu messages did not arrive, and %llu were said to be lost",
             (unsigned long long)run->lost, (unsigned long long)(run->told[0] + run->told[1]));
    fail(run, what);
}

/* Leaves latencies in run->received, which the caller frees. */
static double run_once(bench_run *run, const bench_scenario *scenario,
                       const bench_settings *settings, const bench_point *point)
{
    bench_side *near, *far;
    double sample;

    run->scenario = scenario->name;
    run->pause = settings->pause;
    run->subscribers = point->subscribers;
    run->lossy = scenario->is_lossy;
    run->warm_up = (uint64_t)WARM_UP_LAPS * point->slots;
    if ((run->contender->traits & BENCH_SLOW) != 0 && run->warm_up > SLOW_WARM_UP)
        run->warm_up = SLOW_WARM_UP;
    scenario->prepare(run, settings, point);
    run->sent = bench_allocate(run->messages, sizeof *run->sent);
    run->received = bench_allocate(run->messages, sizeof *run->received);
    scenario->sides(run->contender, &near, &far);
    create_queues(run, point);
    bench_run_sides(run, near, far, &settings->placement, settings->limit_s);
    compare_losses(run);
    destroy_queues(run);
    sample = scenario->sample(run, settings);
    free(run->sent);
    return sample;
}

/* ---- a round -------------------------------------------------------------------------------- */

static void keep_latencies(bench_row *row, const bench_run *run)
{
    const size_t n = row->n_latencies + run->messages;
    uint64_t *more = realloc(row->latencies, n * sizeof *more);

    if (more == NULL)
        fail(run, "out of memory");
    memcpy(more + row->n_latencies, run->received, run->messages * sizeof *more);
    row->latencies = more;
    row->n_latencies = n;
}

static void measure_row(bench_result *result, bench_row *row, const bench_settings *settings,
                        bench_noise *noise)
{
    const bench_scenario *scenario = result->scenario;
    bench_run run;

    memset(&run, 0, sizeof run);
    run.contender = row->contender;
    row->samples[result->rounds] = run_once(&run, scenario, settings, &result->point);
    row->lost += run.lost;
    row->published += run.published;
    if (scenario->has_latencies)
        keep_latencies(row, &run);
    free(run.received);
    bench_noise_add(noise, &run);
}

/* Forgets the latencies of a round that is thrown away: `before` holds how many there were. */
static void forget_latencies(bench_result *result, const size_t *before)
{
    for (size_t i = 0; i < result->n_rows; i++)
        result->rows[i].n_latencies = before[i];
}

static bool are_odd_neighbours(const bench_settings *settings, const bench_point *point)
{
    static bench_distance distance;

    return settings->placement.processors[1] >= 0 &&
           bench_distance_is_odd(&distance, bench_floor_two_lines(settings, point));
}

/* Returns whether it was disturbed. */
static bool measure_round(bench_result *result, const bench_settings *settings, unsigned attempt)
{
    const bench_scenario *scenario = result->scenario;
    bool odd = are_odd_neighbours(settings, &result->point);
    bench_noise noise;

    bench_noise_begin(&noise, &settings->placement);
    for (size_t i = 0; i < BENCH_FLOORS; i++)
        if (scenario->floors[i].measure != NULL)
            result->floors[i][result->rounds] =
                scenario->floors[i].measure(settings, &result->point);
    for (size_t turn = 0; turn < result->n_rows; turn++)
        measure_row(result, &result->rows[bench_turn(attempt, turn, result->n_rows)], settings,
                    &noise);
    odd |= bench_noise_was_heard(&noise, &settings->placement);
    return are_odd_neighbours(settings, &result->point) || odd;
}

/* Up to half as many rounds as asked for may be thrown away and repeated; then they are kept, and
 * counted. */
static void measure_rounds(bench_result *result, const bench_settings *settings, unsigned rounds,
                           bench_results *results)
{
    const unsigned most = rounds + rounds / 2;
    size_t *before = bench_allocate(result->n_rows, sizeof *before);

    for (unsigned attempt = 0; result->rounds < rounds; attempt++) {
        bool disturbed;

        for (size_t i = 0; i < result->n_rows; i++)
            before[i] = result->rows[i].n_latencies;
        disturbed = measure_round(result, settings, attempt);
        if (disturbed && most - attempt > rounds - result->rounds) {
            forget_latencies(result, before);
            results->thrown_away++;
            continue;
        }
        result->disturbed += disturbed;
        results->disturbed += disturbed;
        result->rounds++;
    }
    free(before);
}

/* ---- a point -------------------------------------------------------------------------------- */

static bool takes_part(const bench_contender *contender, const bench_scenario *scenario,
                       const bench_settings *settings, const bench_point *point)
{
    return (contender->traits & scenario->trait) != 0 && contender->bytes == point->bytes &&
           (contender->slots == 0 || contender->slots == point->slots) &&
           contender->fewest <= point->subscribers && point->subscribers <= contender->most &&
           bench_is_listed(settings->contenders, contender->name);
}

static void add_rows(bench_result *result, const bench_settings *settings, unsigned rounds)
{
    size_t n = 0;

    for (int pass = 0; pass < 2; pass++) {
        n = 0;
        for (const bench_contender *c = bench_contenders(); c != NULL; c = c->next)
            if (takes_part(c, result->scenario, settings, &result->point)) {
                if (pass == 1) {
                    result->rows[n].contender = c;
                    result->rows[n].samples = bench_allocate(rounds, sizeof(double));
                }
                n++;
            }
        if (pass == 0)
            result->rows = bench_allocate(n, sizeof *result->rows);
    }
    result->n_rows = n;
}

static void compare(bench_result *result, const char *reference)
{
    const bench_row *with = NULL;

    for (size_t i = 0; i < result->n_rows; i++)
        if (strcmp(result->rows[i].contender->name, reference) == 0)
            with = &result->rows[i];
    for (size_t i = 0; i < result->n_rows && with != NULL; i++) {
        bench_row *row = &result->rows[i];

        row->ratios = bench_allocate(result->rounds, sizeof(double));
        for (unsigned k = 0; k < result->rounds; k++)
            row->ratios[k] = row->samples[k] / with->samples[k];
    }
}

/* On a terminal, a line that is written over; `point` == `points` takes it away. */
static void show_progress(const bench_scenario *scenario, size_t point, size_t points)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (point == points)
        fputs("\r\033[K", stderr);
    else
        fprintf(stderr, "\rmeasuring %s, point %zu of %zu ", scenario->name, point + 1, points);
}

static bool is_new_x(const bench_point *points, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (points[k].x == points[i].x)
            return false;
    return true;
}

/* The scenario's points, or with --points those, with each x of the scenario's own. Returns how
 * many. */
static size_t choose_points(const bench_scenario *scenario, const bench_settings *settings,
                            bench_point *points)
{
    bench_point own[BENCH_POINTS];
    size_t n_own, n = 0;

    memset(own, 0, sizeof own);
    n_own = scenario->points(settings->size, own);

    if (settings->n_points == 0) {
        memcpy(points, own, n_own * sizeof *own);
        return n_own;
    }
    for (size_t p = 0; p < settings->n_points; p++)
        for (size_t i = 0; i < n_own && n < BENCH_POINTS; i++)
            if (is_new_x(own, i)) {
                points[n] = settings->points[p];
                points[n].subscribers = own[i].subscribers;
                points[n++].x = own[i].x;
            }
    return n;
}

void bench_measure_scenario(const bench_scenario *scenario, const bench_settings *settings,
                            bench_results *results)
{
    const unsigned rounds = scenario->most_rounds != 0 && scenario->most_rounds < settings->rounds
                                ? scenario->most_rounds
                                : settings->rounds;
    bench_point points[BENCH_POINTS];
    const size_t n = choose_points(scenario, settings, points);

    for (size_t i = 0; i < n; i++) {
        bench_result *result;

        if (settings->bytes != 0 && settings->bytes != points[i].bytes)
            continue;
        show_progress(scenario, i, n);
        result = bench_results_add(results);
        result->scenario = scenario;
        result->point = points[i];
        for (size_t k = 0; k < BENCH_FLOORS; k++)
            if (scenario->floors[k].measure != NULL)
                result->floors[k] = bench_allocate(rounds, sizeof(double));
        add_rows(result, settings, rounds);
        measure_rounds(result, settings, rounds, results);
        compare(result, settings->reference != NULL ? settings->reference : scenario->reference);
    }
    show_progress(scenario, n, n);
}
