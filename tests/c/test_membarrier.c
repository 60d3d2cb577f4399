/*
 * Parking with membarrier(2): which channels leave the publisher's fence to the sleeper, and what becomes of a sleeper whose
 * barrier is refused. The kernel's part is stood in for, so that each case can be had; the last tests use the real one.
 */
#include "cmocka_support.h"
#include "support.h"

#include <pthread.h>
#include <string.h>

#include "q/block_park.h"
#include "q/block_spin.h"
#include "q/drop_oldest_park.h"
#include "q/reject_park.h"

bool __real_ringc_membarrier_register(void);
bool __real_ringc_membarrier(void);
bool __real_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t timeout_ns, uint32_t flags);
bool __wrap_ringc_membarrier_register(void);
bool __wrap_ringc_membarrier(void);
bool __wrap_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t timeout_ns, uint32_t flags);

static bool registers, obeys, is_real;
static int registrations, barriers, sleeps;
static uint64_t longest_ns;
static q_block_park *closes_while_asleep;

bool __wrap_ringc_membarrier_register(void)
{
    registrations++;
    return is_real ? __real_ringc_membarrier_register() : registers;
}

bool __wrap_ringc_membarrier(void)
{
    barriers++;
    return is_real ? __real_ringc_membarrier() : obeys;
}

/* Nobody wakes: the sleep ends at once, as when its time is over, after what happens meanwhile. */
bool __wrap_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t timeout_ns, uint32_t flags)
{
    if (is_real)
        return __real_ringc_futex_wait(word, expected, timeout_ns, flags);
    sleeps++;
    longest_ns = timeout_ns > longest_ns ? timeout_ns : longest_ns;
    if (closes_while_asleep != NULL && sleeps == 3)
        q_block_park_close(closes_while_asleep);
    return timeout_ns == RINGC_FOREVER;
}

static int set_up(void **state)
{
    (void)state;
    registers = obeys = true;
    is_real = false;
    registrations = barriers = sleeps = 0;
    longest_ns = 0;
    closes_while_asleep = NULL;
    return 0;
}

/* ---- who leaves its fence out --------------------------------------------------------------------- */

static void a_channel_of_one_process_leaves_the_fence_to_the_sleeper(void **state)
{
    static q_reject_park ch;

    (void)state;
    assert_status(q_reject_park_init(&ch, 0), RINGC_OK);
    assert_int_equal(registrations, 1);
    assert_int_equal(ch.flags, RINGC_MEMBARRIER_);
}

static void a_shared_channel_keeps_its_fences_and_does_not_ask(void **state)
{
    static q_drop_oldest_park ch;

    (void)state;
    assert_status(q_drop_oldest_park_init(&ch, RINGC_SHARED), RINGC_OK);
    assert_int_equal(registrations, 0);
    assert_int_equal(ch.flags, RINGC_SHARED);
}

static void a_refused_registration_leaves_the_fences(void **state)
{
    static q_reject_park ch;

    (void)state;
    registers = false;
    assert_status(q_reject_park_init(&ch, 0), RINGC_OK);
    assert_int_equal(ch.flags, 0);
}

static void a_channel_that_does_not_park_does_not_ask(void **state)
{
    static q_block_spin ch;

    (void)state;
    assert_status(q_block_spin_init(&ch, 0), RINGC_OK);
    assert_int_equal(registrations, 0);
    assert_int_equal(ch.flags, 0);
}

/* ---- the sleeper's part ----------------------------------------------------------------------------- */

/* Pops from an empty queue with a timeout of ten seconds, until the third sleep closes it. */
static void sleep_until_closed(uint32_t flags)
{
    static q_block_park ch;
    q_block_park_consumer c;
    q_item item;

    assert_status(q_block_park_init(&ch, flags), RINGC_OK);
    assert_status(q_block_park_consumer_open(&ch, &c), RINGC_OK);
    closes_while_asleep = &ch;
    assert_status(q_block_park_pop_for(&c, &item, UINT64_C(10000000000)), RINGC_CLOSED);
    q_block_park_consumer_close(&c);
    q_block_park_destroy(&ch);
}

static void a_sleeper_runs_the_barrier_before_each_sleep(void **state)
{
    (void)state;
    sleep_until_closed(0);
    assert_int_equal(sleeps, 3);
    assert_int_equal(barriers, 4); /* the last look, which saw the close, came after one too */
    assert_in_range(longest_ns, UINT64_C(5000000000), UINT64_C(10000000000));
}

static void a_sleeper_of_a_shared_channel_runs_none(void **state)
{
    (void)state;
    sleep_until_closed(RINGC_SHARED);
    assert_int_equal(sleeps, 3);
    assert_int_equal(barriers, 0);
}

static void a_sleeper_whose_barrier_is_refused_only_naps(void **state)
{
    (void)state;
    obeys = false;
    sleep_until_closed(0);
    assert_int_equal(sleeps, 3);
    assert_int_equal(longest_ns, 1000000);
}

/* ---- the real one ----------------------------------------------------------------------------------- */

enum { ROUNDS = 3000 };

static q_block_park there, back;

static void *echo(void *arg)
{
    q_block_park_consumer c;
    q_block_park_producer p;
    q_item item;

    if (q_block_park_consumer_open(&there, &c) != RINGC_OK || q_block_park_producer_open(&back, &p) != RINGC_OK)
        return arg;
    while (q_block_park_pop_with(&c, &item, ringc_wait_park(0)) == RINGC_OK)
        if (q_block_park_push_with(&p, &item, ringc_wait_park(0)) != RINGC_OK)
            return arg;
    q_block_park_consumer_close(&c);
    q_block_park_producer_close(&p);
    return NULL;
}

/* Both sides go to sleep at once and are woken each time: a wake-up that is lost would end it here. */
static void nobody_sleeps_for_ever_when_each_message_finds_a_sleeper(void **state)
{
    pthread_t other;
    q_block_park_producer p;
    q_block_park_consumer c;
    void *failed;

    (void)state;
    is_real = true;
    assert_status(q_block_park_init(&there, 0), RINGC_OK);
    assert_status(q_block_park_init(&back, 0), RINGC_OK);
    assert_int_equal(pthread_create(&other, NULL, echo, &there), 0);
    assert_status(q_block_park_producer_open(&there, &p), RINGC_OK);
    assert_status(q_block_park_consumer_open(&back, &c), RINGC_OK);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        q_item item = { .seq = i };

        assert_status(q_block_park_push_with(&p, &item, ringc_wait_park(0)), RINGC_OK);
        assert_status(q_block_park_pop_with(&c, &item, ringc_wait_park(0)), RINGC_OK);
        assert_int_equal(item.seq, i);
    }
    q_block_park_close(&there);
    assert_int_equal(pthread_join(other, &failed), 0);
    assert_null(failed);
    q_block_park_producer_close(&p);
    q_block_park_consumer_close(&c);
}

/* Once it was promised, it is kept. */
static void a_barrier_that_was_registered_is_obeyed(void **state)
{
    (void)state;
    is_real = true;
    if (ringc_membarrier_register())
        assert_true(ringc_membarrier());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_channel_of_one_process_leaves_the_fence_to_the_sleeper, set_up),
        cmocka_unit_test_setup(a_shared_channel_keeps_its_fences_and_does_not_ask, set_up),
        cmocka_unit_test_setup(a_refused_registration_leaves_the_fences, set_up),
        cmocka_unit_test_setup(a_channel_that_does_not_park_does_not_ask, set_up),
        cmocka_unit_test_setup(a_sleeper_runs_the_barrier_before_each_sleep, set_up),
        cmocka_unit_test_setup(a_sleeper_of_a_shared_channel_runs_none, set_up),
        cmocka_unit_test_setup(a_sleeper_whose_barrier_is_refused_only_naps, set_up),
        cmocka_unit_test_setup(nobody_sleeps_for_ever_when_each_message_finds_a_sleeper, set_up),
        cmocka_unit_test_setup(a_barrier_that_was_registered_is_obeyed, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
