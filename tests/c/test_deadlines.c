/*
 * One deadline for a whole call: a consumer of drop_oldest whose message is evicted just before it
 * claims it waits again, but only for what is left of its time. Time is the test's own, and passes
 * only while somebody sleeps.
 */
#include "ringc.h"

static void before_a_claim(void);

#undef RINGC_CAS
#define RINGC_CAS(p, expected_p, desired, order_ok, order_fail)                                    \
    (before_a_claim(),                                                                             \
     __atomic_compare_exchange_n((p), (expected_p), (desired), 0, (order_ok), (order_fail)))

#include "cmocka_support.h"

#include "q/block_1.h"
#include "q/drop_oldest_1.h"

static uint64_t now_ns; /* never 0 */
static uint64_t sleeps;
static void (*every_6_ms)(void); /* what somebody else does meanwhile */

uint64_t __wrap_ringc_now_ns(void);
bool __wrap_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t time_ns, uint32_t flags);

uint64_t __wrap_ringc_now_ns(void)
{
    return now_ns;
}

/* Sleeps for 6 ms, or for as long as it is asked to if that is less. */
bool __wrap_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t time_ns, uint32_t flags)
{
    (void)flags;
    REQUIRE(*word == expected);
    REQUIRE(++sleeps < 100); /* it has to end */
    if (time_ns < 6 * MS) {
        now_ns += time_ns;
        return false;
    }
    now_ns += 6 * MS;
    if (every_6_ms != NULL)
        every_6_ms();
    return true;
}

static int time_begins(void **state)
{
    (void)state;
    now_ns = 1000 * MS;
    sleeps = 0;
    every_6_ms = NULL;
    return 0;
}

/* ---- drop_oldest ---------------------------------------------------------------------------- */

static q_drop_oldest_1 ring;
static q_drop_oldest_1_producer p;
static q_drop_oldest_1_consumer c;
static bool evicts; /* the producer makes room for its next message just before each claim */
static size_t evicted;

static void open_ring(void)
{
    assert_status(q_drop_oldest_1_init(&ring, 0), RINGC_OK);
    assert_status(q_drop_oldest_1_producer_open(&ring, &p), RINGC_OK);
    assert_status(q_drop_oldest_1_consumer_open(&ring, &c), RINGC_OK);
    evicted = 0;
}

static void shut_ring(void)
{
    q_drop_oldest_1_producer_close(&p);
    q_drop_oldest_1_consumer_close(&c);
    q_drop_oldest_1_destroy(&ring);
}

/* The first half of a push to a full queue: the producer is interrupted after it. */
static void before_a_claim(void)
{
    size_t n;

    if (!evicts)
        return;
    evicts = false;
    (void)q_drop_oldest_1_make_room_(&ring, p.position, NULL, &n);
    evicted += n;
    evicts = true;
}

/* The second half. */
static void publish(void)
{
    const q_item item = item_of(1, p.position);

    q_drop_oldest_1_publish_(&p, &item);
}

static void a_pop_whose_message_is_evicted_each_time_ends_when_its_time_is_over(void **state)
{
    static const uint64_t times_ns[] = { 6 * MS, 10 * MS, 20 * MS, 60 * MS };

    (void)state;
    for (size_t i = 0; i < LENGTH_OF(times_ns); ++i) {
        const uint64_t start_ns = now_ns;
        q_item item;

        open_ring();
        every_6_ms = publish;
        evicts = true;
        assert_status(q_drop_oldest_1_pop_for(&c, &item, times_ns[i]), RINGC_TIMEOUT);
        evicts = false;
        assert_int_equal(now_ns - start_ns, times_ns[i]);
        assert_int_equal(evicted, times_ns[i] / (6 * MS)); /* it saw each of them */
        shut_ring();
    }
}

static void a_pop_that_never_times_out_outlasts_all_evictions(void **state)
{
    q_item item;

    (void)state;
    open_ring();
    every_6_ms = publish;
    evicts = true;
    for (size_t i = 0; i < 5; ++i) {
        assert_status(q_drop_oldest_1_pop_for(&c, &item, 6 * MS), RINGC_TIMEOUT);
        assert_int_equal(evicted, i + 1);
    }
    evicts = false;
    assert_status(q_drop_oldest_1_pop_for(&c, &item, RINGC_FOREVER), RINGC_OK);
    assert_item(&item, 5);
    shut_ring();
}

/* ---- Either side, woken for nothing -------------------------------------------------------- */

static void a_pop_that_is_woken_for_nothing_ends_when_its_time_is_over(void **state)
{
    const uint64_t start_ns = now_ns;
    q_item item;

    (void)state;
    open_ring();
    assert_status(q_drop_oldest_1_pop_for(&c, &item, 20 * MS), RINGC_TIMEOUT);
    assert_int_equal(now_ns - start_ns, 20 * MS);
    assert_int_equal(sleeps, 4);
    shut_ring();
}

static void a_push_that_is_woken_for_nothing_ends_when_its_time_is_over(void **state)
{
    static q_block_1 full;
    const uint64_t start_ns = now_ns;
    const q_item item = item_of(1, 0);
    q_block_1_producer pusher;

    (void)state;
    assert_status(q_block_1_init(&full, 0), RINGC_OK);
    assert_status(q_block_1_producer_open(&full, &pusher), RINGC_OK);
    assert_status(q_block_1_try_push(&pusher, &item), RINGC_OK);
    assert_status(q_block_1_push_for(&pusher, &item, 20 * MS), RINGC_TIMEOUT);
    assert_int_equal(now_ns - start_ns, 20 * MS);
    assert_int_equal(sleeps, 4);
    q_block_1_producer_close(&pusher);
    q_block_1_destroy(&full);
}

#define TEST(function) cmocka_unit_test_setup(function, time_begins)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pop_whose_message_is_evicted_each_time_ends_when_its_time_is_over),
        TEST(a_pop_that_never_times_out_outlasts_all_evictions),
        TEST(a_pop_that_is_woken_for_nothing_ends_when_its_time_is_over),
        TEST(a_push_that_is_woken_for_nothing_ends_when_its_time_is_over),
    };

    begin("deadlines");
    return cmocka_run_group_tests_name("deadlines", tests, NULL, NULL) != 0;
}
