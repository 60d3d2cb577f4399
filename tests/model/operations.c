/*
 * The steps that harnesses and generated headers take (model.h): each waits for its turn, chooses what the memory model
 * leaves open, does it, and tells the story.
 */
#include "broken.h"
#include "choices.h"
#include "explore.h"
#include "memory.h"
#include "races.h"
#include "schedule.h"
#include "story.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const order_names[] = { "relaxed", "acquire", "release", "acq_rel", "seq_cst" };
static const char *const rmw_names[] = { "exchange", "fetch_add", "fetch_sub", "fetch_or", "fetch_and" };

/* ---- Telling --------------------------------------------------------------------------------------------------- */

/* "12 (from producer, step 7; the newest is 13)" */
static const char *told_read(unsigned number, unsigned index)
{
    static char text[160];
    const location *l = memory_location(number);
    const message *m = &l->messages[index];
    const message *newest = &l->messages[l->count - 1];
    int n = snprintf(text, sizeof text, "%s", story_value(m->value, l->bytes));

    if (m->born == 0)
        n += snprintf(text + n, sizeof text - (size_t)n, " (the initial value");
    else
        n += snprintf(text + n, sizeof text - (size_t)n, " (from %s, step %u", schedule_thread_name(m->writer), m->born);
    if (m != newest)
        n += snprintf(text + n, sizeof text - (size_t)n, "; OUTDATED, the newest is %s by %s, step %u",
                      story_value(newest->value, l->bytes), schedule_thread_name(newest->writer), newest->born);
    snprintf(text + n, sizeof text - (size_t)n, ")");
    return text;
}

static const char *name_of(unsigned number)
{
    return story_name(memory_location(number)->address);
}

void model_note(const model_site *site, const char *format, ...)
{
    char text[160];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    schedule_count_step();
    story_line(site, "-- %s", text);
}

void model_name(const volatile void *p, size_t bytes, const char *name)
{
    story_add_name((uintptr_t)p, bytes, name);
}

void model_guard(const volatile void *p, size_t bytes)
{
    races_guard(p, bytes);
}

_Noreturn void model_fail(const model_site *site, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    explore_set_message(site, format, args);
    va_end(args);
    schedule_count_step();
    story_line(site, "FAILS");
    schedule_end(ENDED_FAILED);
}

/* ---- What a load may return ------------------------------------------------------------------------------------ */

static unsigned oldest_readable(const thread *t, unsigned number)
{
    unsigned newest = memory_newest(number);
    unsigned oldest = t->knows.current.seen[number];

    if (t->newest_only || BROKEN(BREAK_STALE_READS))
        return newest;
    /* Stores become visible in the end: a spin loop may not read the same outdated message again and again. */
    if (t->stale_rounds[number] >= explore_stale_rounds() && oldest < newest &&
        memory_location(number)->messages[oldest].born == t->read_born[number])
        oldest++;
    return oldest;
}

/* Whether the message came to be while the step now taken slept. Always, for one that did not. See schedule.h. */
static bool is_news(const thread *t, const message *m)
{
    return (int64_t)m->born > t->slept_since;
}

/* Whether a store that lands right after `index` lands after all that was stored while it slept. */
static bool lands_after_news(const thread *t, unsigned number, unsigned index)
{
    const location *l = memory_location(number);

    if (t->slept_since < 0)
        return true;
    for (unsigned i = index + 1; i < l->count; i++)
        if (is_news(t, &l->messages[i]))
            return false;
    return true;
}

/* None: there is nothing to be done here that was not done when the step went first. */
static unsigned choose_candidate(const uint8_t *candidates, unsigned n)
{
    if (n == 0)
        schedule_end(ENDED_PRUNED);
    return candidates[choices_value(n)];
}

/* Candidates from the newest to the oldest. */
static unsigned choose_message(const thread *t, unsigned number)
{
    const message *messages = memory_location(number)->messages;
    uint8_t candidates[MAX_MESSAGES];
    unsigned oldest = oldest_readable(t, number);
    unsigned n = 0;

    for (unsigned i = memory_newest(number) + 1; i-- > oldest;)
        if (is_news(t, &messages[i]))
            candidates[n++] = (uint8_t)i;
    return choose_candidate(candidates, n);
}

static void read_message(thread *t, unsigned number, unsigned index, model_order order)
{
    schedule_note_read(number, memory_location(number)->messages[index].born);
    memory_read(&t->knows, number, index, order);
}

static void refuse_order(const model_site *site, bool refused, const char *what, model_order order)
{
    if (refused)
        model_fail(site, "a %s cannot be %s here: seq_cst is for fences, see model.h", what, order_names[order]);
}

uint64_t model_load(const model_site *site, const volatile void *p, size_t bytes, model_order order)
{
    unsigned number = memory_locate(site, p, bytes);
    thread *t = schedule_current();
    unsigned index;
    uint64_t value;

    refuse_order(site, order != MODEL_RELAXED && order != MODEL_ACQUIRE, "load", order);
    schedule_before(STEP_LOAD, number);
    index = choose_message(t, number);
    schedule_count_step();
    if (story_is_told())
        story_line(site, "load %s %s -> %s", order_names[order], name_of(number), told_read(number, index));
    value = memory_location(number)->messages[index].value;
    read_message(t, number, index, order);
    schedule_after(STEP_LOAD, number);
    return value;
}

/* ---- Where a store lands --------------------------------------------------------------------------------------- */

static unsigned choose_place(const thread *t, unsigned number)
{
    uint8_t candidates[MAX_MESSAGES];
    unsigned newest = memory_newest(number);
    unsigned n = 0;

    for (unsigned i = newest + 1; i-- > t->knows.current.seen[number];)
        if (memory_has_room_after(number, i) && lands_after_news(t, number, i))
            candidates[n++] = (uint8_t)(i + 1);
    return choose_candidate(candidates, n);
}

static void write_message(thread *t, unsigned number, unsigned index, uint64_t value, model_order order, bool by_rmw)
{
    memory_store store = { number, index, value, order, by_rmw, schedule_current_number(), schedule_steps() };

    memory_write(&t->knows, &store);
}

void model_store(const model_site *site, volatile void *p, size_t bytes, uint64_t value, model_order order)
{
    unsigned number = memory_locate(site, p, bytes);
    thread *t = schedule_current();
    unsigned index;

    refuse_order(site, order != MODEL_RELAXED && order != MODEL_RELEASE, "store", order);
    if (schedule_alone() && memory_newest(number) == 0 && t->knows.current.clock[1] == 0) {
        memory_initialise(number, value); /* setting up: no thread was added yet */
        return;
    }
    schedule_before(STEP_STORE, number);
    index = choose_place(t, number);
    schedule_count_step();
    if (story_is_told())
        story_line(site, "store %s %s = %s%s", order_names[order], name_of(number), story_value(value, (unsigned)bytes),
                   index <= memory_newest(number) ? " (lands BEFORE a store that is there already)" : "");
    write_message(t, number, index, value, order, false);
    schedule_after(STEP_STORE, number);
}

/* ---- Read-modify-write ----------------------------------------------------------------------------------------- */

static uint64_t rmw_result(model_rmw_op op, uint64_t old, uint64_t operand)
{
    switch (op) {
    case MODEL_EXCHANGE:
        return operand;
    case MODEL_ADD:
        return old + operand;
    case MODEL_SUB:
        return old - operand;
    case MODEL_OR:
        return old | operand;
    case MODEL_AND:
        return old & operand;
    }
    return 0;
}

/* What a read-modify-write may read: where its own store has room. A CAS may also fail, on any other value. */
static unsigned choose_for_rmw(const thread *t, unsigned number, const uint64_t *expected)
{
    const message *messages = memory_location(number)->messages;
    uint8_t candidates[MAX_MESSAGES];
    unsigned oldest = oldest_readable(t, number);
    unsigned n = 0;

    for (unsigned i = memory_newest(number) + 1; i-- > oldest;) {
        bool swaps = expected == NULL || messages[i].value == *expected;

        if (swaps && !memory_has_room_after(number, i))
            continue;
        if (is_news(t, &messages[i]) || (swaps && lands_after_news(t, number, i)))
            candidates[n++] = (uint8_t)i;
    }
    return choose_candidate(candidates, n);
}

uint64_t model_rmw(const model_site *site, volatile void *p, size_t bytes, model_rmw_op op, uint64_t operand,
                   model_order order)
{
    unsigned number = memory_locate(site, p, bytes);
    thread *t = schedule_current();
    unsigned index;
    uint64_t old, result;

    refuse_order(site, order == MODEL_SEQ_CST, rmw_names[op], order);
    schedule_before(STEP_STORE, number);
    index = choose_for_rmw(t, number, NULL);
    old = memory_location(number)->messages[index].value;
    result = rmw_result(op, old, operand);
    schedule_count_step();
    if (story_is_told())
        story_line(site, "%s %s %s -> %s; = %s", rmw_names[op], order_names[order], name_of(number),
                   told_read(number, index), story_value(result, (unsigned)bytes));
    read_message(t, number, index, order);
    write_message(t, number, index + 1, result, order, true);
    schedule_after(STEP_STORE, number);
    return old;
}

bool model_cas(const model_site *site, volatile void *p, size_t bytes, uint64_t *expected, uint64_t desired,
               model_order done, model_order failed)
{
    unsigned number = memory_locate(site, p, bytes);
    thread *t = schedule_current();
    unsigned index;
    uint64_t old;
    bool swaps;

    refuse_order(site, done == MODEL_SEQ_CST || failed == MODEL_SEQ_CST, "CAS", MODEL_SEQ_CST);
    refuse_order(site, failed == MODEL_RELEASE || failed == MODEL_ACQ_REL, "CAS that fails", failed);
    schedule_before(STEP_STORE, number);
    index = choose_for_rmw(t, number, expected);
    old = memory_location(number)->messages[index].value;
    swaps = old == *expected;
    schedule_count_step();
    if (story_is_told())
        story_line(site, "CAS %s %s from %s -> %s%s%s", order_names[swaps ? done : failed], name_of(number),
                   story_value(*expected, (unsigned)bytes), told_read(number, index),
                   swaps ? "; = " : ": fails", swaps ? story_value(desired, (unsigned)bytes) : "");
    read_message(t, number, index, swaps || BROKEN(BREAK_CAS_FAILURE) ? done : failed);
    if (swaps)
        write_message(t, number, index + 1, desired, done, true);
    *expected = old;
    schedule_after(swaps ? STEP_STORE : STEP_LOAD, number);
    return swaps;
}

void model_fence(const model_site *site, model_order order)
{
    thread *t = schedule_current();

    if (order == MODEL_SEQ_CST)
        schedule_before(STEP_FENCE, 0);
    schedule_count_step();
    story_line(site, "fence %s", order_names[order]);
    memory_fence(&t->knows, order);
    if (order == MODEL_SEQ_CST)
        schedule_after(STEP_FENCE, 0);
    else
        t->knows.current.clock[schedule_current_number()]++; /* what comes later was not released */
}

void model_membarrier(const model_site *site)
{
    thread *t = schedule_current();

    schedule_before(STEP_MEMBARRIER, 0);
    schedule_count_step();
    story_line(site, "membarrier: a fence on every thread");
    memory_fence(&t->knows, MODEL_SEQ_CST);
    memory_barrier_for_all(schedule_current_number());
    memory_fence(&t->knows, MODEL_SEQ_CST);
    schedule_after(STEP_MEMBARRIER, 0);
}

/* ---- Words of a slot, plain memory ----------------------------------------------------------------------------- */

void model_word_store(const model_site *site, void *slot, const void *message, size_t bytes)
{
    uint64_t word = 0;

    memcpy(&word, message, bytes); /* little-endian hosts only, as x86_64 is; asserted in explore.c */
    model_store(site, slot, bytes, word, MODEL_RELAXED);
}

void model_word_load(const model_site *site, void *message, const void *slot, size_t bytes)
{
    uint64_t word = model_load(site, slot, bytes, MODEL_RELAXED);

    memcpy(message, &word, bytes);
}

static void plain_access(const model_site *site, const void *p, size_t bytes, bool writes)
{
    const thread *t = schedule_current();

    schedule_count_step();
    if (story_is_told())
        story_line(site, "%s %s, %zu bytes", writes ? "plain write" : "plain read", story_name((uintptr_t)p), bytes);
    races_access(site, schedule_current_number(), &t->knows.current, p, bytes, writes, schedule_steps());
}

void model_plain_read(const model_site *site, const void *p, size_t bytes)
{
    plain_access(site, p, bytes, false);
}

void model_plain_write(const model_site *site, const void *p, size_t bytes)
{
    plain_access(site, p, bytes, true);
}

/* ---- Waiting --------------------------------------------------------------------------------------------------- */

void model_pause(const model_site *site)
{
    schedule_count_step();
    story_line(site, "pause");
    schedule_pause();
}

uint64_t model_now_ns(void)
{
    return schedule_current()->clock_ns;
}

void model_sleep(const model_site *site, uint64_t ns)
{
    model_pause(site);
    schedule_current()->clock_ns += ns;
}

/*
 * A futex word's queue is guarded by a lock of the kernel: futex_wait compares and goes to sleep under it, futex_wake looks
 * for sleepers under it. So a wait sees whatever was visible to the wakes before it. No more is assumed: the compare may
 * read an outdated value otherwise, and the lock gives no happens-before that a program should lean on.
 */
static view *queue_lock_of(unsigned number)
{
    static view locks[MAX_LOCATIONS];
    static uint8_t known[MAX_LOCATIONS]; /* number + 1 */
    static unsigned count;
    static uint64_t execution;

    if (execution != explore_execution()) {
        execution = explore_execution();
        count = 0;
    }
    for (unsigned i = 0; i < count; i++)
        if (known[i] == number)
            return &locks[i];
    known[count] = (uint8_t)number;
    memset(&locks[count], 0, sizeof locks[0]);
    memory_watch_view(&locks[count]);
    return &locks[count++];
}

static void pass_queue_lock(thread *t, unsigned number)
{
    if (!BROKEN(BREAK_FUTEX_BARRIER))
        memory_barrier(&t->knows, queue_lock_of(number));
}

static bool sleep_until_woken(const model_site *site, unsigned number, uint64_t timeout_ns)
{
    thread *t = schedule_current();

    if (schedule_sleep_on(number, timeout_ns != UINT64_MAX)) {
        schedule_count_step();
        story_line(site, "was woken");
        return true;
    }
    pass_queue_lock(t, number);
    schedule_count_step();
    story_line(site, "futex_wait times out");
    t->clock_ns += timeout_ns;
    schedule_after(STEP_FUTEX_TIMEOUT, number);
    return false;
}

bool model_futex_wait(const model_site *site, uint32_t *word, uint32_t expected, uint64_t timeout_ns)
{
    unsigned number = memory_locate(site, word, sizeof *word);
    thread *t = schedule_current();
    unsigned index;
    bool sleeps;

    schedule_before(STEP_FUTEX_WAIT, number);
    pass_queue_lock(t, number);
    index = choose_message(t, number);
    sleeps = memory_location(number)->messages[index].value == expected;
    schedule_count_step();
    if (story_is_told())
        story_line(site, "futex_wait %s for %s -> %s: %s", name_of(number), story_value(expected, 4),
                   told_read(number, index), sleeps ? "sleeps" : "returns");
    read_message(t, number, index, MODEL_RELAXED);
    schedule_after(STEP_FUTEX_WAIT, number);
    return !sleeps || sleep_until_woken(site, number, timeout_ns);
}

void model_futex_wake(const model_site *site, uint32_t *word, uint32_t count)
{
    unsigned number = memory_locate(site, word, sizeof *word);
    unsigned woken;

    schedule_before(STEP_FUTEX_WAKE, number);
    pass_queue_lock(schedule_current(), number);
    woken = schedule_wake(number, count);
    schedule_count_step();
    if (story_is_told())
        story_line(site, "futex_wake %s: %u woken", name_of(number), woken);
    schedule_after(STEP_FUTEX_WAKE, number);
}

/* ---- A test ---------------------------------------------------------------------------------------------------- */

void model_thread(const char *name, void (*body)(void *), void *arg)
{
    schedule_add_thread(name, body, arg, false);
}

void model_killable_thread(const char *name, void (*body)(void *), void *arg)
{
    schedule_add_thread(name, body, arg, true);
}

void model_join(void)
{
    schedule_join();
}

unsigned model_killed(void)
{
    return schedule_killed();
}

unsigned model_choose(unsigned n)
{
    return choices_value(n);
}
