/*
 * The producer of a gated broadcast settles: at the slowest subscriber's heels it pauses before its
 * next look for room, once. (Queues: knobs_suite.h.)
 */
#include "ringc.h"

static void settled(uint32_t pauses);

#define ringc_settle_(pauses) settled(pauses) /* before any generated header calls it */

#include "cmocka_support.h"

#include "bc/multi_reject_spin.h"
#include "bc/single_block_all.h"
#include "bc/single_block_park.h"
#include "bc/single_block_settle.h"
#include "bc/single_reject_byte.h"

enum { ROOM = BC_SINGLE_BLOCK_SETTLE_ROOM, PAUSES = 3, BY_DEFAULT = 32 };

static size_t settles;
static uint32_t pauses_of_last;

static void settled(uint32_t pauses)
{
    settles++;
    pauses_of_last = pauses;
}

/* ---- a ring of 16, of which 4 are kept free ------------------------------------------------- */

static bc_single_block_settle ring;
static bc_single_block_settle_producer p;
static bc_single_block_settle_subscriber s;

static int an_open_ring(void **state)
{
    (void)state;
    assert_status(bc_single_block_settle_init_at(&ring, 0, (ringc_seq)-20), RINGC_OK);
    assert_status(bc_single_block_settle_producer_open(&ring, &p), RINGC_OK);
    assert_status(bc_single_block_settle_subscribe(&ring, &s, RINGC_GATING), RINGC_OK);
    settles = 0;
    pauses_of_last = 0;
    return 0;
}

static void publish(size_t n)
{
    const bc_item item = { .number = 1 };

    for (size_t i = 0; i < n; i++)
        assert_status(bc_single_block_settle_try_publish(&p, &item), RINGC_OK);
}

static void is_full(void)
{
    const bc_item item = { .number = 1 };

    assert_status(bc_single_block_settle_try_publish(&p, &item), RINGC_FULL);
}

static void receive(size_t n)
{
    bc_item item;

    for (size_t i = 0; i < n; i++)
        assert_status(bc_single_block_settle_try_recv(&s, &item), RINGC_OK);
}

static void assert_settled(size_t times)
{
    assert_int_equal(settles, times);
    assert_int_equal(pauses_of_last, times > 0 ? PAUSES : 0);
}

static void a_producer_that_finds_no_room_after_some_settles_once(void **state)
{
    (void)state;
    for (size_t round = 0; round < 3; round++) {
        publish(ROOM);
        is_full();
        assert_settled(round);
        is_full();
        assert_settled(round + 1);
        is_full();
        assert_settled(round + 1);
        receive(ROOM);
    }
}

static void a_producer_that_finds_little_room_settles_before_its_next_look(void **state)
{
    (void)state;
    publish(ROOM);
    receive(2);
    publish(2);
    assert_settled(0);
    receive(1);
    publish(1);
    assert_settled(1);
}

static void a_producer_that_finds_a_quarter_of_the_room_does_not_settle(void **state)
{
    (void)state;
    publish(ROOM);
    for (size_t i = 0; i < 3 * ROOM; i++) {
        receive(ROOM / 4);
        publish(ROOM / 4);
    }
    assert_settled(0);
}

static void one_thread_that_publishes_and_receives_by_turns_does_not_settle(void **state)
{
    (void)state;
    publish(ROOM);
    for (size_t i = 0; i < 3 * ROOM; i++) {
        receive(1);
        publish(1);
    }
    assert_settled(0);
}

static void a_handle_that_is_opened_again_is_far_away(void **state)
{
    (void)state;
    publish(ROOM);
    is_full();
    bc_single_block_settle_producer_close(&p);
    assert_status(bc_single_block_settle_producer_open(&ring, &p), RINGC_OK);
    is_full();
    assert_settled(0);
}

static void a_wait_for_room_tells_how_far_it_is(void **state)
{
    const bc_item item = { .number = 1 };

    (void)state;
    publish(ROOM);
    assert_status(bc_single_block_settle_publish_for(&p, &item, 0), RINGC_TIMEOUT);
    assert_settled(0); /* the wait looked again: nothing, twice */
    is_full();
    assert_settled(0);
}

/* ---- other rings ---------------------------------------------------------------------------- */

/* How often the ring's producer settles that is refused four times. */
#define SETTLES(channel, message, reading)                                                         \
    do {                                                                                           \
        static channel full;                                                                       \
        static const message item;                                                                 \
        channel##_producer producer;                                                               \
        channel##_subscriber subscriber;                                                           \
                                                                                                   \
        settles = 0;                                                                               \
        assert_status(channel##_init(&full, 0), RINGC_OK);                                         \
        assert_status(channel##_producer_open(&full, &producer), RINGC_OK);                        \
        assert_status(channel##_subscribe(&full, &subscriber, reading), RINGC_OK);                 \
        while (channel##_try_publish(&producer, &item) == RINGC_OK)                                \
            ;                                                                                      \
        for (int i = 0; i < 3; i++)                                                                \
            assert_status(channel##_try_publish(&producer, &item), RINGC_FULL);                    \
    } while (0)

static void a_schema_that_says_nothing_gets_32_pauses(void **state)
{
    (void)state;
    SETTLES(bc_single_block_park, bc_item, RINGC_GATING);
    assert_int_equal(settles, 1);
    assert_int_equal(pauses_of_last, BY_DEFAULT);
    SETTLES(bc_single_block_all, bc_item, RINGC_GATING);
    assert_int_equal(settles, 1);
    assert_int_equal(pauses_of_last, BY_DEFAULT);
}

static void none_settles_that_is_told_not_to_or_shares_its_room(void **state)
{
    (void)state;
    SETTLES(bc_single_reject_byte, bc_byte, RINGC_GATING); /* settle: 0 */
    assert_int_equal(settles, 0);
    SETTLES(bc_multi_reject_spin, bc_item, RINGC_GATING);
    assert_int_equal(settles, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, an_open_ring)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_producer_that_finds_no_room_after_some_settles_once),
        TEST(a_producer_that_finds_little_room_settles_before_its_next_look),
        TEST(a_producer_that_finds_a_quarter_of_the_room_does_not_settle),
        TEST(one_thread_that_publishes_and_receives_by_turns_does_not_settle),
        TEST(a_handle_that_is_opened_again_is_far_away),
        TEST(a_wait_for_room_tells_how_far_it_is),
        TEST(a_schema_that_says_nothing_gets_32_pauses),
        TEST(none_settles_that_is_told_not_to_or_shares_its_room),
    };

    begin("settling");
    return cmocka_run_group_tests_name("settling", tests, NULL, NULL) != 0;
}
