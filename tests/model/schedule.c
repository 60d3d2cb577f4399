#include "schedule.h"

#include "broken.h"
#include "choices.h"
#include "explore.h"
#include "races.h"
#include "story.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAIN = 0,
    QUIET_TIME_NS = 1000000000,
    QUIET_ROUNDS = 66 /* ringc_wait reads the clock at every 64th round of spinning */
};

static thread threads[MAX_THREADS];
static int thread_count;
static int current;
static uint32_t steps;
static unsigned killed;
static bool joined; /* the threads have run to their ends */

static unsigned asleep; /* the sleep set: bits */
static uint32_t fell_asleep_at[MAX_THREADS];

static int sleepers[MAX_THREADS]; /* in futex_wait, oldest first */
static unsigned sleeper_count;

static coroutine explorer;
static ending how_it_ended;
static void (*test_to_run)(void);

thread *schedule_current(void)
{
    return &threads[current];
}

int schedule_current_number(void)
{
    return current;
}

const char *schedule_thread_name(int number)
{
    return threads[number].name;
}

bool schedule_alone(void)
{
    return thread_count == 1 || joined;
}

uint32_t schedule_count_step(void)
{
    return ++steps;
}

uint32_t schedule_steps(void)
{
    return steps;
}

unsigned schedule_killed(void)
{
    return killed;
}

/* ---- Sleep sets ------------------------------------------------------------------------------------------------ */

static bool is_futex_step(step_kind kind)
{
    return kind == STEP_FUTEX_WAIT || kind == STEP_FUTEX_WAKE || kind == STEP_FUTEX_TIMEOUT;
}

/*
 * As below, where one of the two is a membarrier. A load after it may read less than one before it, and changes nothing for
 * it: so a load need not be tried again after the barrier, but the barrier after a load of what its caller has stored.
 */
static bool disturbs_by_barrier(step_kind kind, unsigned location, const thread *t)
{
    if (kind == STEP_LOAD)
        return memory_has_stored((int)(t - threads), location);
    return t->pending != STEP_LOAD;
}

/* Whether taking the step (kind, location) can change what the step that `t` stands before does. */
static bool disturbs(step_kind kind, unsigned location, const thread *t)
{
    if (kind == STEP_MEMBARRIER || t->pending == STEP_MEMBARRIER)
        return disturbs_by_barrier(kind, location, t);
    if (kind == STEP_FENCE)
        return t->pending == STEP_FENCE;
    if (location != t->pending_location)
        return false;
    if (kind == STEP_STORE)
        return (t->pending == STEP_LOAD && !BROKEN(BREAK_EAGER_SLEEP)) || t->pending == STEP_STORE ||
               t->pending == STEP_FUTEX_WAIT;
    return is_futex_step(kind) && is_futex_step(t->pending);
}

static void wake_disturbed(step_kind kind, unsigned location)
{
    for (int t = 0; t < thread_count; t++) {
        if (!(asleep >> t & 1u) || !disturbs(kind, location, &threads[t]))
            continue;
        asleep &= ~(1u << t);
        if (kind == STEP_STORE && threads[t].pending != STEP_FUTEX_WAIT)
            threads[t].slept_since = fell_asleep_at[t];
    }
}

static void put_to_sleep(unsigned explored)
{
    for (int t = 0; t < thread_count; t++)
        if (explored >> t & 1u) {
            asleep |= 1u << t;
            fell_asleep_at[t] = steps;
        }
}

/* ---- Who runs next --------------------------------------------------------------------------------------------- */

static unsigned runnable_threads(void)
{
    unsigned set = 0;

    for (int t = 0; t < thread_count; t++)
        if (threads[t].status == THREAD_RUNS || (threads[t].status == THREAD_SLEEPS && threads[t].timed))
            set |= 1u << t;
    return set;
}

/*
 * Nobody can run. Stores become visible in the end, so each spin loop goes on for some rounds in which it sees the newest of
 * all; and time passes, so that those with a timeout end. False when all had their rounds already.
 */
static bool let_paused_look_again(void)
{
    bool any = false;

    for (int t = 0; t < thread_count; t++)
        if (threads[t].status == THREAD_PAUSED && threads[t].quiet_rounds < QUIET_ROUNDS) {
            threads[t].newest_only = true;
            threads[t].quiet_rounds++;
            threads[t].status = THREAD_RUNS;
            threads[t].clock_ns += QUIET_TIME_NS;
            any = true;
        }
    return any;
}

_Noreturn static void report_deadlock(void)
{
    char names[256] = "";

    if (BROKEN(BREAK_LOST_WAKE_UPS))
        schedule_end(ENDED_WELL);
    for (int t = 0; t < thread_count; t++)
        if (threads[t].status == THREAD_PAUSED || threads[t].status == THREAD_SLEEPS) {
            strncat(names, names[0] ? ", " : "", sizeof names - strlen(names) - 1);
            strncat(names, threads[t].name, sizeof names - strlen(names) - 1);
            strncat(names, threads[t].status == THREAD_SLEEPS ? " sleeps on its futex (lost wake-up)" : " spins for ever",
                    sizeof names - strlen(names) - 1);
        }
    model_fail(NULL, "nobody can run: %s", names);
}

static int pick(unsigned runnable)
{
    thread_choice choice;

    for (int t = 0; t < thread_count; t++)
        if ((runnable >> t & 1u) && threads[t].status == THREAD_RUNS && threads[t].pending == STEP_PRIVATE)
            return t;
    choice = choices_thread(runnable, asleep, current);
    if (choice.thread < 0)
        schedule_end(ENDED_PRUNED);
    if (!explore_every_order())
        put_to_sleep(choice.explored);
    asleep &= ~(1u << choice.thread);
    return choice.thread;
}

/* Gives the processor to whoever runs next: perhaps the current thread itself. */
static void reschedule(void)
{
    unsigned runnable;
    int from = current;

    while ((runnable = runnable_threads()) == 0)
        if (!let_paused_look_again())
            report_deadlock();
    current = pick(runnable);
    if (current != from)
        coroutine_switch(&threads[from].coroutine, &threads[current].coroutine);
}

/* ---- Steps ----------------------------------------------------------------------------------------------------- */

_Noreturn static void finish_thread(void)
{
    bool all_done = true;

    threads[current].status = THREAD_DONE;
    for (int t = 1; t < thread_count; t++)
        all_done = all_done && threads[t].status == THREAD_DONE;
    if (all_done)
        threads[MAIN].status = THREAD_RUNS;
    reschedule();
    abort(); /* nobody resumes a thread that is done */
}

void schedule_before(step_kind kind, unsigned location)
{
    thread *t = &threads[current];

    if (schedule_alone())
        return;
    t->pending = kind;
    t->pending_location = location;
    reschedule();
    if (t->killable && choices_value(2) == 1) {
        story_line(NULL, "is killed here");
        killed++;
        finish_thread();
    }
}

static void resume_if_it_read(int number, unsigned location)
{
    thread *t = &threads[number];

    if (t->status != THREAD_PAUSED || !(t->read_locations >> location & 1u))
        return;
    t->status = THREAD_RUNS;
    t->stale_rounds[location]++; /* as if the store had come just before the pause */
}

void schedule_after(step_kind kind, unsigned location)
{
    thread *me = &threads[current];

    me->knows.current.clock[current]++;
    me->pending = STEP_PRIVATE;
    me->slept_since = -1;
    if (schedule_alone())
        return;
    wake_disturbed(kind, location);
    if (kind != STEP_STORE)
        return;
    for (int t = 0; t < thread_count; t++) {
        resume_if_it_read(t, location);
        threads[t].newest_only = false;
        threads[t].quiet_rounds = 0;
    }
}

void schedule_note_read(unsigned location, uint32_t born)
{
    thread *t = &threads[current];

    if (t->read_born[location] != born)
        t->stale_rounds[location] = 0;
    t->read_locations |= UINT64_C(1) << location;
    t->read_born[location] = born;
}

/* Whether something that the current thread read since its last pause is outdated already; counts such rounds. */
static bool read_stale_values(thread *t)
{
    bool stale = false;

    for (unsigned l = 0; l < MAX_LOCATIONS; l++) {
        const location *where = memory_location(l);

        if (!(t->read_locations >> l & 1u) || where->messages[where->count - 1].born == t->read_born[l])
            continue;
        stale = true;
        t->stale_rounds[l]++;
    }
    return stale;
}

void schedule_pause(void)
{
    thread *t = &threads[current];

    if (schedule_alone())
        model_fail(NULL, "the main thread waits, alone: for ever");
    if (!read_stale_values(t) || BROKEN(BREAK_STALE_PAUSE)) {
        t->status = THREAD_PAUSED;
        t->pending = STEP_PRIVATE;
        reschedule();
    }
    t->read_locations = 0;
}

static void leave_queue(int number)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < sleeper_count; i++)
        if (sleepers[i] != number)
            sleepers[kept++] = sleepers[i];
    sleeper_count = kept;
}

bool schedule_sleep_on(unsigned location, bool timed)
{
    thread *t = &threads[current];

    if (schedule_alone())
        model_fail(NULL, "the main thread sleeps on a futex, alone: for ever");
    t->status = THREAD_SLEEPS;
    t->timed = timed;
    t->pending = STEP_FUTEX_TIMEOUT;
    t->pending_location = location;
    sleepers[sleeper_count++] = current;
    reschedule();
    if (t->status == THREAD_RUNS)
        return true;
    leave_queue(current);
    t->status = THREAD_RUNS;
    return false;
}

unsigned schedule_wake(unsigned location, uint32_t count)
{
    unsigned woken = 0;

    for (unsigned i = 0; i < sleeper_count && woken < count;) {
        thread *t = &threads[sleepers[i]];

        if (t->pending_location != location) {
            i++;
            continue;
        }
        asleep &= ~(1u << sleepers[i]); /* its pending step is another now */
        t->status = THREAD_RUNS;
        t->pending = STEP_PRIVATE;
        leave_queue(sleepers[i]);
        woken++;
    }
    return woken;
}

/* ---- Threads --------------------------------------------------------------------------------------------------- */

static void run_current(void)
{
    thread *t = &threads[current];

    t->body(t->arg);
    if (current == MAIN)
        schedule_end(ENDED_WELL);
    finish_thread();
}

static thread *new_thread(const char *name, void (*body)(void *), void *arg)
{
    thread *t = &threads[thread_count];
    char *stack = t->coroutine.stack;

    memset(t, 0, sizeof *t);
    t->coroutine.stack = stack;
    t->name = name;
    t->body = body;
    t->arg = arg;
    t->slept_since = -1;
    t->knows.current.clock[thread_count] = 1; /* and released stays at 0: nothing that it does was released */
    coroutine_prepare(&t->coroutine, run_current);
    memory_watch_thread(&t->knows);
    thread_count++;
    return t;
}

void schedule_add_thread(const char *name, void (*body)(void *), void *arg, bool killable)
{
    thread *t;

    if (thread_count == MAX_THREADS)
        model_fail(NULL, "more than %d threads: raise MAX_THREADS", MAX_THREADS);
    if (current != MAIN || joined)
        model_fail(NULL, "threads are added by the main thread, before model_join");
    t = new_thread(name, body, arg);
    t->killable = killable;
    memory_join_views(&t->knows.current, &threads[MAIN].knows.current);
    t->knows.released = threads[MAIN].knows.current;
    threads[MAIN].knows.current.clock[MAIN]++;
}

void schedule_join(void)
{
    thread *main_thread = &threads[MAIN];

    if (thread_count > 1) {
        main_thread->status = THREAD_JOINING;
        reschedule();
    }
    for (int t = 1; t < thread_count; t++)
        memory_join_views(&main_thread->knows.current, &threads[t].knows.current);
    joined = true;
}

static void run_test(void *unused)
{
    (void)unused;
    test_to_run();
}

_Noreturn void schedule_end(ending why)
{
    how_it_ended = why;
    coroutine_switch(&threads[current].coroutine, &explorer);
    abort();
}

ending schedule_run(void (*test)(void))
{
    test_to_run = test;
    thread_count = 0;
    current = MAIN;
    steps = 0;
    killed = 0;
    joined = false;
    asleep = 0;
    sleeper_count = 0;
    memory_reset();
    races_reset();
    story_reset();
    new_thread("main", run_test, NULL);
    coroutine_switch(&explorer, &threads[MAIN].coroutine);
    return how_it_ended;
}
