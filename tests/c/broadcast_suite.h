/*
 * The behaviour of one broadcast, whatever its row of the matrix: included by the small
 * test_broadcast_<producers>_<full>.c files, built once for each variant.
 *
 * `quick` tests use one thread, and run from each of the first sequences; the others run once.
 */
#include "cmocka_support.h"

#include "broadcast_under_test.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

/* ---- The futex, seen (the linker redirects it: --wrap) ------------------------------------- */

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

/* ---- The channel under test --------------------------------------------------------------- */

/* With neighbours that nobody may touch; the channel's type brings the alignment. */
static struct {
    unsigned char before[256];
    channel it;
    unsigned char after[256];
} memory;

static channel *const ch = &memory.it;
static producer p;
static subscriber s; /* reads as any other of this channel does */
static ringc_seq first_sequence;
static uint32_t init_flags;
static uint32_t published; /* by `publish`: also the number of the next message */

enum { DROPS_SEEN = 1 << 16 };
static size_t dropped;                          /* messages that were given back */
static size_t never_written;                    /* that count as published */
static unsigned char times_dropped[DROPS_SEEN]; /* of each number */

#if OWNS
void test_give_back(bc_owned *message)
{
    const uint32_t number = number_of(message);

    REQUIRE(is_message(message, number));
    __atomic_fetch_add(&dropped, 1, __ATOMIC_RELAXED);
    if (number < DROPS_SEEN)
        __atomic_fetch_add(&times_dropped[number], 1, __ATOMIC_RELAXED);
}
#endif

OUT_OF_LINE int an_open_channel(void **state)
{
    (void)state;
    memset(&memory, 0xa5, sizeof memory); /* init may not count on zeroed memory */
    memset(&p, 0x77, sizeof p);
    memset(&s, 0x77, sizeof s);
    assert_status(B(init_at)(ch, init_flags, first_sequence), RINGC_OK);
    assert_status(B(producer_open)(ch, &p), RINGC_OK);
    assert_status(B(subscribe)(ch, &s, PLAIN_READING), RINGC_OK);
    published = 0;
    futex_waits = 0;
    futex_wakes = 0;
    dropped = 0;
    never_written = 0;
    memset(times_dropped, 0, sizeof times_dropped);
    return 0;
}

static bool is_untouched(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; ++i)
        if (bytes[i] != 0xa5)
            return false;
    return true;
}

/* Nothing around the channel was written; each message that has an owner came back, and once. */
OUT_OF_LINE int the_end(void **state)
{
    const size_t all = OWNS ? (size_t)B(published)(ch) - never_written : 0;

    (void)state;
    if (p.channel != NULL)
        B(producer_close)(&p);
    if (s.channel != NULL)
        B(unsubscribe)(&s);
    B(destroy)(ch);
    assert_int_equal(dropped, all);
    B(destroy)(ch);
    assert_int_equal(dropped, all);
    assert_true(is_untouched(memory.before, sizeof memory.before));
    assert_true(is_untouched(memory.after, sizeof memory.after));
    assert_true(is_untouched(ch->guard, sizeof ch->guard));
    return 0;
}

OUT_OF_LINE void afresh(void)
{
    the_end(NULL);
    an_open_channel(NULL);
}

/* ---- Messages ----------------------------------------------------------------------------- */

#define assert_message(message, number) assert_message_((message), (number), __FILE__, __LINE__)

static void assert_message_(const MESSAGE *message, uint32_t number, const char *file, int line)
{
    if (is_message(message, number))
        return;
    print_error("message %" PRIu32 "%s instead of %" PRIu32 "\n", number_of(message),
                is_message(message, number_of(message)) ? "" : " (torn)", number);
    _fail(file, line);
}

#define assert_counts(by, n_received, n_lagged)                                                    \
    assert_counts_((by), (n_received), (n_lagged), __FILE__, __LINE__)

/* received + lagged = position - start, at every return. */
static void assert_counts_(const subscriber *by, uint64_t received, uint64_t lagged,
                           const char *file, int line)
{
    if (B(received)(by) == received && B(lagged)(by) == lagged &&
        by->position - by->start == received + lagged)
        return;
    print_error("received %" PRIu64 " of %" PRIu64 ", lagged %" PRIu64 " of %" PRIu64 "\n",
                (uint64_t)B(received)(by), received, (uint64_t)B(lagged)(by), lagged);
    _fail(file, line);
}

OUT_OF_LINE ringc_status publish_number(uint32_t number)
{
    const MESSAGE message = message_of(number);

    return B(try_publish)(&p, &message);
}

OUT_OF_LINE void publish(size_t n)
{
    for (size_t i = 0; i < n; ++i, ++published)
        assert_status(publish_number(published), RINGC_OK);
}

OUT_OF_LINE void receive_from(subscriber *by, uint32_t first, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        MESSAGE message;

        assert_status(B(try_recv)(by, &message), RINGC_OK);
        assert_message(&message, first + (uint32_t)i);
    }
}

OUT_OF_LINE void assert_nothing_for(subscriber *by)
{
    MESSAGE message;

    assert_status(B(try_recv)(by, &message), RINGC_EMPTY);
    assert_true(B(pending)(by) == 0);
}

#if !ALL_GATE
#define assert_lags(by, n) assert_lags_((by), (n), __FILE__, __LINE__)

static void assert_lags_(subscriber *by, uint64_t n, const char *file, int line)
{
    MESSAGE message;
    const uint64_t before = B(lagged)(by), received = B(received)(by);
    const ringc_status status = B(try_recv)(by, &message);

    if (status != RINGC_LAGGED || B(missed)(by) != n) {
        print_error("%s, missed %" PRIu64 " instead of %" PRIu64 "\n", ringc_status_name(status),
                    (uint64_t)B(missed)(by), n);
        _fail(file, line);
    }
    assert_counts_(by, received, before + n, file, line);
}
#endif

#if BROADCAST_GATED
OUT_OF_LINE void assert_full(void)
{
    const MESSAGE messages[2] = { message_of(77), message_of(78) };
    const ringc_seq before = B(published)(ch);
    size_t done = 7;

    assert_status(B(try_publish)(&p, messages), RINGC_FULL);
    assert_status(B(try_publish_n)(&p, messages, 2, &done), RINGC_FULL);
    assert_int_equal(done, 0);
#if BROADCAST_BLOCKS
    assert_status(B(publish_for)(&p, messages, 0), RINGC_TIMEOUT);
#else
    done = 7;
    assert_status(B(publish)(&p, messages), RINGC_FULL);
    assert_status(B(publish_n)(&p, messages, 2, &done), RINGC_FULL);
    assert_int_equal(done, 0);
#endif
    {
        MESSAGE *lent;

#if IN_PLACE
        assert_status(B(claim)(&p, &lent), RINGC_FULL);
        assert_status(B(commit)(&p), RINGC_INVALID);
#else
        assert_status(B(claim)(&p, &lent), RINGC_OK);
        *lent = message_of(79);
        assert_status(B(commit)(&p), RINGC_FULL);
        assert_status(B(commit)(&p), RINGC_FULL); /* still lent */
        B(abort)(&p);
        assert_status(B(commit)(&p), RINGC_INVALID);
#endif
    }
    assert_true(B(published)(ch) == before);
}

static void assert_room_for_one(void)
{
    publish(1);
    assert_full();
}
#endif

/* Every way to ask for one message, in turn. */
enum { RECVS = 6 };

OUT_OF_LINE ringc_status recv_by(subscriber *by, size_t way, MESSAGE *message, uint64_t timeout_ns)
{
    size_t done = 7;
    ringc_status status;

    switch (way) {
    case 0:
        return B(recv)(by, message);
    case 1:
        return B(recv_for)(by, message, timeout_ns);
    case 2:
        return B(recv_with)(by, message, ringc_wait_adaptive(2, 2, 5));
    case 3:
        return B(recv_with)(by, message,
                            SUBSCRIBERS_PARK ? ringc_wait_park(0) : ringc_wait_spin_yield(1));
    case 4:
        status = B(recv_n)(by, message, 1, &done);
        REQUIRE(done == (status == RINGC_OK));
        return status;
    default:
        return B(recv_for)(by, message, RINGC_FOREVER);
    }
}

/* ---- State -------------------------------------------------------------------------------- */

static void a_new_channel_is_open_and_as_large_as_the_schema_says(void **state)
{
    (void)state;
    assert_false(B(is_closed)(ch));
    assert_int_equal(B(capacity)(ch), CAPACITY);
    assert_int_equal(SUBSCRIBERS, 4);
    assert_true(B(published)(ch) == 0);
    assert_true(B(sequence)(ch) == first_sequence);
    assert_nothing_for(&s);
    assert_counts(&s, 0, 0);
    assert_true(B(missed)(&s) == 0);
    assert_true(B(receive_ratio)(&s) >= 1.0 && B(receive_ratio)(&s) <= 1.0);
}

static void published_sequence_and_pending_follow_every_message(void **state)
{
    (void)state;
    for (size_t lap = 0; lap < 3; ++lap) {
        for (size_t n = 0; n < ROOM; ++n) {
            assert_true(B(published)(ch) == published);
            assert_true(B(sequence)(ch) == (ringc_seq)(first_sequence + published));
            assert_true(B(pending)(&s) == n);
            publish(1);
        }
        for (size_t n = ROOM; n > 0; --n) {
            assert_true(B(pending)(&s) == n);
            receive_from(&s, (uint32_t)(published - n), 1);
        }
        assert_nothing_for(&s);
        assert_counts(&s, published, 0);
    }
}

static void init_refuses_misaligned_memory_and_unknown_flags_and_writes_nothing(void **state)
{
    static RINGC_ALIGNAS(256) unsigned char other[sizeof(channel) + 256];
    static const uint32_t unknown[] = { 2, 3, UINT32_C(1) << 31, UINT32_MAX };

    (void)state;
    memset(other, 0x5a, sizeof other);
    for (size_t shift = 1; shift < RINGC_ALIGNOF(channel); shift *= 2) {
        assert_status(B(init)((channel *)(void *)(other + shift), 0), RINGC_INVALID);
        assert_status(B(init_at)((channel *)(void *)(other + shift), RINGC_SHARED, 9),
                      RINGC_INVALID);
    }
    for (size_t i = 0; i < LENGTH_OF(unknown); ++i)
        assert_status(B(init)((channel *)(void *)other, unknown[i]), RINGC_INVALID);
    for (size_t i = 0; i < sizeof other; ++i)
        if (other[i] != 0x5a)
            fail_msg("byte %zu was written", i);
    assert_status(B(init)((channel *)(void *)other, RINGC_SHARED), RINGC_OK);
    assert_true(B(sequence)((channel *)(void *)other) == 0);
}

static void a_channel_can_be_made_anew_in_the_same_memory(void **state)
{
    (void)state;
    publish(ROOM);
    B(close)(ch);
    the_end(NULL);
    dropped = 0;
    published = 0;
    assert_status(B(init_at)(ch, init_flags, first_sequence + 3), RINGC_OK);
    assert_status(B(producer_open)(ch, &p), RINGC_OK);
    assert_status(B(subscribe)(ch, &s, PLAIN_READING), RINGC_OK);
    assert_false(B(is_closed)(ch));
    assert_nothing_for(&s);
    publish(ROOM);
    receive_from(&s, 0, ROOM);
    assert_nothing_for(&s);
}

/* ---- Handles ------------------------------------------------------------------------------ */

#if BROADCAST_MULTI

static void many_producers_publish_into_one_order(void **state)
{
    producer many[5];

    (void)state;
    for (size_t i = 0; i < LENGTH_OF(many); ++i)
        assert_status(B(producer_open)(ch, &many[i]), RINGC_OK);
    for (uint32_t number = 0; number < 40; ++number, ++published) {
        const MESSAGE message = message_of(number);

        assert_status(B(try_publish)(&many[(number * 7) % LENGTH_OF(many)], &message), RINGC_OK);
        receive_from(&s, number, 1);
    }
    for (size_t i = 0; i < LENGTH_OF(many); ++i)
        B(producer_close)(&many[i]);
    publish(1);
    receive_from(&s, 40, 1);
}

#else

static void a_second_producer_is_refused_while_one_is_open_and_leaves_no_trace(void **state)
{
    static channel before;
    producer second, untouched;

    (void)state;
    publish(1);
    memset(&second, 0x77, sizeof second);
    memcpy(&untouched, &second, sizeof second);
    memcpy(&before, ch, sizeof before);
    for (int i = 0; i < 3; ++i)
        assert_status(B(producer_open)(ch, &second), RINGC_LIMIT);
    assert_memory_equal(&second, &untouched, sizeof second);
    assert_memory_equal(ch, &before, sizeof before);
    B(producer_close)(&p);
    assert_status(B(producer_open)(ch, &second), RINGC_OK);
    assert_status(B(producer_open)(ch, &p), RINGC_LIMIT);
    B(producer_close)(&second);
    assert_status(B(producer_open)(ch, &p), RINGC_OK);
}

#endif

/* Mistake 11: a publisher that cannot be opened again. */
static void a_producer_that_is_reopened_goes_on_where_the_last_one_stopped(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < 3 * CAPACITY; ++number) {
        publish(1);
        B(producer_close)(&p);
        assert_null(p.channel);
        assert_status(B(producer_open)(ch, &p), RINGC_OK);
        assert_false(B(is_closed)(ch));
        receive_from(&s, number, 1);
    }
    assert_nothing_for(&s);
#if BROADCAST_GATED
    publish(ROOM);
    B(producer_close)(&p);
    assert_status(B(producer_open)(ch, &p), RINGC_OK);
    assert_full();
#endif
}

/* Registration beyond the limit leaves no trace, and so does a reading that is not offered. */
static void a_subscriber_too_many_is_refused_and_leaves_no_trace(void **state)
{
    static channel before;
    subscriber more[SUBSCRIBERS], untouched;

    (void)state;
    publish(1);
    for (size_t i = 1; i < SUBSCRIBERS; ++i)
        assert_status(B(subscribe)(ch, &more[i], PLAIN_READING), RINGC_OK);
    memset(&more[0], 0x77, sizeof more[0]);
    memcpy(&untouched, &more[0], sizeof untouched);
    memcpy(&before, ch, sizeof before);
    for (int i = 0; i < 3; ++i) {
        assert_status(B(subscribe)(ch, &more[0], PLAIN_READING), RINGC_LIMIT);
        assert_status(B(subscribe_oldest)(ch, &more[0], PLAIN_READING), RINGC_LIMIT);
        assert_status(B(subscribe_back)(ch, &more[0], 1, PLAIN_READING), RINGC_LIMIT);
    }
    assert_memory_equal(&more[0], &untouched, sizeof untouched);
    assert_memory_equal(ch, &before, sizeof before);
    for (size_t i = 1; i < SUBSCRIBERS; ++i) { /* a place that is left is taken again */
        B(unsubscribe)(&more[i]);
        assert_null(more[i].channel);
        assert_status(B(subscribe)(ch, &more[i], PLAIN_READING), RINGC_OK);
        assert_status(B(subscribe)(ch, &more[0], PLAIN_READING), RINGC_LIMIT);
    }
    receive_from(&s, 0, 1);
    for (size_t i = 1; i < SUBSCRIBERS; ++i)
        B(unsubscribe)(&more[i]);
}

static void a_reading_that_the_channel_has_not_is_refused_and_leaves_no_trace(void **state)
{
    static channel before;
    static const uint32_t never[] = { 0,
                                      3,
                                      16,
                                      RINGC_HOLDING,
                                      RINGC_LOSSY | RINGC_HOLDING,
                                      RINGC_LOSSY | RINGC_GATING,
                                      3 | RINGC_HOLDING,
                                      UINT32_MAX };
    subscriber other, untouched;

    (void)state;
    memset(&other, 0x77, sizeof other);
    memcpy(&untouched, &other, sizeof untouched);
    memcpy(&before, ch, sizeof before);
    for (size_t i = 0; i < LENGTH_OF(never); ++i)
        assert_status(B(subscribe)(ch, &other, never[i]), RINGC_INVALID);
#if !BROADCAST_GATED
    assert_status(B(subscribe)(ch, &other, RINGC_GATING), RINGC_INVALID);
    assert_status(B(subscribe_oldest)(ch, &other, RINGC_GATING | RINGC_HOLDING), RINGC_INVALID);
#endif
#if ALL_GATE
    assert_status(B(subscribe)(ch, &other, RINGC_LOSSY), RINGC_INVALID);
    assert_status(B(subscribe_back)(ch, &other, 0, RINGC_TRACKED), RINGC_INVALID);
    assert_status(B(subscribe)(ch, &other, RINGC_TRACKED | RINGC_HOLDING), RINGC_INVALID);
#endif
    assert_memory_equal(&other, &untouched, sizeof untouched);
    assert_memory_equal(ch, &before, sizeof before);
}

/* ---- One message at a time ---------------------------------------------------------------- */

static void every_subscriber_sees_every_message_in_order(void **state)
{
    subscriber more[SUBSCRIBERS];

    (void)state;
    for (size_t i = 1; i < SUBSCRIBERS; ++i)
        assert_status(B(subscribe)(ch, &more[i], PLAIN_READING), RINGC_OK);
    for (size_t inside = 1; inside <= ROOM; ++inside) {
        for (size_t turn = 0; turn < CAPACITY + 3; ++turn) {
            const uint32_t from = published;

            publish(inside);
            for (size_t i = 1; i < SUBSCRIBERS; ++i) {
                receive_from(&more[i], from, inside);
                assert_nothing_for(&more[i]);
                assert_counts(&more[i], published, 0);
            }
            receive_from(&s, from, inside);
        }
    }
    for (size_t i = 1; i < SUBSCRIBERS; ++i)
        B(unsubscribe)(&more[i]);
}

static void an_empty_channel_gives_nothing_to_any_verb_that_does_not_wait(void **state)
{
    MESSAGE messages[2];
    size_t done = 7;

    (void)state;
    for (int round = 0; round < 2; ++round) {
        assert_status(B(try_recv)(&s, messages), RINGC_EMPTY);
        assert_status(B(try_recv_n)(&s, messages, 2, &done), RINGC_EMPTY);
        assert_int_equal(done, 0);
        assert_status(B(recv_for)(&s, messages, 0), RINGC_TIMEOUT);
        assert_status(B(latest)(&s, messages), RINGC_EMPTY);
        assert_status(B(drain)(&s, NULL, NULL), RINGC_EMPTY);
        assert_status(B(drain_n)(&s, 1, NULL, NULL), RINGC_EMPTY);
        assert_status(B(drain_group)(&s, 1, NULL, 0), RINGC_EMPTY);
#if BROADCAST_GATED
        {
            const MESSAGE *shown;

            assert_status(B(peek)(&s, &shown), RINGC_EMPTY);
            assert_status(B(release)(&s, 1), RINGC_INVALID);
            assert_status(B(release)(&s, 0), RINGC_OK);
        }
#endif
        assert_counts(&s, (uint64_t)round, 0);
        publish(1);
        receive_from(&s, (uint32_t)round, 1);
    }
}

static void every_recv_takes_what_is_there_without_waiting(void **state)
{
    (void)state;
    for (size_t way = 0; way < RECVS; ++way) {
        MESSAGE message;

        publish(1);
        assert_status(recv_by(&s, way, &message, 0), RINGC_OK);
        assert_message(&message, published - 1);
    }
    for (size_t i = 0; i < LENGTH_OF(strategies); ++i) {
        MESSAGE message;

        publish(1);
        if (subscriber_may(strategies[i])) {
            assert_status(B(recv_with)(&s, &message, strategies[i]), RINGC_OK);
            assert_message(&message, published - 1);
        } else {
            assert_status(B(recv_with)(&s, &message, strategies[i]), RINGC_INVALID);
            receive_from(&s, published - 1, 1);
        }
        assert_counts(&s, published, 0);
    }
    assert_int_equal(futex_waits, 0);
}

static void expect_one(void)
{
    receive_from(&s, published++, 1);
    assert_nothing_for(&s);
}

static void every_publish_goes_in_without_waiting_while_there_is_room(void **state)
{
    MESSAGE message = message_of(0), *lent;
    size_t done = 7;

    (void)state;
    assert_status(B(try_publish)(&p, &message), RINGC_OK);
    expect_one();
    message = message_of(published);
    assert_status(B(publish)(&p, &message), RINGC_OK);
    expect_one();
    message = message_of(published);
    assert_status(B(try_publish_n)(&p, &message, 1, &done), RINGC_OK);
    assert_int_equal(done, 1);
    expect_one();
    done = 7;
    message = message_of(published);
    assert_status(B(publish_n)(&p, &message, 1, &done), RINGC_OK);
    assert_int_equal(done, 1);
    expect_one();
    assert_status(B(claim)(&p, &lent), RINGC_OK);
    *lent = message_of(published);
    assert_status(B(commit)(&p), RINGC_OK);
    expect_one();
#if BROADCAST_BLOCKS
    message = message_of(published);
    assert_status(B(publish_for)(&p, &message, 0), RINGC_OK);
    expect_one();
    message = message_of(published);
    assert_status(B(publish_for)(&p, &message, RINGC_FOREVER), RINGC_OK);
    expect_one();
    for (size_t i = 0; i < LENGTH_OF(strategies); ++i) {
        message = message_of(published);
        if (producer_may(strategies[i])) {
            assert_status(B(publish_with)(&p, &message, strategies[i]), RINGC_OK);
            expect_one();
        } else {
            assert_status(B(publish_with)(&p, &message, strategies[i]), RINGC_INVALID);
            assert_nothing_for(&s);
        }
    }
#endif
    assert_int_equal(futex_waits, 0);
    assert_int_equal(futex_wakes, 0); /* no system call while nobody sleeps */
}

/* ---- Who lags ----------------------------------------------------------------------------- */

#if !ALL_GATE

/* A lossy subscriber instead of the plain one. */
static void read_lossy(void)
{
    B(unsubscribe)(&s);
    assert_status(B(subscribe)(ch, &s, RINGC_LOSSY), RINGC_OK);
}

/* Capacity 4, six sent: lagged 2, then 2, 3, 4, 5. */
static void a_subscriber_that_lags_is_told_how_many_it_missed(void **state)
{
    static const size_t beyond[] = { 1, 2, CAPACITY - 1, CAPACITY, CAPACITY + 1, 5 * CAPACITY + 3 };

    (void)state;
    read_lossy();
    for (size_t i = 0; i < LENGTH_OF(beyond); ++i) {
        const uint64_t received = B(received)(&s), lagged = B(lagged)(&s);
        const uint32_t from = published;

        publish(CAPACITY + beyond[i]);
        assert_true(B(pending)(&s) == CAPACITY + beyond[i]);
        if (beyond[i] > 0) {
            assert_lags(&s, beyond[i]);
            assert_true(B(pending)(&s) == CAPACITY);
        }
        receive_from(&s, from + (uint32_t)beyond[i], CAPACITY); /* told once */
        assert_nothing_for(&s);
        assert_counts(&s, received + CAPACITY, lagged + beyond[i]);
        assert_true(B(missed)(&s) == beyond[i] || beyond[i] == 0);
    }
}

static void a_subscriber_one_lap_behind_misses_nothing(void **state)
{
    (void)state;
    read_lossy();
    for (size_t sent = 1; sent <= CAPACITY; ++sent) {
        const uint32_t from = published;

        publish(sent);
        receive_from(&s, from, sent);
        assert_nothing_for(&s);
    }
    assert_counts(&s, published, 0);
    assert_true(B(missed)(&s) == 0);
}

static void every_verb_tells_of_the_lag_once_and_goes_on_with_the_oldest(void **state)
{
    static MESSAGE messages[CAPACITY + 1];

    (void)state;
    read_lossy();
    for (size_t way = 0; way < RECVS + 3; ++way) {
        const uint64_t received = B(received)(&s), lagged = B(lagged)(&s);
        size_t done = 7;
        ringc_status status;

        publish(CAPACITY + 3);
        if (way < RECVS)
            status = recv_by(&s, way, messages, RINGC_FOREVER);
        else if (way == RECVS)
            status = B(try_recv_n)(&s, messages, CAPACITY + 1, &done);
        else if (way == RECVS + 1)
            status = B(drain)(&s, NULL, NULL);
        else
            status = B(recv_n)(&s, messages, CAPACITY + 1, &done);
        assert_status(status, RINGC_LAGGED);
        assert_true(done == 0 || done == 7);
        assert_true(B(missed)(&s) == 3);
        assert_counts(&s, received, lagged + 3);
        if (way % 2)
            receive_from(&s, published - (uint32_t)CAPACITY, CAPACITY);
        else {
            assert_status(B(try_recv_n)(&s, messages, CAPACITY + 1, &done), RINGC_OK);
            assert_int_equal(done, CAPACITY);
            for (size_t i = 0; i < CAPACITY; ++i)
                assert_message(&messages[i], published - (uint32_t)(CAPACITY - i));
        }
        assert_nothing_for(&s);
        assert_counts(&s, received + CAPACITY, lagged + 3);
    }
}

static void the_receive_ratio_is_what_was_received_of_all(void **state)
{
    double ratio;

    (void)state;
    read_lossy();
    publish(4 * CAPACITY);
    assert_lags(&s, 3 * CAPACITY);
    assert_true(B(receive_ratio)(&s) <= 0.0);
    receive_from(&s, 3 * CAPACITY, CAPACITY);
    ratio = B(receive_ratio)(&s);
    assert_true(ratio >= 0.25 && ratio <= 0.25);
}

/* "Not yet" and "being overwritten" are told apart, both by the stamp of one cell. */
static void
a_message_that_is_being_written_is_not_there_yet_and_what_it_overwrites_is_gone(void **state)
{
    const ringc_seq whole = X(done_)(first_sequence + CAPACITY);
    subscriber late;

    (void)state;
    read_lossy();
    publish(CAPACITY);
    assert_status(B(subscribe)(ch, &late, RINGC_LOSSY), RINGC_OK);
    X(cell_of_)(ch, first_sequence)->stamp = whole - 1;
    assert_nothing_for(&late);
    assert_lags(&s, 1);
    X(cell_of_)(ch, first_sequence)->stamp = X(done_)(first_sequence); /* as it was */
    receive_from(&s, 1, CAPACITY - 1);
    B(unsubscribe)(&late);
}

/* Mistake 5: a write that has begun, and not ended, is seen by who reads what it overwrites. */
static void a_message_that_is_half_overwritten_is_not_read(void **state)
{
    const MESSAGE next = message_of(99);

    (void)state;
    read_lossy();
    publish(CAPACITY);
    X(put_)(ch, (ringc_seq)(first_sequence + CAPACITY), &next); /* the rest of it comes later */
    assert_lags(&s, 1);
    receive_from(&s, 1, CAPACITY - 1);
    assert_nothing_for(&s);
}

static void overwrites_the_oldest(void)
{
    publish(1);
}

static void begins_to_overwrite_the_oldest(void)
{
    const MESSAGE next = message_of(99);

    X(put_)(ch, (ringc_seq)(first_sequence + published), &next);
}

/* The same, when the reader has copied it already. */
static void a_message_that_is_overwritten_while_it_is_copied_is_not_received(void **state)
{
    (void)state;
    read_lossy();
    publish(CAPACITY);
    interruption = overwrites_the_oldest;
    assert_lags(&s, 1);
    assert_null(interruption);
    receive_from(&s, 1, CAPACITY);
    publish(CAPACITY);
    interruption = begins_to_overwrite_the_oldest;
    assert_lags(&s, 1);
    assert_null(interruption);
    receive_from(&s, (uint32_t)(CAPACITY + 2), CAPACITY - 1);
}

#endif /* !ALL_GATE */

/* ---- Joining ------------------------------------------------------------------------------ */

static void a_subscriber_joins_from_now_from_the_oldest_or_from_n_messages_back(void **state)
{
    (void)state;
    for (size_t sent = 0; sent <= 2 * CAPACITY + 1; ++sent) {
        for (size_t back = 0; back <= CAPACITY + 2; ++back) {
            const size_t held = sent < CAPACITY ? sent : CAPACITY;
            const size_t least = BROADCAST_GATED ? 0 : held < back ? held : back;
            subscriber late;
            size_t pending;

            B(unsubscribe)(&s);
            the_end(NULL);
            an_open_channel(NULL);
            for (size_t i = 0; i < sent; ++i) {
                publish(1);
                receive_from(&s, (uint32_t)i, 1);
            }
            assert_status(B(subscribe)(ch, &late, PLAIN_READING), RINGC_OK);
            assert_nothing_for(&late);
            B(unsubscribe)(&late);
            assert_status(back > CAPACITY ? B(subscribe_oldest)(ch, &late, PLAIN_READING)
                                          : B(subscribe_back)(ch, &late, back, PLAIN_READING),
                          RINGC_OK);
            pending = (size_t)B(pending)(&late);
            assert_true(pending <= (held < back ? held : back) && pending >= least);
            receive_from(&late, published - (uint32_t)pending, pending);
            assert_nothing_for(&late);
            assert_counts(&late, pending, 0);
            publish(1);
            receive_from(&late, published - 1, 1);
            B(unsubscribe)(&late);
        }
    }
}

#if BROADCAST_GATED
/* Mistake 7: whatever is shown to a joiner stays until it has read it. */
static void what_a_gating_joiner_may_read_is_kept_for_it(void **state)
{
    (void)state;
    for (size_t sent = 0; sent <= 2 * CAPACITY + 1; ++sent) {
        subscriber late;
        size_t pending, more = 0;

        afresh();
        for (size_t i = 0; i < sent; ++i) {
            publish(1);
            receive_from(&s, (uint32_t)i, 1);
        }
        assert_status(B(subscribe_oldest)(ch, &late, RINGC_GATING), RINGC_OK);
        pending = (size_t)B(pending)(&late);
        while (publish_number(published) == RINGC_OK) {
            ++published;
            ++more;
            receive_from(&s, published - 1, 1);
        }
        assert_int_equal(pending + more, ROOM > pending ? ROOM : pending);
        receive_from(&late, (uint32_t)(sent - pending), pending + more);
        assert_nothing_for(&late);
        B(unsubscribe)(&late);
    }
}
#endif

#if !ALL_GATE
static void a_lossy_joiner_reads_all_that_the_ring_holds(void **state)
{
    (void)state;
    for (size_t sent = 0; sent <= 2 * CAPACITY + 1; ++sent) {
        const size_t held = sent < CAPACITY ? sent : CAPACITY;
        subscriber late;

        afresh();
        B(unsubscribe)(&s);
        publish(sent);
        for (size_t back = 0; back <= CAPACITY + 1; ++back) {
            const size_t expected = back < held ? back : held;

            assert_status(B(subscribe_back)(ch, &late, back, RINGC_LOSSY), RINGC_OK);
            assert_true(B(pending)(&late) == expected);
            receive_from(&late, (uint32_t)(sent - expected), expected);
            assert_nothing_for(&late);
            B(unsubscribe)(&late);
        }
        assert_status(B(subscribe_back)(ch, &late, SIZE_MAX, RINGC_TRACKED), RINGC_OK);
        receive_from(&late, (uint32_t)(sent - held), held);
        assert_nothing_for(&late);
        B(unsubscribe)(&late);
    }
}
#endif

/* ---- Backpressure ------------------------------------------------------------------------- */

#if BROADCAST_GATED

/* Watermark 2 of 8 admits exactly 6. Mistake 10: every verb is refused then. */
static void an_idle_gating_subscriber_stops_the_producer_when_the_room_is_used_up(void **state)
{
    MESSAGE messages[CAPACITY + 1];
    size_t done = 7;

    (void)state;
    publish(ROOM);
    assert_int_equal(published, CAPACITY - WATERMARK);
    assert_full();
    receive_from(&s, 0, ROOM);
    messages_of(messages, CAPACITY + 1, published);
#if BROADCAST_BLOCKS
    assert_status(B(try_publish_n)(&p, messages, CAPACITY + 1, &done), RINGC_FULL);
#else
    assert_status(B(publish_n)(&p, messages, CAPACITY + 1, &done), RINGC_FULL);
#endif
    assert_int_equal(done, ROOM);
    assert_full();
    receive_from(&s, published, ROOM);
    published += ROOM;
    assert_nothing_for(&s);
}

static void one_message_received_frees_one_slot_at_once(void **state)
{
    (void)state;
    publish(ROOM);
    for (uint32_t number = 0; number < 3 * CAPACITY; ++number) {
        assert_full();
        receive_from(&s, number, 1);
        assert_room_for_one();
    }
}

static void the_slowest_gating_subscriber_holds_the_producer(void **state)
{
    subscriber more[SUBSCRIBERS];

    (void)state;
    for (size_t i = 1; i < SUBSCRIBERS; ++i)
        assert_status(B(subscribe)(ch, &more[i], RINGC_GATING), RINGC_OK);
    publish(ROOM);
    for (size_t i = 1; i < SUBSCRIBERS; ++i) {
        receive_from(&more[i], 0, 1 + i % ROOM);
        assert_full();
    }
    receive_from(&s, 0, 1);
    assert_room_for_one();
    /* Mistake 11: who leaves holds nobody back, at once. */
    B(unsubscribe)(&s);
    for (size_t i = 1; i < SUBSCRIBERS; ++i)
        B(unsubscribe)(&more[i]);
    publish(3 * CAPACITY);
}

#if !ALL_GATE
static void an_idle_lossy_or_tracked_subscriber_never_holds_the_producer(void **state)
{
    subscriber lossy, tracked;

    (void)state;
    B(unsubscribe)(&s);
    assert_status(B(subscribe)(ch, &lossy, RINGC_LOSSY), RINGC_OK);
    assert_status(B(subscribe)(ch, &tracked, RINGC_TRACKED | RINGC_HOLDING), RINGC_OK);
    publish(10 * CAPACITY);
    assert_lags(&lossy, 9 * CAPACITY);
    assert_lags(&tracked, 9 * CAPACITY);
    assert_status(B(subscribe)(ch, &s, RINGC_GATING), RINGC_OK);
    publish(ROOM);
    assert_full();
    B(unsubscribe)(&lossy);
    B(unsubscribe)(&tracked);
}
#endif

/* Mistake 9: what is received and not processed is not given back. */
static void a_holding_subscriber_gives_back_only_what_it_releases(void **state)
{
    subscriber holder;
    MESSAGE messages[CAPACITY];
    size_t done;

    (void)state;
    B(unsubscribe)(&s);
    assert_status(B(subscribe)(ch, &holder, RINGC_GATING | RINGC_HOLDING), RINGC_OK);
    publish(ROOM);
    receive_from(&holder, 0, 1);
    assert_full();
    assert_status(B(release)(&holder, 2), RINGC_INVALID);
    assert_status(B(release)(&holder, SIZE_MAX), RINGC_INVALID);
    assert_full();
    assert_status(B(release)(&holder, 1), RINGC_OK);
    assert_room_for_one();
    assert_status(B(release)(&holder, 1), RINGC_INVALID);
    assert_status(B(try_recv_n)(&holder, messages, CAPACITY, &done), RINGC_OK);
    assert_int_equal(done, ROOM);
    assert_full();
    assert_counts(&holder, ROOM + 1, 0);
    for (size_t i = 0; i < ROOM; ++i) {
        assert_status(B(release)(&holder, ROOM - i + 1), RINGC_INVALID);
        assert_status(B(release)(&holder, 1), RINGC_OK);
        assert_room_for_one();
    }
    assert_counts(&holder, ROOM + 1, 0);
    receive_from(&holder, ROOM + 1, ROOM);
    assert_full();
    assert_status(B(release)(&holder, ROOM), RINGC_OK);
    publish(ROOM);
    assert_full();
    assert_status(B(latest)(&holder, messages), RINGC_OK);
    assert_message(messages, published - 1);
    assert_full();
    B(unsubscribe)(&holder); /* mistake 11 */
    publish(2 * CAPACITY);
}

static void peek_shows_the_next_message_in_place_until_it_is_released(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < 3 * CAPACITY; ++number) {
        const MESSAGE *shown, *again;

        publish(1);
        assert_status(B(peek)(&s, &shown), RINGC_OK);
        assert_true(shown == &X(cell_of_)(ch, s.position)->message);
        assert_message(shown, number);
        assert_status(B(peek)(&s, &again), RINGC_OK); /* looking takes nothing */
        assert_true(shown == again);
        assert_counts(&s, number, 0);
        if (number == 0) {
            publish(ROOM - 1);
            assert_full();
        }
        assert_status(B(release)(&s, 2), RINGC_INVALID);
        assert_status(B(release)(&s, 1), RINGC_OK);
        assert_counts(&s, number + 1, 0);
        assert_status(B(release)(&s, 1), RINGC_INVALID);
        if (number == 0) {
            assert_room_for_one();
            receive_from(&s, 1, ROOM);
            afresh();
            publish(1);
            receive_from(&s, 0, 1);
        }
    }
    assert_nothing_for(&s);
}

/* What peek has shown and another verb has received is not there to be released again. */
static void a_message_that_was_peeked_at_and_received_cannot_be_released_twice(void **state)
{
    (void)state;
    for (int verb = 0; verb < 4; ++verb) {
        const MESSAGE *shown;
        MESSAGE message;
        size_t done;

        afresh();
        publish(1);
        assert_status(B(peek)(&s, &shown), RINGC_OK);
        switch (verb) {
        case 0:
            assert_status(B(try_recv)(&s, &message), RINGC_OK);
            break;
        case 1:
            assert_status(B(try_recv_n)(&s, &message, 1, &done), RINGC_OK);
            break;
        case 2:
            assert_status(B(latest)(&s, &message), RINGC_OK);
            break;
        default:
            assert_status(B(drain_group)(&s, 1, NULL, 0), RINGC_OK);
            break;
        }
        assert_counts(&s, 1, 0);
        assert_status(B(release)(&s, 1), RINGC_INVALID);
        assert_counts(&s, 1, 0);
        publish(1);
        receive_from(&s, 1, 1);
    }
}

static void a_holding_subscriber_may_peek_beyond_what_it_received(void **state)
{
    subscriber holder;
    const MESSAGE *shown;

    (void)state;
    if (ROOM < 2)
        return;
    B(unsubscribe)(&s);
    assert_status(B(subscribe)(ch, &holder, RINGC_GATING | RINGC_HOLDING), RINGC_OK);
    publish(ROOM);
    receive_from(&holder, 0, 1);
    assert_status(B(peek)(&holder, &shown), RINGC_OK);
    assert_message(shown, 1);
    assert_status(B(release)(&holder, 3), RINGC_INVALID);
    assert_status(B(release)(&holder, 1), RINGC_OK); /* the first, received one */
    assert_room_for_one();
    assert_counts(&holder, 1, 0);
    assert_status(B(release)(&holder, 1), RINGC_OK); /* the one that was shown */
    assert_counts(&holder, 2, 0);
    assert_room_for_one();
    assert_status(B(release)(&holder, 1), RINGC_INVALID);
    receive_from(&holder, 2, ROOM);
    B(unsubscribe)(&holder);
}

/* A dead gating subscriber is let go: it holds the producer no more, and nobody else is hurt. */
static void a_subscriber_that_is_let_go_holds_nobody_back(void **state)
{
    subscriber dead, next;
    ringc_place place, wrong;
    uint32_t gates;

    (void)state;
    assert_status(B(subscribe)(ch, &dead, RINGC_GATING), RINGC_OK);
    place = B(place)(&dead);
    gates = place.taken | RINGC_PLACE_GATES_;
    wrong = place;
    wrong.index = SUBSCRIBERS;
    memcpy(ch->cells, &gates, sizeof gates); /* what lies behind the table looks like a place */
    assert_status(B(let_go)(ch, wrong), RINGC_INVALID);
    assert_memory_equal(ch->cells, &gates, sizeof gates);
    wrong = place;
    wrong.taken += RINGC_PLACE_TURN_;
    assert_status(B(let_go)(ch, wrong), RINGC_INVALID);
    publish(ROOM);
    receive_from(&s, 0, ROOM);
    assert_full();
    assert_status(B(let_go)(ch, place), RINGC_OK);
    assert_status(B(let_go)(ch, place), RINGC_INVALID); /* it is already */
    for (size_t i = 0; i < CAPACITY + 3; ++i) {
        publish(1);
        receive_from(&s, published - 1, 1);
    }
#if !ALL_GATE
    assert_lags(&dead, published - CAPACITY);
    {
        const MESSAGE *shown;

        publish(1);
        receive_from(&s, published - 1, 1);
        assert_status(B(peek)(&dead, &shown), RINGC_LAGGED);
        assert_true(B(missed)(&dead) == 1);
        receive_from(&dead, published - (uint32_t)CAPACITY, CAPACITY);
        assert_nothing_for(&dead);
    }
#endif
    B(unsubscribe)(&dead);
    assert_status(B(let_go)(ch, place), RINGC_INVALID); /* it has left */
    assert_status(B(subscribe)(ch, &next, RINGC_GATING), RINGC_OK);
    assert_status(B(let_go)(ch, place), RINGC_INVALID); /* its place is another's */
    publish(ROOM);
    assert_full();
    B(unsubscribe)(&next);
}

#endif /* BROADCAST_GATED */

/* ---- In batches --------------------------------------------------------------------------- */

/* Mistake 2: from the first to the last. */
static void a_batch_keeps_its_order_wherever_it_wraps(void **state)
{
    MESSAGE in[ROOM], out[CAPACITY + 1];

    (void)state;
    for (size_t turn = 0; turn < 2 * CAPACITY; ++turn) {
        for (size_t n = 1; n <= ROOM; ++n) {
            size_t done = 77;

            messages_of(in, n, published);
            assert_status(turn % 2 ? B(publish_n)(&p, in, n, &done)
                                   : B(try_publish_n)(&p, in, n, &done),
                          RINGC_OK);
            assert_int_equal(done, n);
            assert_true(B(pending)(&s) == n);
            done = 77;
            assert_status(turn % 3 ? B(try_recv_n)(&s, out, CAPACITY + 1, &done)
                                   : B(recv_n)(&s, out, CAPACITY + 1, &done),
                          RINGC_OK);
            assert_int_equal(done, n);
            for (size_t i = 0; i < n; ++i)
                assert_message(&out[i], published + (uint32_t)i);
            published += (uint32_t)n;
            assert_counts(&s, published, 0);
        }
    }
}

static void a_batch_takes_no_more_than_asked_and_no_more_than_there_is(void **state)
{
    MESSAGE out[CAPACITY + 1];

    (void)state;
    for (size_t inside = 1; inside <= ROOM; ++inside) {
        for (size_t want = 0; want <= CAPACITY + 1; ++want) {
            const size_t expected = want < inside ? want : inside;
            const uint32_t from = published;
            size_t done = 77;

            publish(inside);
            assert_status(B(try_recv_n)(&s, out, want, &done), RINGC_OK);
            assert_int_equal(done, expected);
            for (size_t i = 0; i < expected; ++i)
                assert_message(&out[i], from + (uint32_t)i);
            receive_from(&s, from + (uint32_t)expected, inside - expected);
            assert_nothing_for(&s);
        }
    }
}

static void a_batch_of_none_succeeds_and_does_nothing(void **state)
{
    MESSAGE message = message_of(0);
    size_t done = 7;

    (void)state;
    assert_status(B(try_publish_n)(&p, &message, 0, &done), RINGC_OK);
    assert_int_equal(done, 0);
    done = 7;
    assert_status(B(publish_n)(&p, &message, 0, &done), RINGC_OK);
    assert_int_equal(done, 0);
    done = 7;
    assert_status(B(try_recv_n)(&s, &message, 0, &done), RINGC_OK);
    assert_int_equal(done, 0);
    done = 7;
    assert_status(B(recv_n)(&s, &message, 0, &done), RINGC_OK);
    assert_int_equal(done, 0);
    assert_status(B(drain_n)(&s, 0, NULL, NULL), RINGC_OK);
    assert_status(B(drain_group)(&s, 0, NULL, 0), RINGC_OK);
    assert_true(B(published)(ch) == 0);
    assert_nothing_for(&s);
}

#if !BROADCAST_GATED
static void a_batch_larger_than_the_ring_leaves_its_newest_messages(void **state)
{
    static MESSAGE in[3 * CAPACITY + 1];
    size_t done = 7;

    (void)state;
    messages_of(in, LENGTH_OF(in), 0);
    assert_status(B(publish_n)(&p, in, LENGTH_OF(in), &done), RINGC_OK);
    assert_int_equal(done, LENGTH_OF(in));
    published = LENGTH_OF(in);
    assert_true(B(published)(ch) == published);
    assert_lags(&s, 2 * CAPACITY + 1);
    receive_from(&s, 2 * CAPACITY + 1, CAPACITY);
    assert_nothing_for(&s);
}
#endif

/* ---- Claim, commit, abort ----------------------------------------------------------------- */

static void a_claimed_message_is_published_by_commit_and_not_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * CAPACITY + 1; ++i) {
        MESSAGE *lent = NULL;

        assert_status(B(commit)(&p), RINGC_INVALID);
        assert_status(B(claim)(&p, &lent), RINGC_OK);
        *lent = message_of(published);
        assert_nothing_for(&s);
        assert_status(B(commit)(&p), RINGC_OK);
        assert_status(B(commit)(&p), RINGC_INVALID);
        expect_one();
#if IN_PLACE
        assert_true(lent == &X(cell_of_)(ch, s.position - 1)->message);
#else
        assert_true((char *)lent >= (char *)&p && (char *)lent < (char *)(&p + 1));
#endif
    }
}

static void an_aborted_claim_leaves_nothing_behind(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * CAPACITY + 1; ++i) {
        MESSAGE *lent = NULL;

        assert_status(B(claim)(&p, &lent), RINGC_OK);
        *lent = message_of(9999);
        B(abort)(&p);
        assert_status(B(commit)(&p), RINGC_INVALID);
        assert_nothing_for(&s);
        publish(1);
        receive_from(&s, published - 1, 1);
        assert_status(B(claim)(&p, &lent), RINGC_OK); /* and one that its producer left with */
        B(producer_close)(&p);
        assert_status(B(producer_open)(ch, &p), RINGC_OK);
        assert_status(B(commit)(&p), RINGC_INVALID);
        assert_nothing_for(&s);
        publish(1);
        receive_from(&s, published - 1, 1);
    }
    assert_true(B(published)(ch) == published);
}

#if !IN_PLACE
static void a_publish_between_claim_and_commit_goes_first(void **state)
{
    MESSAGE *lent = NULL;

    (void)state;
    for (size_t i = 0; i < CAPACITY + 1; ++i) {
        assert_status(B(claim)(&p, &lent), RINGC_OK);
        *lent = message_of(published + 1);
        publish(1);
        receive_from(&s, published - 1, 1);
        assert_nothing_for(&s);
        assert_status(B(commit)(&p), RINGC_OK);
        expect_one();
    }
}
#else
/* Mistake 10: the slot that claim lent is another message's by now, and the next one may be full.
 */
static void a_publish_between_claim_and_commit_takes_the_claimed_slot_away(void **state)
{
    MESSAGE *lent = NULL, messages[2];
    size_t done;

    (void)state;
    for (int batch = 0; batch < 2; ++batch) {
        assert_status(B(claim)(&p, &lent), RINGC_OK);
        *lent = message_of(9999);
        if (batch) {
            messages_of(messages, 1, published);
            assert_status(B(try_publish_n)(&p, messages, 1, &done), RINGC_OK);
            ++published;
        } else {
            publish(1);
        }
        assert_status(B(commit)(&p), RINGC_INVALID);
        receive_from(&s, published - 1, 1);
        assert_nothing_for(&s);
    }
    assert_true(B(published)(ch) == published);
}
#endif

#if !IN_PLACE && BROADCAST_GATED
static void a_commit_that_is_refused_can_be_tried_again(void **state)
{
    MESSAGE *lent;

    (void)state;
    publish(ROOM);
    assert_status(B(claim)(&p, &lent), RINGC_OK);
    *lent = message_of(published);
    assert_status(B(commit)(&p), RINGC_FULL);
    receive_from(&s, 0, 1);
    assert_status(B(commit)(&p), RINGC_OK);
    ++published;
    assert_full();
    receive_from(&s, 1, ROOM);
}
#endif

/* ---- The newest --------------------------------------------------------------------------- */

static void latest_gives_the_newest_and_counts_what_it_passes_over(void **state)
{
    uint64_t received = 0, lagged = 0;
    MESSAGE message;

    (void)state;
    for (size_t sent = 1; sent <= ROOM; ++sent) {
        publish(sent);
        assert_status(B(latest)(&s, &message), RINGC_OK);
        assert_message(&message, published - 1);
        assert_true(B(missed)(&s) == sent - 1);
        received += 1;
        lagged += sent - 1;
        assert_counts(&s, received, lagged);
        assert_status(B(latest)(&s, &message), RINGC_EMPTY);
        assert_nothing_for(&s);
    }
#if !ALL_GATE
    read_lossy();
    publish(5 * CAPACITY + 1);
    assert_status(B(latest)(&s, &message), RINGC_OK);
    assert_message(&message, published - 1);
    assert_counts(&s, 1, 5 * CAPACITY);
#endif
    publish(1);
    B(close)(ch);
    assert_status(B(latest)(&s, &message), RINGC_OK);
    assert_message(&message, published - 1);
    assert_status(B(latest)(&s, &message), RINGC_CLOSED);
}

#if BROADCAST_GATED
static void latest_gives_back_what_it_passes_over(void **state)
{
    MESSAGE message;

    (void)state;
    for (int i = 0; i < 4; ++i) {
        publish(ROOM);
        assert_full();
        assert_status(B(latest)(&s, &message), RINGC_OK);
    }
}
#endif

/* ---- Drain -------------------------------------------------------------------------------- */

/* What a handler saw. */
struct drained {
    uint32_t next;
    size_t n;
    size_t ends;
    bool tries; /* to publish meanwhile, which has to be refused */
};

static void handle(void *arg, const MESSAGE *message, bool end_of_batch)
{
    struct drained *drained = (struct drained *)arg;

    assert_message(message, drained->next);
    assert_int_equal(drained->ends, 0); /* the end is the last call */
    drained->next++;
    drained->n++;
    drained->ends += end_of_batch;
    if (drained->tries)
        assert_status(publish_number(1), RINGC_FULL);
}

static void drain_hands_out_what_is_there_and_marks_the_last(void **state)
{
    (void)state;
    for (size_t turn = 0; turn < CAPACITY + 1; ++turn) {
        for (size_t inside = 1; inside <= ROOM; ++inside) {
            struct drained drained = { published, 0, 0, false };

            publish(inside);
            assert_status(B(drain)(&s, handle, &drained), RINGC_OK);
            assert_int_equal(drained.n, inside);
            assert_int_equal(drained.ends, 1);
            assert_nothing_for(&s);
            assert_counts(&s, published, 0);
        }
    }
}

static void drain_n_hands_out_at_most_so_many_and_marks_the_last(void **state)
{
    (void)state;
    for (size_t inside = 1; inside <= ROOM; ++inside) {
        for (size_t max = 1; max <= CAPACITY + 1; ++max) {
            const size_t expected = max < inside ? max : inside;
            struct drained drained = { published, 0, 0, false };

            publish(inside);
            assert_status(B(drain_n)(&s, max, handle, &drained), RINGC_OK);
            assert_int_equal(drained.n, expected);
            assert_int_equal(drained.ends, 1);
            assert_true(B(pending)(&s) == inside - expected);
            receive_from(&s, drained.next, inside - expected);
        }
    }
}

static void a_group_gives_each_message_to_all_its_handlers_in_their_order(void **state)
{
    (void)state;
    for (size_t inside = 1; inside <= ROOM; ++inside) {
        struct drained seen[3];
        group_of_handlers group[3];

        for (size_t i = 0; i < 3; ++i) {
            seen[i].next = published;
            seen[i].n = seen[i].ends = 0;
            seen[i].tries = false;
            group[i].handler = handle;
            group[i].arg = &seen[i];
        }
        publish(inside);
        assert_status(B(drain_group)(&s, SIZE_MAX, group, 3), RINGC_OK);
        for (size_t i = 0; i < 3; ++i) {
            assert_int_equal(seen[i].n, inside);
            assert_int_equal(seen[i].ends, 1);
        }
        assert_counts(&s, published, 0);
        publish(inside);
        assert_status(B(drain_group)(&s, 1, group, 0), RINGC_OK); /* nobody to hand it to */
        receive_from(&s, published - (uint32_t)inside + 1, inside - 1);
    }
}

#if BROADCAST_GATED
/* Mistake 9: the last handler has to return first. */
static void a_message_is_not_given_back_while_a_handler_has_it(void **state)
{
    struct drained one = { 0, 0, 0, true }, other = { 0, 0, 0, true };
    group_of_handlers group[2];

    (void)state;
    group[0].handler = group[1].handler = handle;
    group[0].arg = &one;
    group[1].arg = &other;
    publish(ROOM);
    assert_status(B(drain_group)(&s, 1, group, 2), RINGC_OK);
    assert_int_equal(other.n, 1);
    assert_room_for_one();
    receive_from(&s, 1, ROOM);
}
#endif

static void drain_of_a_closed_channel_hands_out_the_rest_and_then_says_closed(void **state)
{
    struct drained drained = { 0, 0, 0, false };

    (void)state;
    publish(ROOM);
    B(close)(ch);
    assert_status(B(drain)(&s, handle, &drained), RINGC_OK);
    assert_int_equal(drained.n, ROOM);
    assert_int_equal(drained.ends, 1);
    assert_status(B(drain)(&s, handle, &drained), RINGC_CLOSED);
    assert_status(B(drain_n)(&s, 1, handle, &drained), RINGC_CLOSED);
    assert_int_equal(drained.n, ROOM);
}

/* ---- Dependants --------------------------------------------------------------------------- */

#define FOLLOWED (BROADCAST_GATED ? RINGC_GATING : RINGC_TRACKED)

/* Mistake 9: a dependant reads what its upstreams have released, not what they have received. */
static void a_dependant_receives_what_its_upstreams_have_given_back(void **state)
{
    subscriber up[2];
    ringc_place places[2];
    MESSAGE message;
    size_t done;

    (void)state;
    for (size_t i = 0; i < 2; ++i) {
        assert_status(B(subscribe)(ch, &up[i], FOLLOWED | RINGC_HOLDING), RINGC_OK);
        places[i] = B(place)(&up[i]);
    }
    B(follow)(&s, places, 2);
    for (uint32_t number = 0; number < 2 * CAPACITY + 1; ++number) {
        publish(1);
        assert_status(B(try_recv)(&s, &message), RINGC_EMPTY);
        for (size_t i = 0; i < 2; ++i) {
            receive_from(&up[i], number, 1);
            assert_status(B(try_recv)(&s, &message), RINGC_EMPTY);
            assert_status(B(try_recv_n)(&s, &message, 1, &done), RINGC_EMPTY);
            assert_int_equal(done, 0);
            assert_status(B(latest)(&s, &message), RINGC_EMPTY);
            assert_status(B(drain)(&s, NULL, NULL), RINGC_EMPTY);
            assert_status(B(recv_for)(&s, &message, 0), RINGC_TIMEOUT);
#if BROADCAST_GATED
            {
                const MESSAGE *shown;

                assert_status(B(peek)(&s, &shown), RINGC_EMPTY);
            }
#endif
            assert_counts(&s, number, 0);
            assert_status(B(release)(&up[i], 1), RINGC_OK);
        }
        receive_from(&s, number, 1);
    }
    for (size_t i = 0; i < 2; ++i)
        B(unsubscribe)(&up[i]);
}

static void a_dependant_takes_no_more_of_a_batch_than_was_given_back(void **state)
{
    subscriber up;
    ringc_place place;
    MESSAGE messages[CAPACITY];

    (void)state;
    assert_status(B(subscribe)(ch, &up, FOLLOWED), RINGC_OK);
    place = B(place)(&up);
    B(follow)(&s, &place, 1);
    for (size_t given = 1; given <= ROOM; ++given) {
        const uint32_t from = published;
        struct drained drained = { from, 0, 0, false };
        size_t done = 77;

        publish(ROOM);
        receive_from(&up, from, given);
        if (given % 2) {
            assert_status(B(try_recv_n)(&s, messages, CAPACITY, &done), RINGC_OK);
            assert_int_equal(done, given);
        } else {
            assert_status(B(drain)(&s, handle, &drained), RINGC_OK);
            assert_int_equal(drained.n, given);
        }
        receive_from(&up, from + (uint32_t)given, ROOM - given);
        if (ROOM > given) {
            const uint64_t lagged = B(lagged)(&s);

            assert_status(B(latest)(&s, messages), RINGC_OK);
            assert_message(messages, published - 1);
            assert_true(B(lagged)(&s) == lagged + ROOM - given - 1);
        }
    }
    publish(ROOM);
    if (ROOM > 1) { /* the newest that was given back, not the newest of all */
        receive_from(&up, published - (uint32_t)ROOM, ROOM - 1);
        assert_status(B(latest)(&s, messages), RINGC_OK);
        assert_message(messages, published - 2);
        assert_status(B(latest)(&s, messages), RINGC_EMPTY);
    }
    B(unsubscribe)(&up);
    receive_from(&s, published - 1, 1);
}

/* Mistake 11: an upstream that has left, and one that took its place. */
static void a_dependant_does_not_wait_for_an_upstream_that_left(void **state)
{
    subscriber up, other;
    ringc_place place;
    MESSAGE message;

    (void)state;
    assert_status(B(subscribe)(ch, &up, FOLLOWED | RINGC_HOLDING), RINGC_OK);
    place = B(place)(&up);
    B(follow)(&s, &place, 1);
    publish(1);
    assert_status(B(try_recv)(&s, &message), RINGC_EMPTY);
    B(unsubscribe)(&up);
    assert_status(B(subscribe)(ch, &other, FOLLOWED | RINGC_HOLDING), RINGC_OK);
    assert_int_equal(B(place)(&other).index, place.index);
    receive_from(&s, 0, 1);
    publish(1);
    if (ROOM > 1)
        receive_from(&s, 1, 1);
    B(follow)(&s, NULL, 0);
    B(unsubscribe)(&other);
}

/* ---- Close -------------------------------------------------------------------------------- */

static void assert_publishing_is_refused(void)
{
    const MESSAGE messages[2] = { message_of(7), message_of(8) };
    const ringc_seq before = B(published)(ch);
    size_t done = 7;
    MESSAGE *lent;

    assert_status(B(try_publish)(&p, messages), RINGC_CLOSED);
    assert_status(B(publish)(&p, messages), RINGC_CLOSED);
    assert_status(B(try_publish_n)(&p, messages, 2, &done), RINGC_CLOSED);
    assert_int_equal(done, 0);
    done = 7;
    assert_status(B(publish_n)(&p, messages, 2, &done), RINGC_CLOSED);
    assert_int_equal(done, 0);
    assert_status(B(claim)(&p, &lent), RINGC_CLOSED);
    assert_status(B(commit)(&p), RINGC_INVALID);
#if BROADCAST_BLOCKS
    assert_status(B(publish_for)(&p, messages, 0), RINGC_CLOSED);
    assert_status(B(publish_for)(&p, messages, RINGC_FOREVER), RINGC_CLOSED);
    for (size_t i = 0; i < LENGTH_OF(strategies); ++i)
        assert_status(B(publish_with)(&p, messages, strategies[i]),
                      producer_may(strategies[i]) ? RINGC_CLOSED : RINGC_INVALID);
#endif
    assert_true(B(published)(ch) == before);
}

OUT_OF_LINE void assert_it_is_over(subscriber *by)
{
    const uint64_t received = B(received)(by), lagged = B(lagged)(by);
    MESSAGE message;
    size_t done = 7;

    assert_status(B(try_recv)(by, &message), RINGC_CLOSED);
    assert_status(B(try_recv_n)(by, &message, 1, &done), RINGC_CLOSED);
    assert_int_equal(done, 0);
    for (size_t way = 0; way < RECVS; ++way) {
        assert_status(recv_by(by, way, &message, 0), RINGC_CLOSED);
        assert_status(recv_by(by, way, &message, RINGC_FOREVER), RINGC_CLOSED);
    }
    for (size_t i = 0; i < LENGTH_OF(strategies); ++i)
        assert_status(B(recv_with)(by, &message, strategies[i]),
                      subscriber_may(strategies[i]) ? RINGC_CLOSED : RINGC_INVALID);
    assert_status(B(drain)(by, NULL, NULL), RINGC_CLOSED);
    assert_status(B(latest)(by, &message), RINGC_CLOSED);
#if BROADCAST_GATED
    if (by->reading == RINGC_GATING) {
        const MESSAGE *shown;

        assert_status(B(peek)(by, &shown), RINGC_CLOSED);
    }
#endif
    assert_counts(by, received, lagged);
}

/* Mistake 14. */
static void after_close_publishing_is_refused_and_each_subscriber_drains(void **state)
{
    (void)state;
    for (size_t inside = 0; inside <= ROOM; ++inside) {
        subscriber other;

        afresh();
        publish(1);
        assert_status(B(subscribe)(ch, &other, PLAIN_READING), RINGC_OK);
        receive_from(&s, 0, 1);
        publish(inside);
        B(close)(ch);
        assert_true(B(is_closed)(ch));
        assert_publishing_is_refused();
        receive_from(&s, 1, inside);
        assert_it_is_over(&s);
        receive_from(&other, 1, inside);
        assert_it_is_over(&other);
        B(unsubscribe)(&other);
    }
}

#if !ALL_GATE
static void a_subscriber_that_lags_when_it_is_closed_is_told_and_drains(void **state)
{
    (void)state;
    read_lossy();
    publish(2 * CAPACITY + 1);
    B(close)(ch);
    assert_lags(&s, CAPACITY + 1);
    receive_from(&s, CAPACITY + 1, CAPACITY);
    assert_it_is_over(&s);
    assert_true(B(received)(&s) + B(lagged)(&s) == B(published)(ch));
}
#endif

static void closed_is_final(void **state)
{
    (void)state;
    publish(1);
    B(close)(ch);
    B(close)(ch);
    receive_from(&s, 0, 1);
    for (int i = 0; i < 3; ++i) {
        assert_it_is_over(&s);
        assert_publishing_is_refused();
        B(producer_close)(&p);
        assert_status(B(producer_open)(ch, &p), RINGC_OK);
        B(unsubscribe)(&s);
        assert_status(B(subscribe)(ch, &s, PLAIN_READING), RINGC_OK);
        B(close)(ch);
        assert_true(B(is_closed)(ch));
    }
}

static void a_closed_channel_gives_each_way_of_receiving_its_last_message(void **state)
{
    (void)state;
    for (size_t way = 0; way < RECVS; ++way) {
        MESSAGE message;

        afresh();
        publish(1);
        B(close)(ch);
        assert_status(recv_by(&s, way, &message, 0), RINGC_OK);
        assert_message(&message, 0);
        assert_status(recv_by(&s, way, &message, 0), RINGC_CLOSED);
    }
}

/* Mistake 17: a producer that dies between claim and commit. Built by hand: it never returns. */
#if BROADCAST_MULTI
static void a_producer_that_dies_in_a_publish_stops_the_others_until_close(void **state)
{
    MESSAGE message;
    MESSAGE *lent;
    producer dead;

    (void)state;
    assert_status(B(producer_open)(ch, &dead), RINGC_OK);
    assert_status(B(claim)(&dead, &lent), RINGC_OK); /* claim alone takes nothing away */
    publish(1);
    receive_from(&s, 0, 1);
    assert_status(X(claim_)(ch).status, RINGC_OK); /* what a publish does first */
    for (size_t i = 1; i < CAPACITY && (!BROADCAST_GATED || i < ROOM); ++i)
        assert_status(publish_number(77), RINGC_OK);
    assert_true(B(published)(ch) <= CAPACITY + 1);
    assert_status(publish_number(77), RINGC_FULL);
    assert_status(B(try_recv)(&s, &message), RINGC_EMPTY);
    assert_status(B(recv_for)(&s, &message, 1000), RINGC_TIMEOUT);
    B(close)(ch);
    assert_publishing_is_refused();
    assert_status(B(recv)(&s, &message), RINGC_CLOSED);
    B(producer_close)(&dead);
    never_written = 1;
}

/* Mistake 6: without a subscriber that gates, only the stamps hold the others off its slot. */
static void nobody_writes_where_a_dead_producer_may_still_write(void **state)
{
    (void)state;
    B(unsubscribe)(&s);
    assert_status(X(claim_)(ch).status, RINGC_OK);
    while (B(published)(ch) < CAPACITY)
        assert_status(publish_number(77), RINGC_OK);
    assert_status(publish_number(77), RINGC_FULL);
    B(close)(ch);
    assert_publishing_is_refused();
    never_written = 1;
}
#elif IN_PLACE
static void a_producer_that_dies_before_commit_has_published_nothing(void **state)
{
    MESSAGE *lent;

    (void)state;
    for (size_t i = 0; i < CAPACITY + 2; ++i) {
        assert_status(B(claim)(&p, &lent), RINGC_OK);
        memset(lent, 0x66, sizeof *lent);
        assert_nothing_for(&s);
        memset(&p, 0x77, sizeof p); /* gone; who finds out gives its place back */
        __atomic_store_n(&ch->producer_held, 0u, __ATOMIC_RELEASE);
        assert_status(B(producer_open)(ch, &p), RINGC_OK);
        publish(1);
        receive_from(&s, published - 1, 1);
    }
}
#endif

/* ---- What only a moment shows, built by hand ------------------------------------------------ */

#if !BROADCAST_MULTI
/* Mistake 12: a message is there before it counts as published. */
static void pending_does_not_fall_below_zero(void **state)
{
    const MESSAGE message = message_of(0);

    (void)state;
    X(put_)(ch, first_sequence, &message);
    X(finish_)(ch, first_sequence);
    receive_from(&s, 0, 1);
    assert_true(B(pending)(&s) == 0);
    X(publish_)(&p, 1);
    assert_true(B(pending)(&s) == 0);
    published = 1;
}
#endif

/* ---- What is owned ------------------------------------------------------------------------ */

#if OWNS

static void assert_dropped(uint32_t from, uint32_t to)
{
    for (uint32_t number = 0; number < published; ++number)
        assert_int_equal(times_dropped[number], number >= from && number < to);
}

/* Drop exactly once: when the slot is used again, or at destroy. */
static void each_message_is_dropped_once_when_its_slot_is_used_again_or_at_destroy(void **state)
{
    MESSAGE messages[2 * CAPACITY], *lent;
    size_t done;

    (void)state;
    for (size_t i = 0; i < 2 * CAPACITY + 1; ++i) {
        publish(1);
        receive_from(&s, (uint32_t)i, 1);
        assert_dropped(0, i < CAPACITY ? 0 : (uint32_t)(i - CAPACITY + 1));
    }
    assert_status(B(claim)(&p, &lent), RINGC_OK);
    assert_dropped(0, published - (uint32_t)CAPACITY + IN_PLACE);
    *lent = message_of(9999);
    B(abort)(&p);
    assert_status(B(claim)(&p, &lent), RINGC_OK);
    assert_dropped(0, published - (uint32_t)CAPACITY + IN_PLACE);
    *lent = message_of(published);
    assert_status(B(commit)(&p), RINGC_OK);
    ++published;
    assert_dropped(0, published - (uint32_t)CAPACITY);
    receive_from(&s, published - 1, 1);
    messages_of(messages, CAPACITY, published);
    assert_status(B(try_publish_n)(&p, messages, CAPACITY, &done), RINGC_OK);
    published += (uint32_t)CAPACITY;
    assert_dropped(0, published - (uint32_t)CAPACITY);
    assert_full();
    assert_dropped(0, published - (uint32_t)CAPACITY);
    B(close)(ch);
    assert_publishing_is_refused();
    assert_dropped(0, published - (uint32_t)CAPACITY);
    B(producer_close)(&p);
    B(unsubscribe)(&s);
    B(destroy)(ch);
    assert_dropped(0, published);
}

static void a_message_that_was_claimed_and_never_committed_is_not_dropped(void **state)
{
    MESSAGE *lent;

    (void)state;
    publish(2);
    assert_status(B(claim)(&p, &lent), RINGC_OK);
    memset(lent, 0x66, sizeof *lent);
    B(producer_close)(&p);
    B(unsubscribe)(&s);
    B(destroy)(ch);
    assert_dropped(0, 2);
}

#endif

#include "broadcast_suite_model.h"
#include "broadcast_suite_stress.h"
#include "broadcast_suite_waits.h"

/* ---- All of them -------------------------------------------------------------------------- */

#define TEST(function) cmocka_unit_test_setup_teardown(function, an_open_channel, the_end)

int main(void)
{
    const struct CMUnitTest quick[] = {
        TEST(a_new_channel_is_open_and_as_large_as_the_schema_says),
        TEST(published_sequence_and_pending_follow_every_message),
        TEST(init_refuses_misaligned_memory_and_unknown_flags_and_writes_nothing),
        TEST(a_channel_can_be_made_anew_in_the_same_memory),
#if BROADCAST_MULTI
        TEST(many_producers_publish_into_one_order),
        TEST(a_producer_that_dies_in_a_publish_stops_the_others_until_close),
        TEST(nobody_writes_where_a_dead_producer_may_still_write),
#else
        TEST(a_second_producer_is_refused_while_one_is_open_and_leaves_no_trace),
        TEST(pending_does_not_fall_below_zero),
#endif
        TEST(a_producer_that_is_reopened_goes_on_where_the_last_one_stopped),
        TEST(a_subscriber_too_many_is_refused_and_leaves_no_trace),
        TEST(a_reading_that_the_channel_has_not_is_refused_and_leaves_no_trace),
        TEST(every_subscriber_sees_every_message_in_order),
        TEST(an_empty_channel_gives_nothing_to_any_verb_that_does_not_wait),
        TEST(every_recv_takes_what_is_there_without_waiting),
        TEST(every_publish_goes_in_without_waiting_while_there_is_room),
#if !ALL_GATE
        TEST(a_subscriber_that_lags_is_told_how_many_it_missed),
        TEST(a_subscriber_one_lap_behind_misses_nothing),
        TEST(every_verb_tells_of_the_lag_once_and_goes_on_with_the_oldest),
        TEST(the_receive_ratio_is_what_was_received_of_all),
        TEST(a_message_that_is_being_written_is_not_there_yet_and_what_it_overwrites_is_gone),
        TEST(a_message_that_is_half_overwritten_is_not_read),
        TEST(a_message_that_is_overwritten_while_it_is_copied_is_not_received),
        TEST(a_lossy_joiner_reads_all_that_the_ring_holds),
        TEST(a_subscriber_that_lags_when_it_is_closed_is_told_and_drains),
#endif
        TEST(a_subscriber_joins_from_now_from_the_oldest_or_from_n_messages_back),
#if BROADCAST_GATED
        TEST(what_a_gating_joiner_may_read_is_kept_for_it),
        TEST(an_idle_gating_subscriber_stops_the_producer_when_the_room_is_used_up),
        TEST(one_message_received_frees_one_slot_at_once),
        TEST(the_slowest_gating_subscriber_holds_the_producer),
        TEST(a_holding_subscriber_gives_back_only_what_it_releases),
        TEST(peek_shows_the_next_message_in_place_until_it_is_released),
        TEST(a_message_that_was_peeked_at_and_received_cannot_be_released_twice),
        TEST(a_holding_subscriber_may_peek_beyond_what_it_received),
        TEST(a_subscriber_that_is_let_go_holds_nobody_back),
        TEST(latest_gives_back_what_it_passes_over),
        TEST(a_message_is_not_given_back_while_a_handler_has_it),
#if !ALL_GATE
        TEST(an_idle_lossy_or_tracked_subscriber_never_holds_the_producer),
#endif
#else
        TEST(a_batch_larger_than_the_ring_leaves_its_newest_messages),
#endif
        TEST(a_batch_keeps_its_order_wherever_it_wraps),
        TEST(a_batch_takes_no_more_than_asked_and_no_more_than_there_is),
        TEST(a_batch_of_none_succeeds_and_does_nothing),
        TEST(a_claimed_message_is_published_by_commit_and_not_before),
        TEST(an_aborted_claim_leaves_nothing_behind),
#if IN_PLACE
        TEST(a_publish_between_claim_and_commit_takes_the_claimed_slot_away),
        TEST(a_producer_that_dies_before_commit_has_published_nothing),
#else
        TEST(a_publish_between_claim_and_commit_goes_first),
#if BROADCAST_GATED
        TEST(a_commit_that_is_refused_can_be_tried_again),
#endif
#endif
        TEST(latest_gives_the_newest_and_counts_what_it_passes_over),
        TEST(drain_hands_out_what_is_there_and_marks_the_last),
        TEST(drain_n_hands_out_at_most_so_many_and_marks_the_last),
        TEST(a_group_gives_each_message_to_all_its_handlers_in_their_order),
        TEST(drain_of_a_closed_channel_hands_out_the_rest_and_then_says_closed),
        TEST(a_dependant_receives_what_its_upstreams_have_given_back),
        TEST(a_dependant_takes_no_more_of_a_batch_than_was_given_back),
        TEST(a_dependant_does_not_wait_for_an_upstream_that_left),
        TEST(after_close_publishing_is_refused_and_each_subscriber_drains),
        TEST(closed_is_final),
        TEST(a_closed_channel_gives_each_way_of_receiving_its_last_message),
#if OWNS
        TEST(each_message_is_dropped_once_when_its_slot_is_used_again_or_at_destroy),
        TEST(a_message_that_was_claimed_and_never_committed_is_not_dropped),
#endif
        TEST(any_sequence_of_operations_behaves_like_the_model),
    };
    const struct CMUnitTest waits[] = { WAIT_TESTS };
    const struct CMUnitTest stress[] = { STRESS_TESTS };
    int failed = 0;

    begin(BROADCAST_NAME);
    for (size_t i = 0; i < LENGTH_OF(starts); ++i) {
        first_sequence = starts[i];
        init_flags = i % 2 ? RINGC_SHARED : 0;
        printf("%s from sequence %" PRIu64 "\n", BROADCAST_NAME, (uint64_t)first_sequence);
        failed += cmocka_run_group_tests_name(BROADCAST_NAME, quick, NULL, NULL);
    }
    first_sequence = (ringc_seq)(UINT64_MAX - 2); /* the rest goes across the last wrap */
    for (size_t i = 0; i < (SUBSCRIBERS_PARK ? 2 : 1); ++i) {
        init_flags = i % 2 ? RINGC_SHARED : 0;
        printf("%s with flags %" PRIu32 "\n", BROADCAST_NAME, init_flags);
        failed += cmocka_run_group_tests_name(BROADCAST_NAME " waits", waits, NULL, NULL);
        injecting = INJECTS;
        failed += cmocka_run_group_tests_name(BROADCAST_NAME " under stress", stress, NULL, NULL);
        injecting = 0;
    }
    return failed != 0;
}
