/*
 * One side interrupting the other, deterministically: every atomic access and every word of a
 * payload is a step, and at chosen steps of one operation whole operations of the other side (or a
 * close) run in between. Two threads meet at such a step once in a million; here it is tried
 * for every step, every recent history and every pair of operations. What only a weakly ordered
 * machine does cannot show here: it is the model checker's.
 *
 * Included by the small test_steps_<policy>.c files, built for capacities 1, 2 and 4.
 */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "ringc.h"

/* ---- Steps: the layer's macros, taken over before any generated header uses them ----------- */

static void step(void);

#define STEP_THEN(value) (step(), (value))
#undef RINGC_LOAD
#define RINGC_LOAD(p, order) STEP_THEN(__atomic_load_n((p), (order)))
#undef RINGC_STORE
#define RINGC_STORE(p, v, order) STEP_THEN(__atomic_store_n((p), (v), (order)))
#undef RINGC_CAS
#define RINGC_CAS(p, expected_p, desired, order_ok, order_fail)                                    \
    STEP_THEN(                                                                                     \
        __atomic_compare_exchange_n((p), (expected_p), (desired), 0, (order_ok), (order_fail)))
#undef RINGC_EXCHANGE
#define RINGC_EXCHANGE(p, v, order) STEP_THEN(__atomic_exchange_n((p), (v), (order)))
#undef RINGC_FETCH_ADD
#define RINGC_FETCH_ADD(p, v, order) STEP_THEN(__atomic_fetch_add((p), (v), (order)))
#undef RINGC_FENCE
#define RINGC_FENCE(order) STEP_THEN(__atomic_thread_fence(order))
#undef RINGC_PLAIN_READ
#define RINGC_PLAIN_READ(p, bytes) STEP_THEN((void)(p))
#undef RINGC_PLAIN_WRITE
#define RINGC_PLAIN_WRITE(p, bytes)       STEP_THEN((void)(p))
#define ringc_word_store64(slot, message) STEP_THEN((ringc_word_store64)((slot), (message)))
#define ringc_word_load64(message, slot)  STEP_THEN((ringc_word_load64)((message), (slot)))
#define ringc_word_store32(slot, message) STEP_THEN((ringc_word_store32)((slot), (message)))
#define ringc_word_load32(message, slot)  STEP_THEN((ringc_word_load32)((message), (slot)))
#define ringc_words_store64               stepped_words_store64
#define ringc_words_load64                stepped_words_load64

RINGC_UNUSED static void stepped_words_store64(void *slot, const void *message, size_t n_words)
{
    for (size_t i = 0; i < n_words; ++i)
        ringc_word_store64((char *)slot + 8 * i, (const char *)message + 8 * i);
}

RINGC_UNUSED static void stepped_words_load64(void *message, const void *slot, size_t n_words)
{
    for (size_t i = 0; i < n_words; ++i)
        ringc_word_load64((char *)message + 8 * i, (const char *)slot + 8 * i);
}

#include "cmocka_support.h"
#include "queue_under_test.h"

/* An operation that may be done in the middle of another one. */
typedef void (*deed)(void);

enum { INTRUSIONS = 2 };

static struct {
    size_t at;
    deed what;
} intrusions[INTRUSIONS];

static size_t steps_taken;
static bool counting; /* steps count, and may be intruded upon */

static void note_inside(void);

static bool push_under_way; /* the interrupted operation is a push */

static void step(void)
{
    if (!counting)
        return;
    counting = false;
    for (size_t i = 0; i < INTRUSIONS; ++i) {
        if (intrusions[i].what != NULL && intrusions[i].at == steps_taken) {
            note_inside();
            intrusions[i].what();
            note_inside();
        }
    }
    ++steps_taken;
    counting = true;
}

/* ---- The queue and what has happened to it ------------------------------------------------ */

static queue the_queue;
static queue *const ch = &the_queue;
static producer p;
static consumer c;

static struct {
    uint64_t next_pushed;
    uint64_t pushed; /* with RINGC_OK */
    uint64_t received;
    uint64_t next_received;
    uint64_t handed_back; /* by push_evict */
    bool closed;
    uint32_t sleeps, wakes;
    size_t least_inside, most_inside; /* while the present operation runs */
} story;

static ringc_seq evicted_so_far(void)
{
#if QUEUE_EVICTS
    return Q(dropped)(ch);
#else
    return 0;
#endif
}

/* How many are inside, by the indices themselves. */
static size_t inside_now(void)
{
    const ringc_seq tail = __atomic_load_n(&ch->tail, __ATOMIC_RELAXED);

    return (size_t)(tail - __atomic_load_n(&ch->head, __ATOMIC_RELAXED));
}

static void note_inside(void)
{
    const size_t inside = inside_now();

    REQUIRE(inside <= CAPACITY);
    if (inside < story.least_inside)
        story.least_inside = inside;
    if (inside > story.most_inside)
        story.most_inside = inside;
}

static void begin_story(void)
{
    counting = false;
    memset(&story, 0, sizeof story);
    memset(intrusions, 0, sizeof intrusions);
    REQUIRE(Q(init_at)(ch, 0, (ringc_seq)(UINT64_MAX - 1)) == RINGC_OK);
    REQUIRE(Q(producer_open)(ch, &p) == RINGC_OK);
    REQUIRE(Q(consumer_open)(ch, &c) == RINGC_OK);
}

static void take(const q_item *item)
{
    REQUIRE(is_whole(item));
    REQUIRE(item->seq >= story.next_received);                 /* else doubled or out of order */
    REQUIRE(QUEUE_EVICTS || item->seq == story.next_received); /* else lost */
    story.next_received = item->seq + 1;
    story.received++;
}

/* ---- What the producer does --------------------------------------------------------------- */

static q_item next_item(void)
{
    return item_of(0, story.next_pushed);
}

static void pushed(size_t n)
{
    story.next_pushed += n;
    story.pushed += n;
}

/* The answer to a push has a reason at some moment of the call. */
static void push_answered(ringc_status status, size_t done)
{
    note_inside();
    pushed(done);
    REQUIRE(status != RINGC_FULL || (!QUEUE_EVICTS && story.most_inside == CAPACITY));
    REQUIRE(status != RINGC_CLOSED || story.closed);
}

static void do_push(void)
{
    const q_item item = next_item();
    const ringc_status status = Q(try_push)(&p, &item);

    push_answered(status, status == RINGC_OK);
}

static void do_push_two(void)
{
    q_item items[2];
    size_t done = 77;
    ringc_status status;

    items_of(items, 2, 0, story.next_pushed);
    status = Q(try_push_n)(&p, items, 2, &done);
    REQUIRE((done == 2) == (status == RINGC_OK));
    push_answered(status, done);
}

#if QUEUE_EVICTS
static void do_push_evict(void)
{
    const q_item item = next_item();
    q_item evicted;
    size_t n = 77;
    const ringc_status status = Q(push_evict)(&p, &item, &evicted, &n);

    REQUIRE(n <= 1 && (n == 0 || is_whole(&evicted)));
    push_answered(status, status == RINGC_OK);
    story.handed_back += n;
}
#else
static void do_reserve_and_commit(void)
{
    size_t got;
    q_item *slots = Q(reserve)(&p, 2, &got);
    ringc_status status;

    if (slots == NULL) {
        REQUIRE(story.closed || story.most_inside == CAPACITY);
        return;
    }
    items_of(slots, got, 0, story.next_pushed);
    status = Q(commit)(&p, got);
    REQUIRE(status == RINGC_OK);
    pushed(got);
}
#endif

/* ---- What the consumer does --------------------------------------------------------------- */

static void pop_answered(ringc_status status)
{
    note_inside();
    REQUIRE(status != RINGC_EMPTY || story.least_inside == 0);
    /* Only a push that the close overlaps may come later than the last answer. */
    REQUIRE(status != RINGC_CLOSED || (story.closed && (push_under_way || inside_now() == 0)));
}

static void do_pop(void)
{
    q_item item;
    const ringc_status status = Q(try_pop)(&c, &item);

    pop_answered(status);
    if (status == RINGC_OK)
        take(&item);
}

static void do_pop_three(void)
{
    q_item items[3];
    size_t done = 77;
    const ringc_status status = Q(try_pop_n)(&c, items, 3, &done);

    REQUIRE(done <= 3 && (done > 0) == (status == RINGC_OK));
    pop_answered(status);
    for (size_t i = 0; i < done; ++i)
        take(&items[i]);
}

static size_t drained, ends;

static void take_drained(void *arg, const q_item *message, bool end_of_batch)
{
    const bool was_counting = counting;

    (void)arg;
    counting = false;
    REQUIRE(ends == 0);
    take(message);
    drained++;
    ends += end_of_batch;
    counting = was_counting;
}

static void do_drain(void)
{
    ringc_status status;

    drained = ends = 0;
    status = Q(drain)(&c, take_drained, NULL);
    REQUIRE((drained > 0) == (status == RINGC_OK));
    REQUIRE(ends == (drained > 0));
    pop_answered(status);
}

#if !QUEUE_EVICTS
static void do_peek_and_release(void)
{
    size_t got;
    const q_item *slots = Q(peek)(&c, &got);

    if (slots == NULL) {
        REQUIRE(story.least_inside == 0);
        return;
    }
    for (size_t i = 0; i < got; ++i)
        take(&slots[i]);
    REQUIRE(Q(release)(&c, got) == RINGC_OK);
}
#endif

/* ---- What anybody does -------------------------------------------------------------------- */

static void do_close(void)
{
    story.closed = true; /* from some moment of the call on */
    Q(close)(ch);
}

/* Mistakes 12 and 16. */
static void do_size(void)
{
    const size_t inside = inside_now();
    const uint64_t before = story.next_pushed;
    const size_t size = Q(size)(ch);
    const size_t more = (size_t)(story.next_pushed - before);

    REQUIRE(size <= CAPACITY);
    REQUIRE(size >= story.least_inside);
    REQUIRE(size <= inside + more);
}

static void do_nothing(void)
{
}

#if QUEUE_EVICTS
static const deed producer_deeds[] = { do_push, do_push_two, do_push_evict };
static const deed consumer_deeds[] = { do_pop, do_pop_three, do_drain };
#else
static const deed producer_deeds[] = { do_push, do_push_two, do_reserve_and_commit };
static const deed consumer_deeds[] = { do_pop, do_pop_three, do_drain, do_peek_and_release };
#endif

static bool is_a_push(deed what)
{
    for (size_t i = 0; i < LENGTH_OF(producer_deeds); ++i)
        if (what == producer_deeds[i])
            return true;
    return false;
}

/* ---- One run ------------------------------------------------------------------------------ */

/*
 * What came before leaves a mark in the handles: what each side knew of the other last. From a
 * fresh queue: `some` pushes, `taken` pops, `more` pushes.
 */
static void live_through(size_t some, size_t taken, size_t more)
{
    begin_story();
    story.most_inside = CAPACITY; /* no questions asked yet */
    for (size_t i = 0; i < some; ++i)
        do_push();
    for (size_t i = 0; i < taken; ++i)
        do_pop();
    for (size_t i = 0; i < more; ++i)
        do_push();
}

static bool is_a_push(deed what);

/* Does `what`, with the chosen intrusions. */
static void interrupted(deed what)
{
    push_under_way = is_a_push(what);
    story.least_inside = story.most_inside = inside_now();
    steps_taken = 0;
    counting = true;
    what();
    counting = false;
    push_under_way = false;
}

/* Every message is accounted for. */
static void end_story(void)
{
    memset(intrusions, 0, sizeof intrusions);
    do_close();
    story.least_inside = 0;
    for (size_t inside = inside_now(); inside > 0; --inside)
        do_pop();
    REQUIRE(inside_now() == 0);
    REQUIRE(story.received + evicted_so_far() == story.pushed);
    Q(producer_close)(&p);
    Q(consumer_close)(&c);
    Q(destroy)(ch);
}

static size_t runs;

/* `outer` from one history, with `first` and `second` at every pair of its steps. */
static void at_every_step(const size_t history[3], deed outer, deed first, deed second)
{
    size_t steps = 1;

    for (size_t at = 0; at < steps; ++at) {
        for (size_t then = second == do_nothing ? steps - 1 : at; then < steps; ++then) {
            live_through(history[0], history[1], history[2]);
            intrusions[0].at = at;
            intrusions[0].what = first;
            intrusions[1].at = then;
            intrusions[1].what = second;
            interrupted(outer);
            if (steps_taken > steps)
                steps = steps_taken;
            end_story();
            ++runs;
        }
    }
}

static const size_t *next_history(size_t history[3])
{
    for (size_t i = 0; i < 3; ++i) {
        if (++history[i] <= CAPACITY + 1)
            return history;
        history[i] = 0;
    }
    return NULL;
}

/* Every outer deed with every pair of inner ones, from every history. */
static void all_pairs(const deed *outer, size_t n_outer, const deed *inner, size_t n_inner)
{
    size_t history[3] = { 0, 0, 0 };

    do {
        for (size_t i = 0; i < n_outer; ++i)
            for (size_t j = 0; j < n_inner; ++j)
                for (size_t k = 0; k < n_inner; ++k)
                    at_every_step(history, outer[i], inner[j], inner[k]);
    } while (next_history(history));
}

static void a_consumer_interrupted_anywhere_by_the_producer_loses_and_doubles_nothing(void **state)
{
    deed inner[LENGTH_OF(producer_deeds) + 1];

    (void)state;
    memcpy(inner, producer_deeds, sizeof producer_deeds);
    inner[LENGTH_OF(producer_deeds)] = do_nothing;
    all_pairs(consumer_deeds, LENGTH_OF(consumer_deeds), inner, LENGTH_OF(inner));
}

/* Mistake 1: the eviction is a claim, and the consumer may claim in the middle of it. */
static void a_producer_interrupted_anywhere_by_the_consumer_loses_and_doubles_nothing(void **state)
{
    deed inner[LENGTH_OF(consumer_deeds) + 1];

    (void)state;
    memcpy(inner, consumer_deeds, sizeof consumer_deeds);
    inner[LENGTH_OF(consumer_deeds)] = do_nothing;
    all_pairs(producer_deeds, LENGTH_OF(producer_deeds), inner, LENGTH_OF(inner));
}

/* Mistake 14: empty, then closed, without a second look. */
static void a_push_and_a_close_in_the_middle_of_a_pop_do_not_lose_the_push(void **state)
{
    size_t history[3] = { 0, 0, 0 };

    (void)state;
    do {
        for (size_t i = 0; i < LENGTH_OF(consumer_deeds); ++i)
            for (size_t j = 0; j < LENGTH_OF(producer_deeds); ++j)
                at_every_step(history, consumer_deeds[i], producer_deeds[j], do_close);
    } while (next_history(history));
}

static void a_close_in_the_middle_of_a_push_leaves_the_message_in_or_out(void **state)
{
    static const deed inner[] = { do_close, do_pop, do_drain };
    size_t history[3] = { 0, 0, 0 };

    (void)state;
    do {
        for (size_t i = 0; i < LENGTH_OF(producer_deeds); ++i)
            for (size_t j = 0; j < LENGTH_OF(inner); ++j) {
                at_every_step(history, producer_deeds[i], do_close, inner[j]);
                at_every_step(history, producer_deeds[i], inner[j], do_close);
            }
    } while (next_history(history));
}

static void size_is_right_whatever_happens_between_its_two_looks(void **state)
{
    static const deed inner[] = { do_push, do_pop, do_push_two, do_pop_three, do_nothing };
    static const deed outer[] = { do_size };

    (void)state;
    all_pairs(outer, 1, inner, LENGTH_OF(inner));
}

/* ---- Sleep: no wake-up is lost ------------------------------------------------------------- */

/*
 * Instead of sleeping. What the sleeper waits for must not be there already: nobody would wake it
 * again. Then it is made to happen, and has to wake the sleeper.
 */
static deed what_it_waits_for;

bool __wrap_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t time_ns, uint32_t flags);
void __wrap_ringc_futex_wake(uint32_t *word, uint32_t count, uint32_t flags);

bool __wrap_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t time_ns, uint32_t flags)
{
    const bool was_counting = counting;
    const uint32_t wakes = story.wakes;

    REQUIRE(time_ns == RINGC_FOREVER && flags == 0 && expected == 1);
    if (__atomic_load_n(word, __ATOMIC_RELAXED) != expected)
        return true;
    REQUIRE(++story.sleeps < 10);
    REQUIRE(!story.closed);
    REQUIRE(inside_now() == (word == &ch->consumer_parked ? 0 : CAPACITY));
    counting = false;
    what_it_waits_for();
    counting = was_counting;
    /* A close wakes each side that may sleep. */
    REQUIRE(story.wakes == wakes + (what_it_waits_for == do_close && PRODUCER_PARKS ? 2 : 1));
    REQUIRE(__atomic_load_n(word, __ATOMIC_RELAXED) == 0);
    return true;
}

void __wrap_ringc_futex_wake(uint32_t *word, uint32_t count, uint32_t flags)
{
    (void)word;
    REQUIRE(flags == 0 && count >= 1);
    story.wakes++;
}

/* A blocking pop, every way; `way_of_pop` says which. */
static size_t way_of_pop;

static void do_wait_for_message(void)
{
    q_item items[2];
    size_t done = 77;
    ringc_status status;

    switch (way_of_pop) {
    case 0:
        status = Q(pop)(&c, items);
        break;
    case 1:
        status = Q(pop_for)(&c, items, RINGC_FOREVER);
        break;
    case 2:
        status = Q(pop_with)(&c, items, ringc_wait_park(0));
        break;
    default:
        status = Q(pop_n)(&c, items, 2, &done);
        REQUIRE((done > 0) == (status == RINGC_OK));
        break;
    }
    REQUIRE(status == RINGC_OK || (status == RINGC_CLOSED && story.closed && inside_now() == 0));
    if (way_of_pop < 3)
        done = status == RINGC_OK;
    for (size_t i = 0; i < done; ++i)
        take(&items[i]);
}

/* Mistakes 4 and 14: announced too late, looked too early, closed without a wake. */
static void a_pop_that_goes_to_sleep_is_always_woken(void **state)
{
    static const deed inner[] = { do_push, do_close, do_nothing };
    static const deed ends_sleep[] = { do_push, do_close };
    static const size_t histories[][3] = { { 0, 0, 0 }, { 1, 1, 0 }, { 1, 0, 0 } };

    (void)state;
    for (way_of_pop = 0; way_of_pop < 4; ++way_of_pop)
        for (size_t h = 0; h < LENGTH_OF(histories); ++h)
            for (size_t i = 0; i < LENGTH_OF(inner); ++i)
                for (size_t j = 0; j < LENGTH_OF(ends_sleep); ++j) {
                    what_it_waits_for = ends_sleep[j];
                    at_every_step(histories[h], do_wait_for_message, inner[i], do_nothing);
                    at_every_step(histories[h], do_wait_for_message, inner[i], do_close);
                }
}

#if QUEUE_BLOCKS

static size_t way_of_push;

static void do_wait_for_room(void)
{
    q_item items[2];
    size_t done = 77;
    ringc_status status;

    items_of(items, 2, 0, story.next_pushed);
    switch (way_of_push) {
    case 0:
        status = Q(push)(&p, items);
        break;
    case 1:
        status = Q(push_for)(&p, items, RINGC_FOREVER);
        break;
    case 2:
        status = Q(push_with)(&p, items, ringc_wait_park(0));
        break;
    default:
        status = Q(push_n)(&p, items, 2, &done);
        REQUIRE((done == 2) == (status == RINGC_OK));
        break;
    }
    REQUIRE(status == RINGC_OK || (status == RINGC_CLOSED && story.closed));
    pushed(way_of_push < 3 ? status == RINGC_OK : done);
}

static void a_push_that_goes_to_sleep_is_always_woken(void **state)
{
    static const deed inner[] = { do_pop, do_drain, do_peek_and_release, do_close, do_nothing };
    static const deed ends_sleep[] = { do_pop, do_close };
    static const size_t histories[][3] = {
        { CAPACITY, 0, 0 },
        { CAPACITY, 1, 1 },
        { CAPACITY - 1, 0, 0 },
    };

    (void)state;
    for (way_of_push = 0; way_of_push < 4; ++way_of_push)
        for (size_t h = 0; h < LENGTH_OF(histories); ++h)
            for (size_t i = 0; i < LENGTH_OF(inner); ++i)
                for (size_t j = 0; j < LENGTH_OF(ends_sleep); ++j) {
                    what_it_waits_for = ends_sleep[j];
                    at_every_step(histories[h], do_wait_for_room, inner[i], do_nothing);
                    at_every_step(histories[h], do_wait_for_room, inner[i], do_close);
                }
}

#endif

/*
 * The other side of it: somebody falls asleep in the middle of what he waits for. The sleeper does
 * what park_for_ does up to the futex, at one step; when the operation is over he is awake again.
 */
static bool asleep;

static void consumer_falls_asleep(void)
{
    if (inside_now() == 0 && !__atomic_load_n(&ch->closed, __ATOMIC_RELAXED)) {
        __atomic_store_n(&ch->consumer_parked, 1u, __ATOMIC_RELAXED);
        asleep = true;
    }
}

#if QUEUE_BLOCKS
static void producer_falls_asleep(void)
{
    if (inside_now() == CAPACITY && !__atomic_load_n(&ch->closed, __ATOMIC_RELAXED)) {
        __atomic_store_n(&ch->producer_parked, 1u, __ATOMIC_RELAXED);
        asleep = true;
    }
}
#endif

/* `what`, with somebody falling asleep at each of its steps in turn. */
static void is_woken_by(deed what, deed falls_asleep, const uint32_t *parked, bool from_full)
{
    size_t steps = 1;

    for (size_t at = 0; at < steps; ++at) {
        live_through(from_full ? CAPACITY : 0, 0, 0);
        intrusions[0].at = at;
        intrusions[0].what = falls_asleep;
        asleep = false;
        interrupted(what);
        REQUIRE(!asleep || (story.wakes > 0 && *parked == 0));
        steps = steps_taken;
        end_story();
        ++runs;
    }
}

static void whoever_falls_asleep_in_the_middle_of_what_he_waits_for_is_woken(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(producer_deeds); ++i)
        is_woken_by(producer_deeds[i], consumer_falls_asleep, &ch->consumer_parked, false);
    is_woken_by(do_close, consumer_falls_asleep, &ch->consumer_parked, false);
#if QUEUE_BLOCKS
    for (size_t i = 0; i < LENGTH_OF(consumer_deeds); ++i)
        is_woken_by(consumer_deeds[i], producer_falls_asleep, &ch->producer_parked, true);
    is_woken_by(do_close, producer_falls_asleep, &ch->producer_parked, true);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_consumer_interrupted_anywhere_by_the_producer_loses_and_doubles_nothing),
        cmocka_unit_test(a_producer_interrupted_anywhere_by_the_consumer_loses_and_doubles_nothing),
        cmocka_unit_test(a_push_and_a_close_in_the_middle_of_a_pop_do_not_lose_the_push),
        cmocka_unit_test(a_close_in_the_middle_of_a_push_leaves_the_message_in_or_out),
        cmocka_unit_test(size_is_right_whatever_happens_between_its_two_looks),
        cmocka_unit_test(a_pop_that_goes_to_sleep_is_always_woken),
        cmocka_unit_test(whoever_falls_asleep_in_the_middle_of_what_he_waits_for_is_woken),
#if QUEUE_BLOCKS
        cmocka_unit_test(a_push_that_goes_to_sleep_is_always_woken),
#endif
    };
    int failed;

    begin(QUEUE_NAME " step by step");
    failed = cmocka_run_group_tests_name(QUEUE_NAME " step by step", tests, NULL, NULL);
    printf("%zu runs\n", runs);
    return failed != 0;
}
