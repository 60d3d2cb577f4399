/*
 * The behaviour of one queue, whatever its policy and wait strategy: included by the small
 * test_queue_<policy>.c files, built once for each variant.
 *
 * `quick` tests use one thread, and run from each of the first sequences; the others run once.
 */
#include "cmocka_support.h"
#include "queue_under_test.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

/* ---- The futex, seen and disturbed (the linker redirects it: --wrap) ----------------------- */

static uint32_t futex_waits;
static uint32_t futex_wakes;
static uint32_t futex_flags; /* of the last wait */

bool __real_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t time_ns, uint32_t flags);
void __real_ringc_futex_wake(uint32_t *word, uint32_t count, uint32_t flags);
bool __wrap_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t time_ns, uint32_t flags);
void __wrap_ringc_futex_wake(uint32_t *word, uint32_t count, uint32_t flags);

bool __wrap_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t time_ns, uint32_t flags)
{
    __atomic_store_n(&futex_flags, flags, __ATOMIC_RELAXED);
    __atomic_fetch_add(&futex_waits, 1, __ATOMIC_RELAXED);
    return __real_ringc_futex_wait(word, expected, time_ns, flags);
}

void __wrap_ringc_futex_wake(uint32_t *word, uint32_t count, uint32_t flags)
{
    __atomic_fetch_add(&futex_wakes, 1, __ATOMIC_RELAXED);
    __real_ringc_futex_wake(word, count, flags);
}

/* ---- The queue under test ----------------------------------------------------------------- */

static queue the_queue; /* static memory: its type brings the alignment */
static queue *const ch = &the_queue;
static producer p;
static consumer c;
static ringc_seq first_sequence;
static uint32_t init_flags; /* 0: membarrier(2) where there is one; RINGC_SHARED: fences */
static size_t released;     /* by the queue, of messages that have an owner */
static size_t handed_back;  /* by push_evict */

#if QUEUE_OWNS
void test_release(q_owned *message)
{
    REQUIRE(is_intact(message));
    __atomic_fetch_add(&released, 1, __ATOMIC_RELAXED);
}
#endif

static int an_open_queue(void **state)
{
    (void)state;
    memset(&the_queue, 0xa5, sizeof the_queue); /* init may not count on zeroed memory */
    assert_status(Q(init_at)(ch, init_flags, first_sequence), RINGC_OK);
    assert_status(Q(producer_open)(ch, &p), RINGC_OK);
    assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
    futex_waits = 0;
    futex_wakes = 0;
    return 0;
}

/* What the queue still holds and what it evicted, but for what it handed back, is released once. */
static int the_end(void **state)
{
    size_t discarded = Q(size)(ch);

    (void)state;
#if QUEUE_EVICTS
    discarded += (size_t)Q(dropped)(ch) - handed_back;
#endif
    if (p.channel != NULL)
        Q(producer_close)(&p);
    if (c.channel != NULL)
        Q(consumer_close)(&c);
    Q(destroy)(ch);
    assert_int_equal(released, QUEUE_OWNS ? discarded : 0);
    released = 0;
    handed_back = 0;
    return 0;
}

/* ---- Messages ----------------------------------------------------------------------------- */

#define assert_message(message, number) assert_message_((message), (number), __FILE__, __LINE__)

static void assert_message_(const MESSAGE *message, uint64_t number, const char *file, int line)
{
    if (is_intact(message) && number_of(message) == number)
        return;
    print_error("message %" PRIu64 "%s instead of %" PRIu64 "\n", number_of(message),
                is_intact(message) ? "" : " (torn)", number);
    _fail(file, line);
}

static ringc_status push_number(uint64_t number)
{
    const MESSAGE item = message_of(number);

    return Q(try_push)(&p, &item);
}

static void push_numbers(uint64_t from, size_t n)
{
    for (size_t i = 0; i < n; ++i)
        assert_status(push_number(from + i), RINGC_OK);
}

static void pop_numbers(uint64_t from, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        MESSAGE item;

        assert_status(Q(try_pop)(&c, &item), RINGC_OK);
        assert_message(&item, from + i);
    }
}

static void assert_inside(size_t n)
{
    assert_int_equal(Q(size)(ch), n);
    assert_int_equal(Q(is_empty)(ch), n == 0);
    for (size_t want = 0; want <= CAPACITY + 1; ++want)
        assert_int_equal(Q(has_capacity)(ch, want), want <= CAPACITY - n);
    assert_false(Q(has_capacity)(ch, SIZE_MAX));
}

/* Every way to ask for one message, in turn; the last number that is one. */
enum { POPS = 5 };

static ringc_status pop_by(consumer *by, size_t way, MESSAGE *item, uint64_t timeout_ns)
{
    size_t done = 7;
    ringc_status status;

    switch (way) {
    case 0:
        return Q(pop)(by, item);
    case 1:
        return Q(pop_for)(by, item, timeout_ns);
    case 2:
        return Q(pop_with)(by, item, ringc_wait_adaptive(2, 2, 5));
    case 3:
        return Q(pop_with)(by, item,
                           CONSUMER_PARKS ? ringc_wait_park(0) : ringc_wait_spin_yield(1));
    default:
        status = Q(pop_n)(by, item, 1, &done);
        REQUIRE(done == (status == RINGC_OK));
        return status;
    }
}

/* ---- State -------------------------------------------------------------------------------- */

static void a_new_queue_is_empty_open_and_as_large_as_the_schema_says(void **state)
{
    (void)state;
    assert_false(Q(is_closed)(ch));
    assert_int_equal(Q(capacity)(ch), CAPACITY);
    assert_inside(0);
}

static void size_follows_every_push_and_every_pop(void **state)
{
    (void)state;
    for (size_t lap = 0; lap < 3; ++lap) {
        for (size_t n = 0; n < CAPACITY; ++n) {
            assert_inside(n);
            assert_status(push_number(n), RINGC_OK);
        }
        for (size_t n = CAPACITY; n > 0; --n) {
            assert_inside(n);
            pop_numbers(CAPACITY - n, 1);
        }
        assert_inside(0);
    }
}

static void init_refuses_misaligned_memory_and_unknown_flags_and_writes_nothing(void **state)
{
    static RINGC_ALIGNAS(256) unsigned char memory[sizeof(queue) + 256];
    static const uint32_t unknown[] = { 2, 3, UINT32_C(1) << 31, UINT32_MAX };

    (void)state;
    memset(memory, 0x5a, sizeof memory);
    for (size_t shift = 1; shift < RINGC_ALIGNOF(queue); shift *= 2) {
        assert_status(Q(init)((queue *)(void *)(memory + shift), 0), RINGC_INVALID);
        assert_status(Q(init_at)((queue *)(void *)(memory + shift), RINGC_SHARED, 9),
                      RINGC_INVALID);
    }
    for (size_t i = 0; i < LENGTH_OF(unknown); ++i)
        assert_status(Q(init)((queue *)(void *)memory, unknown[i]), RINGC_INVALID);
    for (size_t i = 0; i < sizeof memory; ++i)
        assert_int_equal(memory[i], 0x5a);
    assert_status(Q(init)((queue *)(void *)memory, RINGC_SHARED), RINGC_OK);
}

static void a_queue_can_be_made_anew_in_the_same_memory(void **state)
{
    (void)state;
    push_numbers(0, CAPACITY);
    Q(close)(ch);
    the_end(NULL);
    assert_status(Q(init_at)(ch, init_flags, first_sequence + 3), RINGC_OK);
    assert_status(Q(producer_open)(ch, &p), RINGC_OK);
    assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
    assert_false(Q(is_closed)(ch));
    assert_inside(0);
    push_numbers(50, CAPACITY);
    pop_numbers(50, CAPACITY);
}

/* ---- Handles ------------------------------------------------------------------------------ */

static void a_second_producer_is_refused_while_one_is_open_and_leaves_no_trace(void **state)
{
    producer second, untouched;
    queue before;

    (void)state;
    push_numbers(0, 1);
    memset(&second, 0x77, sizeof second);
    memcpy(&untouched, &second, sizeof second);
    memcpy(&before, ch, sizeof before);
    for (int i = 0; i < 3; ++i)
        assert_status(Q(producer_open)(ch, &second), RINGC_LIMIT);
    assert_memory_equal(&second, &untouched, sizeof second);
    assert_memory_equal(ch, &before, sizeof before);
    Q(producer_close)(&p);
    assert_status(Q(producer_open)(ch, &second), RINGC_OK);
    assert_status(Q(producer_open)(ch, &p), RINGC_LIMIT);
    Q(producer_close)(&second);
    assert_status(Q(producer_open)(ch, &p), RINGC_OK);
}

static void a_second_consumer_is_refused_while_one_is_open_and_leaves_no_trace(void **state)
{
    consumer second, untouched;
    queue before;

    (void)state;
    push_numbers(0, 1);
    memset(&second, 0x77, sizeof second);
    memcpy(&untouched, &second, sizeof second);
    memcpy(&before, ch, sizeof before);
    for (int i = 0; i < 3; ++i)
        assert_status(Q(consumer_open)(ch, &second), RINGC_LIMIT);
    assert_memory_equal(&second, &untouched, sizeof second);
    assert_memory_equal(ch, &before, sizeof before);
    Q(consumer_close)(&c);
    assert_status(Q(consumer_open)(ch, &second), RINGC_OK);
    assert_status(Q(consumer_open)(ch, &c), RINGC_LIMIT);
    Q(consumer_close)(&second);
    assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
}

static void handles_that_are_reopened_go_on_where_the_last_ones_stopped(void **state)
{
    (void)state;
    for (uint64_t number = 0; number < 3 * CAPACITY; ++number) {
        assert_status(push_number(number), RINGC_OK);
        Q(producer_close)(&p);
        assert_status(Q(producer_open)(ch, &p), RINGC_OK);
        assert_false(Q(is_closed)(ch));
        Q(consumer_close)(&c);
        assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
        pop_numbers(number, 1);
    }
    push_numbers(100, CAPACITY);
    Q(producer_close)(&p);
    assert_status(Q(producer_open)(ch, &p), RINGC_OK);
    Q(consumer_close)(&c);
    assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
    pop_numbers(100, CAPACITY);
}

/* ---- One message at a time ---------------------------------------------------------------- */

static void messages_come_out_in_the_order_they_went_in(void **state)
{
    uint64_t number = 0;

    (void)state;
    for (size_t inside = 1; inside <= CAPACITY; ++inside) {
        for (size_t turn = 0; turn < 2 * CAPACITY + 3; ++turn) {
            push_numbers(number, inside);
            pop_numbers(number, inside);
            number += inside;
        }
    }
}

static void an_empty_queue_gives_nothing_to_any_verb_that_does_not_wait(void **state)
{
    MESSAGE items[2];
    size_t done = 7;

    (void)state;
    for (int round = 0; round < 2; ++round) {
        assert_status(Q(try_pop)(&c, items), RINGC_EMPTY);
        assert_status(Q(try_pop_n)(&c, items, 2, &done), RINGC_EMPTY);
        assert_int_equal(done, 0);
        assert_status(Q(pop_for)(&c, items, 0), RINGC_TIMEOUT);
        assert_status(Q(drain)(&c, NULL, NULL), RINGC_EMPTY);
        assert_status(Q(drain_n)(&c, 1, NULL, NULL), RINGC_EMPTY);
#if !QUEUE_EVICTS
        done = 7;
        assert_null(Q(peek)(&c, &done));
        assert_int_equal(done, 0);
        assert_status(Q(release)(&c, 1), RINGC_INVALID);
        assert_status(Q(release)(&c, 0), RINGC_OK);
#endif
        assert_inside(0);
        push_numbers(0, 1);
        pop_numbers(0, 1);
    }
}

static void every_pop_takes_what_is_there_without_waiting(void **state)
{
    (void)state;
    for (size_t way = 0; way < POPS; ++way) {
        MESSAGE item;

        push_numbers(way, 1);
        assert_status(pop_by(&c, way, &item, 0), RINGC_OK);
        assert_message(&item, way);
    }
    for (size_t i = 0; i < LENGTH_OF(strategies); ++i) {
        MESSAGE item;

        push_numbers(i, 1);
        if (consumer_may(strategies[i])) {
            assert_status(Q(pop_with)(&c, &item, strategies[i]), RINGC_OK);
            assert_message(&item, i);
        } else {
            assert_status(Q(pop_with)(&c, &item, strategies[i]), RINGC_INVALID);
            pop_numbers(i, 1);
        }
    }
    assert_int_equal(futex_waits, 0);
}

static void every_push_goes_in_without_waiting_while_there_is_room(void **state)
{
    const MESSAGE item = message_of(5);
    size_t done = 7;

    (void)state;
    assert_status(Q(try_push)(&p, &item), RINGC_OK);
    pop_numbers(5, 1);
    assert_status(Q(push)(&p, &item), RINGC_OK);
    pop_numbers(5, 1);
    assert_status(Q(try_push_n)(&p, &item, 1, &done), RINGC_OK);
    assert_int_equal(done, 1);
    pop_numbers(5, 1);
    done = 7;
    assert_status(Q(push_n)(&p, &item, 1, &done), RINGC_OK);
    assert_int_equal(done, 1);
    pop_numbers(5, 1);
#if QUEUE_BLOCKS
    assert_status(Q(push_for)(&p, &item, 0), RINGC_OK);
    pop_numbers(5, 1);
    assert_status(Q(push_for)(&p, &item, RINGC_FOREVER), RINGC_OK);
    pop_numbers(5, 1);
    for (size_t i = 0; i < LENGTH_OF(strategies); ++i) {
        if (producer_may(strategies[i])) {
            assert_status(Q(push_with)(&p, &item, strategies[i]), RINGC_OK);
            pop_numbers(5, 1);
        } else {
            assert_status(Q(push_with)(&p, &item, strategies[i]), RINGC_INVALID);
            assert_inside(0);
        }
    }
#endif
#if QUEUE_EVICTS
    {
        MESSAGE evicted;

        done = 7;
        assert_status(Q(push_evict)(&p, &item, &evicted, &done), RINGC_OK);
        assert_int_equal(done, 0);
        pop_numbers(5, 1);
    }
#endif
    assert_int_equal(futex_waits, 0);
}

#if QUEUE_EVICTS

static void a_full_queue_evicts_its_oldest_message_and_counts_it(void **state)
{
    const size_t more = 2 * CAPACITY + 1;
    MESSAGE item;

    (void)state;
    push_numbers(0, CAPACITY);
    assert_true(Q(dropped)(ch) == 0);
    for (size_t i = 0; i < more; ++i) {
        assert_status(push_number(CAPACITY + i), RINGC_OK);
        assert_true(Q(dropped)(ch) == i + 1);
        assert_inside(CAPACITY);
    }
    pop_numbers(more, CAPACITY);
    assert_status(Q(try_pop)(&c, &item), RINGC_EMPTY);
    assert_true(Q(dropped)(ch) == more);
}

static void push_evict_hands_back_the_message_that_it_evicted(void **state)
{
    (void)state;
    for (uint64_t number = 0; number < 3 * CAPACITY; ++number) {
        const MESSAGE item = message_of(number);
        MESSAGE evicted;
        size_t n = 7;

        assert_status(Q(push_evict)(&p, &item, &evicted, &n), RINGC_OK);
        assert_int_equal(n, number >= CAPACITY);
        if (n > 0)
            assert_message(&evicted, number - CAPACITY);
        handed_back += n;
    }
    assert_true(Q(dropped)(ch) == 2 * CAPACITY);
    pop_numbers(2 * CAPACITY, CAPACITY);
}

static void a_consumer_that_lags_by_any_number_gets_the_newest_in_order(void **state)
{
    uint64_t number = 0;
    ringc_seq lost = 0;

    (void)state;
    for (size_t sent = 1; sent < 4 * CAPACITY; ++sent) {
        const size_t kept = sent < CAPACITY ? sent : CAPACITY;

        push_numbers(number, sent);
        number += sent;
        pop_numbers(number - kept, kept);
        lost += (ringc_seq)(sent - kept);
        assert_true(Q(dropped)(ch) == lost);
        assert_inside(0);
    }
}

static void a_batch_larger_than_the_queue_leaves_its_newest_messages(void **state)
{
    MESSAGE items[3 * CAPACITY + 1];
    size_t done = 7;

    (void)state;
    messages_of(items, LENGTH_OF(items), 0);
    assert_status(Q(push_n)(&p, items, LENGTH_OF(items), &done), RINGC_OK);
    assert_int_equal(done, LENGTH_OF(items));
    assert_true(Q(dropped)(ch) == LENGTH_OF(items) - CAPACITY);
    pop_numbers(LENGTH_OF(items) - CAPACITY, CAPACITY);
}

#else

static void a_full_queue_takes_nothing_and_keeps_what_it_has(void **state)
{
    const MESSAGE item = message_of(99);
    size_t done = 7;

    (void)state;
    for (uint64_t number = 0; number < 2 * CAPACITY; ++number) {
        push_numbers(number, CAPACITY);
        assert_status(Q(try_push)(&p, &item), RINGC_FULL);
        assert_status(Q(try_push_n)(&p, &item, 1, &done), RINGC_FULL);
        assert_int_equal(done, 0);
        done = 7;
        assert_null(Q(reserve)(&p, 1, &done));
        assert_int_equal(done, 0);
#if QUEUE_BLOCKS
        assert_status(Q(push_for)(&p, &item, 0), RINGC_TIMEOUT);
#else
        assert_status(Q(push)(&p, &item), RINGC_FULL);
        done = 7;
        assert_status(Q(push_n)(&p, &item, 1, &done), RINGC_FULL);
        assert_int_equal(done, 0);
#endif
        assert_inside(CAPACITY);
        pop_numbers(number, CAPACITY);
        push_numbers(0, 1);
        pop_numbers(0, 1);
    }
}

static void one_release_frees_one_slot_at_once(void **state)
{
    (void)state;
    push_numbers(0, CAPACITY);
    for (uint64_t number = 0; number < 3 * CAPACITY; ++number) {
        assert_status(push_number(0), RINGC_FULL);
        pop_numbers(number, 1);
        assert_status(push_number(CAPACITY + number), RINGC_OK);
    }
}

#endif

/* ---- Batches ------------------------------------------------------------------------------ */

static void a_batch_of_none_succeeds_and_does_nothing(void **state)
{
    MESSAGE item = message_of(1);
    size_t done = 7;

    (void)state;
    for (int closed = 0; closed < 2; ++closed) {
        assert_status(Q(try_push_n)(&p, &item, 0, &done), RINGC_OK);
        assert_int_equal(done, 0);
        done = 7;
        assert_status(Q(push_n)(&p, &item, 0, &done), RINGC_OK);
        assert_int_equal(done, 0);
        done = 7;
        assert_status(Q(try_pop_n)(&c, &item, 0, &done), RINGC_OK);
        assert_int_equal(done, 0);
        done = 7;
        assert_status(Q(pop_n)(&c, &item, 0, &done), RINGC_OK);
        assert_int_equal(done, 0);
        assert_status(Q(drain_n)(&c, 0, NULL, NULL), RINGC_OK);
        assert_inside(0);
        Q(close)(ch);
    }
}

/* Mistake 2: the end of the batch first. */
static void a_batch_keeps_its_order_wherever_it_wraps(void **state)
{
    MESSAGE in[CAPACITY], out[CAPACITY];
    uint64_t number = 0;

    (void)state;
    for (size_t turn = 0; turn < 2 * CAPACITY; ++turn) {
        for (size_t n = 1; n <= CAPACITY; ++n) {
            size_t done = 7;

            messages_of(in, n, number);
            assert_status(turn % 2 ? Q(push_n)(&p, in, n, &done) : Q(try_push_n)(&p, in, n, &done),
                          RINGC_OK);
            assert_int_equal(done, n);
            assert_inside(n);
            memset(out, 0, sizeof out);
            done = 7;
            assert_status(turn % 3 ? Q(pop_n)(&c, out, n, &done) : Q(try_pop_n)(&c, out, n, &done),
                          RINGC_OK);
            assert_int_equal(done, n);
            for (size_t i = 0; i < n; ++i)
                assert_message(&out[i], number + i);
            assert_inside(0);
            number += n;
        }
        push_numbers(number, 1); /* another place to start from */
        pop_numbers(number, 1);
        ++number;
    }
}

static void a_batch_pop_takes_no_more_than_there_is_and_no_more_than_asked(void **state)
{
    MESSAGE out[CAPACITY + 3];
    size_t done = 7;

    (void)state;
    for (size_t inside = 1; inside <= CAPACITY; ++inside) {
        push_numbers(0, inside);
        memset(out, 0x11, sizeof out);
        assert_status(Q(try_pop_n)(&c, out, CAPACITY + 3, &done), RINGC_OK);
        assert_int_equal(done, inside);
        for (size_t i = 0; i < inside; ++i)
            assert_message(&out[i], i);
        assert_true(number_of(&out[inside]) == UINT64_C(0x1111111111111111));

        push_numbers(0, inside);
        assert_status(Q(pop_n)(&c, out, inside - 1, &done), RINGC_OK);
        assert_int_equal(done, inside - 1);
        pop_numbers(inside - 1, 1);
    }
}

#if !QUEUE_EVICTS

static void a_batch_that_does_not_fit_goes_in_as_far_as_it_does(void **state)
{
    MESSAGE in[CAPACITY + 3];

    (void)state;
    messages_of(in, LENGTH_OF(in), 40);
    for (size_t inside = 0; inside <= CAPACITY; ++inside) {
        size_t done = 77;

        push_numbers(40 - inside, inside);
        assert_status(Q(try_push_n)(&p, in, CAPACITY + 3, &done), RINGC_FULL);
        assert_int_equal(done, CAPACITY - inside);
        assert_inside(CAPACITY);
        pop_numbers(40 - inside, CAPACITY);
    }
}

/* ---- In place ----------------------------------------------------------------------------- */

/* Fills `n` slots of a reservation. */
static void fill(MESSAGE *slots, size_t n, uint64_t number)
{
    for (size_t i = 0; i < n; ++i)
        slots[i] = message_of(number + i);
}

/* Moves both sides to slot `index` of the ring. */
static void go_to_slot(size_t index)
{
    while ((p.position & (CAPACITY - 1)) != index) {
        push_numbers(0, 1);
        pop_numbers(0, 1);
    }
}

static void a_reservation_is_contiguous_and_no_larger_than_wanted_or_free(void **state)
{
    (void)state;
    for (size_t index = 0; index < CAPACITY; ++index) {
        for (size_t inside = 0; inside <= CAPACITY; ++inside) {
            for (size_t want = 0; want <= CAPACITY + 2; ++want) {
                const size_t at = (index + inside) & (CAPACITY - 1);
                size_t expected = want, got = 77;
                MESSAGE *slots;

                go_to_slot(index);
                push_numbers(0, inside);
                slots = Q(reserve)(&p, want, &got);
                if (expected > CAPACITY - inside)
                    expected = CAPACITY - inside;
                if (expected > CAPACITY - at)
                    expected = CAPACITY - at;
                assert_int_equal(got, expected);
                assert_ptr_equal(slots, expected > 0 ? &ch->slots[at] : NULL);
                assert_inside(inside); /* nothing shows before commit */
                fill(slots, got, inside);
                assert_status(Q(commit)(&p, got), RINGC_OK);
                assert_inside(inside + got);
                pop_numbers(0, inside + got);
            }
        }
    }
}

static void less_than_reserved_may_be_committed_and_more_is_refused(void **state)
{
    (void)state;
    for (size_t n = 0; n <= CAPACITY; ++n) {
        size_t got;
        MESSAGE *slots;

        go_to_slot(0);
        slots = Q(reserve)(&p, CAPACITY, &got);
        assert_int_equal(got, CAPACITY);
        fill(slots, got, 0);
        assert_status(Q(commit)(&p, CAPACITY + 1), RINGC_INVALID);
        assert_status(Q(commit)(&p, SIZE_MAX), RINGC_INVALID);
        assert_inside(0);
        assert_status(Q(commit)(&p, n), RINGC_OK); /* the refusal left the reservation as it was */
        assert_inside(n);
        assert_status(Q(commit)(&p, 1), RINGC_INVALID); /* and the commit ended it */
        assert_status(Q(commit)(&p, 0), RINGC_OK);
        pop_numbers(0, n);
        assert_inside(0);
    }
}

static void without_a_reservation_nothing_can_be_committed(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * CAPACITY; ++i) {
        assert_status(Q(commit)(&p, 1), RINGC_INVALID);
        assert_status(Q(commit)(&p, CAPACITY), RINGC_INVALID);
        push_numbers(i, 1);
        assert_status(Q(commit)(&p, 1), RINGC_INVALID);
        pop_numbers(i, 1);
    }
}

static void an_aborted_reservation_leaves_nothing_behind(void **state)
{
    size_t got;

    (void)state;
    for (size_t i = 0; i < 2 * CAPACITY; ++i) {
        MESSAGE *slots = Q(reserve)(&p, CAPACITY, &got);

        fill(slots, got, 1000);
        Q(abort)(&p);
        assert_inside(0);
        assert_status(Q(commit)(&p, 1), RINGC_INVALID);
        Q(abort)(&p);
        push_numbers(i, 1);
        pop_numbers(i, 1);
    }
}

static void a_push_between_reserve_and_commit_takes_the_first_reserved_slot(void **state)
{
    size_t got;
    MESSAGE *slots;

    (void)state;
    go_to_slot(0);
    slots = Q(reserve)(&p, CAPACITY, &got);
    fill(slots, got, 0);
    push_numbers(100, 1);
    assert_inside(1);
    assert_status(Q(commit)(&p, CAPACITY), RINGC_INVALID); /* one less is left */
    assert_status(Q(commit)(&p, CAPACITY - 1), RINGC_OK);
    assert_inside(CAPACITY);
    pop_numbers(100, 1);
    pop_numbers(1, CAPACITY - 1);

    /* A batch takes its slots from the reservation too, and leaves the rest of it. */
    if (CAPACITY >= 4) {
        const MESSAGE batch[2] = { message_of(300), message_of(301) };
        size_t done;

        go_to_slot(0);
        slots = Q(reserve)(&p, CAPACITY, &got);
        fill(slots, got, 0);
        assert_status(Q(try_push_n)(&p, batch, 2, &done), RINGC_OK);
        assert_status(Q(commit)(&p, CAPACITY - 1), RINGC_INVALID);
        assert_status(Q(commit)(&p, CAPACITY - 2), RINGC_OK);
        pop_numbers(300, 2);
        pop_numbers(2, CAPACITY - 2);
    }

    /* Pushes past the whole reservation leave nothing of it. */
    slots = Q(reserve)(&p, 1, &got);
    assert_int_equal(got, 1);
    push_numbers(200, CAPACITY);
    assert_status(Q(commit)(&p, 1), RINGC_INVALID);
    assert_inside(CAPACITY);
    pop_numbers(200, CAPACITY);
}

static void a_closed_queue_lends_no_slots(void **state)
{
    size_t got = 7;

    (void)state;
    Q(close)(ch);
    assert_null(Q(reserve)(&p, 1, &got));
    assert_int_equal(got, 0);
}

static void peek_shows_what_is_contiguous_and_release_frees_it(void **state)
{
    (void)state;
    for (size_t index = 0; index < CAPACITY; ++index) {
        for (size_t inside = 1; inside <= CAPACITY; ++inside) {
            size_t left = inside, got = 77;

            go_to_slot(index);
            push_numbers(0, inside);
            while (left > 0) {
                const size_t at = (index + inside - left) & (CAPACITY - 1);
                const MESSAGE *slots = Q(peek)(&c, &got);

                assert_ptr_equal(slots, &ch->slots[at]);
                assert_int_equal(got, left < CAPACITY - at ? left : CAPACITY - at);
                for (size_t i = 0; i < got; ++i)
                    assert_message(&slots[i], inside - left + i);
                assert_inside(left); /* looking takes nothing */
                assert_status(Q(release)(&c, left + 1), RINGC_INVALID);
                assert_status(Q(release)(&c, SIZE_MAX), RINGC_INVALID);
                assert_inside(left);
                assert_status(Q(release)(&c, 1), RINGC_OK);
                assert_inside(left - 1);
                assert_status(Q(release)(&c, got - 1), RINGC_OK);
                left -= got;
                assert_inside(left);
            }
            assert_null(Q(peek)(&c, &got));
            assert_int_equal(got, 0);
            assert_status(Q(release)(&c, 1), RINGC_INVALID);
        }
    }
}

#endif /* !QUEUE_EVICTS */

/* ---- Drain -------------------------------------------------------------------------------- */

/* What a handler saw. */
struct drained {
    uint64_t next;
    size_t n;
    size_t ends;
    size_t inside; /* of the last message, while it was handled */
};

static void handle(void *arg, const MESSAGE *message, bool end_of_batch)
{
    struct drained *drained = (struct drained *)arg;

    assert_message(message, drained->next);
    assert_int_equal(drained->ends, 0); /* the end is the last call */
    drained->next++;
    drained->n++;
    drained->ends += end_of_batch;
    drained->inside = Q(size)(ch);
}

static void drain_hands_out_what_is_there_and_marks_the_last(void **state)
{
    uint64_t number = 0;

    (void)state;
    for (size_t turn = 0; turn < 2 * CAPACITY; ++turn) {
        for (size_t inside = 1; inside <= CAPACITY; ++inside) {
            struct drained drained = { number, 0, 0, 0 };

            push_numbers(number, inside);
            assert_status(Q(drain)(&c, handle, &drained), RINGC_OK);
            assert_int_equal(drained.n, inside);
            assert_int_equal(drained.ends, 1);
            assert_inside(0);
            number += inside;
        }
    }
}

static void drain_n_hands_out_at_most_so_many_and_marks_the_last(void **state)
{
    (void)state;
    for (size_t inside = 1; inside <= CAPACITY; ++inside) {
        for (size_t max = 1; max <= CAPACITY + 1; ++max) {
            const size_t expected = max < inside ? max : inside;
            struct drained drained = { 0, 0, 0, 0 };

            push_numbers(0, inside);
            assert_status(Q(drain_n)(&c, max, handle, &drained), RINGC_OK);
            assert_int_equal(drained.n, expected);
            assert_int_equal(drained.ends, 1);
            assert_inside(inside - expected);
            pop_numbers(expected, inside - expected);
            push_numbers(0, inside);
            assert_status(Q(drain_n)(&c, 0, handle, &drained), RINGC_OK);
            assert_int_equal(drained.n, expected);
            pop_numbers(0, inside);
        }
    }
}

static void drain_of_a_closed_queue_hands_out_the_rest_and_then_says_closed(void **state)
{
    struct drained drained = { 0, 0, 0, 0 };

    (void)state;
    push_numbers(0, CAPACITY);
    Q(close)(ch);
    assert_status(Q(drain)(&c, handle, &drained), RINGC_OK);
    assert_int_equal(drained.n, CAPACITY);
    assert_int_equal(drained.ends, 1);
    assert_status(Q(drain)(&c, handle, &drained), RINGC_CLOSED);
    assert_status(Q(drain_n)(&c, 1, handle, &drained), RINGC_CLOSED);
    assert_int_equal(drained.n, CAPACITY);
}

/* ---- Close -------------------------------------------------------------------------------- */

static void assert_pushes_are_refused(void)
{
    const MESSAGE items[2] = { message_of(7), message_of(8) };
    size_t done = 7;

    assert_status(Q(try_push)(&p, items), RINGC_CLOSED);
    assert_status(Q(push)(&p, items), RINGC_CLOSED);
    assert_status(Q(try_push_n)(&p, items, 2, &done), RINGC_CLOSED);
    assert_int_equal(done, 0);
    done = 7;
    assert_status(Q(push_n)(&p, items, 2, &done), RINGC_CLOSED);
    assert_int_equal(done, 0);
#if QUEUE_BLOCKS
    assert_status(Q(push_for)(&p, items, 0), RINGC_CLOSED);
    assert_status(Q(push_for)(&p, items, RINGC_FOREVER), RINGC_CLOSED);
    for (size_t i = 0; i < LENGTH_OF(strategies); ++i)
        assert_status(Q(push_with)(&p, items, strategies[i]),
                      producer_may(strategies[i]) ? RINGC_CLOSED : RINGC_INVALID);
#endif
#if QUEUE_EVICTS
    {
        MESSAGE evicted;

        done = 7;
        assert_status(Q(push_evict)(&p, items, &evicted, &done), RINGC_CLOSED);
        assert_int_equal(done, 0);
        assert_true(Q(dropped)(ch) == 0);
    }
#endif
}

static void assert_it_is_over(void)
{
    MESSAGE item;
    size_t done = 7;

    assert_status(Q(try_pop)(&c, &item), RINGC_CLOSED);
    assert_status(Q(try_pop_n)(&c, &item, 1, &done), RINGC_CLOSED);
    assert_int_equal(done, 0);
    for (size_t way = 0; way < POPS; ++way) {
        assert_status(pop_by(&c, way, &item, 0), RINGC_CLOSED);
        assert_status(pop_by(&c, way, &item, RINGC_FOREVER), RINGC_CLOSED);
    }
    for (size_t i = 0; i < LENGTH_OF(strategies); ++i)
        assert_status(Q(pop_with)(&c, &item, strategies[i]),
                      consumer_may(strategies[i]) ? RINGC_CLOSED : RINGC_INVALID);
    assert_status(Q(drain)(&c, NULL, NULL), RINGC_CLOSED);
}

static void after_close_pushes_are_refused_and_what_is_inside_comes_out(void **state)
{
    (void)state;
    for (size_t inside = 0; inside <= CAPACITY; ++inside) {
        the_end(NULL);
        an_open_queue(NULL);
        push_numbers(0, inside);
        Q(close)(ch);
        assert_true(Q(is_closed)(ch));
        assert_pushes_are_refused();
        assert_inside(inside);
        pop_numbers(0, inside);
        assert_it_is_over();
    }
}

static void closed_is_final(void **state)
{
    (void)state;
    push_numbers(0, 1);
    Q(close)(ch);
    Q(close)(ch);
    pop_numbers(0, 1);
    for (int i = 0; i < 3; ++i) {
        assert_it_is_over();
        assert_pushes_are_refused();
        Q(producer_close)(&p);
        assert_status(Q(producer_open)(ch, &p), RINGC_OK);
        Q(consumer_close)(&c);
        assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
        Q(close)(ch);
        assert_true(Q(is_closed)(ch));
    }
}

static void a_closed_queue_gives_each_way_of_popping_its_last_message(void **state)
{
    (void)state;
    for (size_t way = 0; way < POPS; ++way) {
        MESSAGE item;

        the_end(NULL);
        an_open_queue(NULL);
        push_numbers(3, 1);
        Q(close)(ch);
        assert_status(pop_by(&c, way, &item, 0), RINGC_OK);
        assert_message(&item, 3);
        assert_status(pop_by(&c, way, &item, 0), RINGC_CLOSED);
    }
}

/* ---- Any sequence of operations, against a plain list -------------------------------------- */

/* What should be inside: the numbers [from, to); drop_oldest never holds more than CAPACITY. */
struct list {
    uint64_t from, to;
    ringc_seq dropped;
};

static size_t listed(const struct list *list)
{
    return (size_t)(list->to - list->from);
}

static void list_push(struct list *list, size_t n)
{
    list->to += n;
    if (listed(list) > CAPACITY) {
        list->dropped += (ringc_seq)(listed(list) - CAPACITY);
        list->from = list->to - CAPACITY;
    }
}

static void some_pushes(struct list *list, struct dice *dice)
{
    MESSAGE items[2 * CAPACITY];
    const size_t free_slots = CAPACITY - listed(list);
    size_t n = roll(dice, 2 * CAPACITY + 1), done = 77, expected = n;
    const bool one = roll(dice, 2) == 0;
    ringc_status status = RINGC_OK;

    if (one)
        n = expected = 1;
    messages_of(items, n, list->to);
    if (!QUEUE_EVICTS && n > free_slots) {
        expected = free_slots;
        status = RINGC_FULL;
    }
    if (one) {
        done = expected;
#if QUEUE_BLOCKS
        if (roll(dice, 2) == 0)
            assert_status(Q(push_for)(&p, items, 0), expected ? RINGC_OK : RINGC_TIMEOUT);
        else
#endif
            assert_status(Q(try_push)(&p, items), status);
    } else {
        assert_status(Q(try_push_n)(&p, items, n, &done), status);
        assert_int_equal(done, expected);
    }
    list_push(list, expected);
}

#if !QUEUE_EVICTS
static void some_in_place(struct list *list, struct dice *dice)
{
    size_t got, n;
    MESSAGE *slots = Q(reserve)(&p, roll(dice, CAPACITY + 2), &got);

    n = roll(dice, got + 1);
    fill(slots, n, list->to);
    if (roll(dice, 5) == 0) {
        Q(abort)(&p);
    } else {
        assert_status(Q(commit)(&p, n), RINGC_OK);
        list_push(list, n);
    }
}

static void some_looks(struct list *list, struct dice *dice)
{
    size_t got, n;
    const MESSAGE *slots = Q(peek)(&c, &got);

    assert_int_equal(got > 0, listed(list) > 0);
    for (size_t i = 0; i < got; ++i)
        assert_message(&slots[i], list->from + i);
    n = roll(dice, got + 1);
    assert_status(Q(release)(&c, n), RINGC_OK);
    list->from += n;
}
#endif

static void some_pops(struct list *list, struct dice *dice)
{
    MESSAGE items[CAPACITY + 2];
    const size_t n = 1 + roll(dice, CAPACITY + 2);
    const size_t expected = n < listed(list) ? n : listed(list);
    size_t done = 77;

    if (roll(dice, 2) == 0) {
        const ringc_status status = Q(try_pop)(&c, items);

        assert_status(status, listed(list) ? RINGC_OK : RINGC_EMPTY);
        if (status == RINGC_OK)
            assert_message(items, list->from++);
        return;
    }
    assert_status(Q(try_pop_n)(&c, items, n, &done), expected ? RINGC_OK : RINGC_EMPTY);
    assert_true(done <= expected && (done > 0 || expected == 0)); /* at least what it knew of */
    for (size_t i = 0; i < done; ++i)
        assert_message(&items[i], list->from + i);
    list->from += done;
}

static void some_drains(struct list *list, struct dice *dice)
{
    const size_t max = 1 + roll(dice, CAPACITY);
    struct drained drained = { list->from, 0, 0, 0 };
    const ringc_status status = Q(drain_n)(&c, max, handle, &drained);

    assert_status(status, listed(list) ? RINGC_OK : RINGC_EMPTY);
    assert_int_equal(drained.ends, status == RINGC_OK);
    assert_true(drained.n <= max && drained.n <= listed(list));
    list->from += drained.n;
}

static void any_sequence_of_operations_behaves_like_a_list(void **state)
{
    struct dice dice = dice_of(1 + first_sequence);
    struct list list = { 0, 0, 0 };

    (void)state;
    for (size_t i = 0; i < 3000; ++i) {
        switch (roll(&dice, QUEUE_EVICTS ? 5 : 7)) {
        case 0:
        case 1:
            some_pushes(&list, &dice);
            break;
        case 2:
            some_pops(&list, &dice);
            break;
        case 3:
            some_drains(&list, &dice);
            break;
        case 4:
            if (roll(&dice, 2) == 0) {
                Q(producer_close)(&p);
                assert_status(Q(producer_open)(ch, &p), RINGC_OK);
            } else {
                Q(consumer_close)(&c);
                assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
            }
            break;
#if !QUEUE_EVICTS
        case 5:
            some_in_place(&list, &dice);
            break;
        case 6:
            some_looks(&list, &dice);
            break;
#endif
        }
        assert_int_equal(Q(size)(ch), listed(&list));
#if QUEUE_EVICTS
        assert_true(Q(dropped)(ch) == list.dropped);
#endif
    }
    assert_int_equal(futex_waits, 0);
    assert_int_equal(futex_wakes, 0); /* no system call while nobody sleeps */
}

#include "queue_suite_stress.h"
#include "queue_suite_waits.h"

/* ---- All of them -------------------------------------------------------------------------- */

#define TEST(function) cmocka_unit_test_setup_teardown(function, an_open_queue, the_end)

int main(void)
{
    const struct CMUnitTest quick[] = {
        TEST(a_new_queue_is_empty_open_and_as_large_as_the_schema_says),
        TEST(size_follows_every_push_and_every_pop),
        TEST(init_refuses_misaligned_memory_and_unknown_flags_and_writes_nothing),
        TEST(a_queue_can_be_made_anew_in_the_same_memory),
        TEST(a_second_producer_is_refused_while_one_is_open_and_leaves_no_trace),
        TEST(a_second_consumer_is_refused_while_one_is_open_and_leaves_no_trace),
        TEST(handles_that_are_reopened_go_on_where_the_last_ones_stopped),
        TEST(messages_come_out_in_the_order_they_went_in),
        TEST(an_empty_queue_gives_nothing_to_any_verb_that_does_not_wait),
        TEST(every_pop_takes_what_is_there_without_waiting),
        TEST(every_push_goes_in_without_waiting_while_there_is_room),
#if QUEUE_EVICTS
        TEST(a_full_queue_evicts_its_oldest_message_and_counts_it),
        TEST(push_evict_hands_back_the_message_that_it_evicted),
        TEST(a_consumer_that_lags_by_any_number_gets_the_newest_in_order),
        TEST(a_batch_larger_than_the_queue_leaves_its_newest_messages),
#else
        TEST(a_full_queue_takes_nothing_and_keeps_what_it_has),
        TEST(one_release_frees_one_slot_at_once),
        TEST(a_batch_that_does_not_fit_goes_in_as_far_as_it_does),
        TEST(a_reservation_is_contiguous_and_no_larger_than_wanted_or_free),
        TEST(less_than_reserved_may_be_committed_and_more_is_refused),
        TEST(without_a_reservation_nothing_can_be_committed),
        TEST(an_aborted_reservation_leaves_nothing_behind),
        TEST(a_push_between_reserve_and_commit_takes_the_first_reserved_slot),
        TEST(a_closed_queue_lends_no_slots),
        TEST(peek_shows_what_is_contiguous_and_release_frees_it),
#endif
        TEST(a_batch_of_none_succeeds_and_does_nothing),
        TEST(a_batch_keeps_its_order_wherever_it_wraps),
        TEST(a_batch_pop_takes_no_more_than_there_is_and_no_more_than_asked),
        TEST(drain_hands_out_what_is_there_and_marks_the_last),
        TEST(drain_n_hands_out_at_most_so_many_and_marks_the_last),
        TEST(drain_of_a_closed_queue_hands_out_the_rest_and_then_says_closed),
        TEST(after_close_pushes_are_refused_and_what_is_inside_comes_out),
        TEST(closed_is_final),
        TEST(a_closed_queue_gives_each_way_of_popping_its_last_message),
        TEST(any_sequence_of_operations_behaves_like_a_list),
    };
    const struct CMUnitTest waits[] = { WAIT_TESTS };
    const struct CMUnitTest stress[] = { STRESS_TESTS };
    int failed = 0;

    begin(QUEUE_NAME);
    for (size_t i = 0; i < LENGTH_OF(first_sequences); ++i) {
        first_sequence = first_sequences[i];
        init_flags = i % 2 ? RINGC_SHARED : 0;
        printf("%s from sequence %" PRIu64 "\n", QUEUE_NAME, (uint64_t)first_sequence);
        failed += cmocka_run_group_tests_name(QUEUE_NAME, quick, NULL, NULL);
    }
    first_sequence = (ringc_seq)(UINT64_MAX - 2); /* the rest goes across the last wrap */
    for (size_t i = 0; i < (CONSUMER_PARKS ? 2 : 1); ++i) {
        init_flags = i % 2 ? RINGC_SHARED : 0;
        printf("%s with flags %" PRIu32 "\n", QUEUE_NAME, init_flags);
        failed += cmocka_run_group_tests_name(QUEUE_NAME " waits", waits, NULL, NULL);
        failed += cmocka_run_group_tests_name(QUEUE_NAME " under stress", stress, NULL, NULL);
    }
    return failed != 0;
}
