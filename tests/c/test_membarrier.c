/*
 * Parking with membarrier(2): which channels leave the publisher's fence to the sleeper, and what
 * becomes of a sleeper whose barrier is refused. The kernel's part is stood in for, so that each
 * case can be had; the last tests use the real one, and have the kernel refuse it.
 */
#include "cmocka_support.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "q/block_park.h"
#include "q/block_spin.h"
#include "q/drop_oldest_park.h"
#include "q/reject_park.h"

bool __real_ringc_membarrier_register(void);
bool __real_ringc_membarrier(void);
bool __real_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t timeout_ns,
                             uint32_t flags);
bool __wrap_ringc_membarrier_register(void);
bool __wrap_ringc_membarrier(void);
bool __wrap_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t timeout_ns,
                             uint32_t flags);

static bool registers, obeys; /* what the kernel answers */
static bool is_real;          /* or the real one does */
static int registrations, barriers, sleeps;
static uint64_t longest_ns;
static q_block_park *closes_while_asleep;

bool __wrap_ringc_membarrier_register(void)
{
    __atomic_fetch_add(&registrations, 1, __ATOMIC_RELAXED);
    return is_real ? __real_ringc_membarrier_register() : registers;
}

bool __wrap_ringc_membarrier(void)
{
    __atomic_fetch_add(&barriers, 1, __ATOMIC_RELAXED);
    return is_real ? __real_ringc_membarrier() : obeys;
}

/* Nobody wakes: the sleep ends at once, as when its time is over, after what happens meanwhile. */
bool __wrap_ringc_futex_wait(uint32_t *word, uint32_t expected, uint64_t timeout_ns, uint32_t flags)
{
    __atomic_fetch_add(&sleeps, 1, __ATOMIC_RELAXED);
    if (timeout_ns > __atomic_load_n(&longest_ns, __ATOMIC_RELAXED))
        __atomic_store_n(&longest_ns, timeout_ns, __ATOMIC_RELAXED);
    if (is_real)
        return __real_ringc_futex_wait(word, expected, timeout_ns, flags);
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

/* ---- who leaves its fence out
 * --------------------------------------------------------------------- */

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

/* ---- the sleeper's part
 * ----------------------------------------------------------------------------- */

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
    assert_int_equal(barriers, 3); /* the look right after the last sleep sees the close, without one */
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

/* ---- the real one --------------------------------------------------------------------------- */

enum { ROUNDS = 3000 };

static q_block_park there, back;

static void *echo(void *arg)
{
    q_block_park_consumer c;
    q_block_park_producer p;
    q_item item;

    REQUIRE(q_block_park_consumer_open(&there, &c) == RINGC_OK);
    REQUIRE(q_block_park_producer_open(&back, &p) == RINGC_OK);
    while (q_block_park_pop_with(&c, &item, ringc_wait_park(0)) == RINGC_OK)
        REQUIRE(q_block_park_push_with(&p, &item, ringc_wait_park(0)) == RINGC_OK);
    q_block_park_consumer_close(&c);
    q_block_park_producer_close(&p);
    return arg;
}

/* Both sides sleep at once and are woken each time: a wake-up that is lost would end it here. */
static void ping_pong(uint32_t flags)
{
    q_block_park_producer p;
    q_block_park_consumer c;
    pthread_t other;

    REQUIRE(q_block_park_init(&there, flags) == RINGC_OK);
    REQUIRE(q_block_park_init(&back, flags) == RINGC_OK);
    other = started(echo, NULL);
    REQUIRE(q_block_park_producer_open(&there, &p) == RINGC_OK);
    REQUIRE(q_block_park_consumer_open(&back, &c) == RINGC_OK);
    for (uint64_t i = 0; i < ROUNDS; ++i) {
        q_item item = item_of(1, i);

        REQUIRE(q_block_park_push_with(&p, &item, ringc_wait_park(0)) == RINGC_OK);
        REQUIRE(q_block_park_pop_with(&c, &item, ringc_wait_park(0)) == RINGC_OK);
        REQUIRE(is_whole(&item) && item.seq == i);
    }
    q_block_park_close(&there);
    joined(other);
    q_block_park_producer_close(&p);
    q_block_park_consumer_close(&c);
}

static void nobody_sleeps_for_ever_when_each_message_finds_a_sleeper(void **state)
{
    (void)state;
    is_real = true;
    ping_pong(0);
    ping_pong(RINGC_SHARED);
}

/* Once it was promised, it is kept. */
static void a_barrier_that_was_registered_is_obeyed(void **state)
{
    (void)state;
    is_real = true;
    if (ringc_membarrier_register())
        assert_true(ringc_membarrier());
}

/* ---- a kernel that refuses ------------------------------------------------------------------ */

enum { NOT_HERE = 77 }; /* exit status of a child that cannot try it: an emulator, an old kernel */

/* From now on membarrier(2) fails in this thread and in those that it starts, as in many sandboxes.
 */
static void forbid_membarrier(void)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { LENGTH_OF(program), program };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        _exit(NOT_HERE);
    REQUIRE(!ringc_membarrier());
}

/* In a process of its own, for a filter cannot be taken away again; false if it cannot be tried. */
static bool holds_in_a_child(void (*body)(void))
{
    int status;
    pid_t child;

    is_real = true;
    fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(60);
        body();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE)
        return false;
    assert_int_equal(status, 0);
    return true;
}

static void forbidden_before_init(void)
{
    forbid_membarrier();
    ping_pong(0);
    REQUIRE(there.flags == 0 && back.flags == 0);
}

static void a_process_that_may_not_use_it_keeps_its_fences(void **state)
{
    (void)state;
    if (!holds_in_a_child(forbidden_before_init))
        skip();
}

static void *pops_for_ever(void *arg)
{
    q_block_park_consumer c;
    q_item item;

    REQUIRE(q_block_park_consumer_open(&there, &c) == RINGC_OK);
    REQUIRE(q_block_park_pop(&c, &item) == RINGC_OK);
    q_block_park_consumer_close(&c);
    return arg;
}

static void *pushes_for_ever(void *arg)
{
    const q_item item = item_of(1, 0);
    q_block_park_producer p;

    REQUIRE(q_block_park_producer_open(&there, &p) == RINGC_OK);
    while (q_block_park_size(&there) < q_block_park_capacity(&there))
        REQUIRE(q_block_park_try_push(&p, &item) == RINGC_OK);
    REQUIRE(q_block_park_push(&p, &item) == RINGC_OK);
    q_block_park_producer_close(&p);
    return arg;
}

/* Waits until a side sleeps, and takes its announcement away: nobody will wake it. */
static void overlook(uint32_t *parked)
{
    while (!IS_RAISED(parked))
        ringc_yield();
    ringc_sleep_ns(A_WHILE);
    __atomic_store_n(parked, 0u, __ATOMIC_RELAXED);
}

/* A program that sandboxes itself once it runs: what init found out is no longer so. */
static void forbidden_after_init(void)
{
    const q_item item = item_of(1, 0);
    q_block_park_producer p;
    q_block_park_consumer c;
    pthread_t sleeper;
    q_item out;

    REQUIRE(q_block_park_init(&there, 0) == RINGC_OK);
    if ((there.flags & RINGC_MEMBARRIER_) == 0)
        _exit(NOT_HERE);
    forbid_membarrier();

    sleeper = started(pops_for_ever, NULL);
    overlook(&there.consumer_parked);
    REQUIRE(q_block_park_producer_open(&there, &p) == RINGC_OK);
    REQUIRE(q_block_park_push(&p, &item) == RINGC_OK);
    q_block_park_producer_close(&p);
    joined(sleeper);

    sleeper = started(pushes_for_ever, NULL);
    overlook(&there.producer_parked);
    REQUIRE(q_block_park_consumer_open(&there, &c) == RINGC_OK);
    REQUIRE(q_block_park_pop(&c, &out) == RINGC_OK);
    q_block_park_consumer_close(&c);
    joined(sleeper);

    REQUIRE(sleeps > 0 && longest_ns <= MS);
}

static void a_process_that_may_no_longer_use_it_outlives_a_lost_wake_up(void **state)
{
    (void)state;
    if (!holds_in_a_child(forbidden_after_init))
        skip();
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
        cmocka_unit_test_setup(a_process_that_may_not_use_it_keeps_its_fences, set_up),
        cmocka_unit_test_setup(a_process_that_may_no_longer_use_it_outlives_a_lost_wake_up, set_up),
    };

    begin("membarrier");
    return cmocka_run_group_tests_name("membarrier", tests, NULL, NULL) != 0;
}
