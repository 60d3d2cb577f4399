/*
 * Channels in memory that two processes map at different addresses, both asleep on a futex now and
 * then, and what becomes of a broadcast when one of them is killed.
 */
#include "cmocka_support.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "bc/single_block_park.h"
#include "q/block_park.h"
#include "q/drop_oldest_park.h"
#include "q/reject_monitor.h"

/* A file of so many bytes that has no name any more. */
static int nameless_file(size_t bytes)
{
    char name[] = "/tmp/ringc-test-XXXXXX";
    const int fd = mkstemp(name);

    assert_true(fd >= 0);
    unlink(name);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    return fd;
}

static void *mapped(int fd, size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    REQUIRE(memory != MAP_FAILED);
    return memory;
}

/* Maps the file twice and forks: each process works through an address of its own. */
#define IN_TWO_PROCESSES(type, child_body, parent_body)                                            \
    do {                                                                                           \
        const int fd = nameless_file(sizeof(type));                                                \
        type *ours = (type *)mapped(fd, sizeof(type));                                             \
        type *theirs = (type *)mapped(fd, sizeof(type));                                           \
        pid_t child;                                                                               \
        int status;                                                                                \
        assert_ptr_not_equal(ours, theirs);                                                        \
        assert_status(type##_init_at(ours, RINGC_SHARED, (ringc_seq)(UINT64_MAX - 5)), RINGC_OK);  \
        fflush(NULL);                                                                              \
        child = fork();                                                                            \
        assert_true(child >= 0);                                                                   \
        if (child == 0) {                                                                          \
            munmap(ours, sizeof(type));                                                            \
            alarm(60);                                                                             \
            child_body(theirs);                                                                    \
            _exit(0);                                                                              \
        }                                                                                          \
        munmap(theirs, sizeof(type));                                                              \
        parent_body(ours);                                                                         \
        assert_int_equal(waitpid(child, &status, 0), child);                                       \
        assert_int_equal(status, 0);                                                               \
        type##_destroy(ours);                                                                      \
        munmap(ours, sizeof(type));                                                                \
        close(fd);                                                                                 \
    } while (0)

static void produce_blocking(q_block_park *ch)
{
    struct dice dice = dice_of(1);
    q_block_park_producer p;

    REQUIRE(q_block_park_producer_open(ch, &p) == RINGC_OK);
    for (uint64_t number = 0; number < stress_messages(); ++number) {
        const q_item item = item_of(1, number);

        REQUIRE(q_block_park_push(&p, &item) == RINGC_OK);
        if (roll(&dice, 500) == 0)
            ringc_sleep_ns(MS); /* the consumer parks */
    }
    q_block_park_close(ch);
    q_block_park_producer_close(&p);
}

static void consume_blocking(q_block_park *ch)
{
    struct dice dice = dice_of(2);
    q_block_park_consumer c;
    uint64_t next = 0;
    q_item item;

    REQUIRE(q_block_park_consumer_open(ch, &c) == RINGC_OK);
    while (q_block_park_pop(&c, &item) == RINGC_OK) {
        REQUIRE(is_whole(&item) && item.seq == next);
        ++next;
        if (roll(&dice, 500) == 0)
            ringc_sleep_ns(MS); /* the producer parks */
    }
    REQUIRE(next == stress_messages());
    q_block_park_consumer_close(&c);
}

static void two_processes_at_different_addresses_lose_nothing_and_wake_each_other(void **state)
{
    (void)state;
    IN_TWO_PROCESSES(q_block_park, produce_blocking, consume_blocking);
}

static void produce_evicting(q_drop_oldest_park *ch)
{
    struct dice dice = dice_of(3);
    q_drop_oldest_park_producer p;

    REQUIRE(q_drop_oldest_park_producer_open(ch, &p) == RINGC_OK);
    for (uint64_t number = 0; number < stress_messages(); ++number) {
        const q_item item = item_of(1, number);

        REQUIRE(q_drop_oldest_park_push(&p, &item) == RINGC_OK);
        if (roll(&dice, 20) == 0)
            ringc_yield();
        if (roll(&dice, 500) == 0)
            ringc_sleep_ns(MS);
    }
    q_drop_oldest_park_close(ch);
    q_drop_oldest_park_producer_close(&p);
}

static void consume_evicting(q_drop_oldest_park *ch)
{
    q_drop_oldest_park_consumer c;
    uint64_t next = 0, received = 0;
    q_item item;

    REQUIRE(q_drop_oldest_park_consumer_open(ch, &c) == RINGC_OK);
    while (q_drop_oldest_park_pop(&c, &item) == RINGC_OK) {
        REQUIRE(is_whole(&item) && item.seq >= next);
        next = item.seq + 1;
        ++received;
    }
    REQUIRE(received + q_drop_oldest_park_dropped(ch) == stress_messages());
    q_drop_oldest_park_consumer_close(&c);
}

static void what_drop_oldest_loses_is_counted_across_processes(void **state)
{
    (void)state;
    IN_TWO_PROCESSES(q_drop_oldest_park, produce_evicting, consume_evicting);
}

static void close_after_a_while(q_reject_monitor *ch)
{
    ringc_sleep_ns(5 * MS);
    q_reject_monitor_close(ch);
}

static void pop_until_closed(q_reject_monitor *ch)
{
    q_reject_monitor_consumer c;
    q_item item;

    REQUIRE(q_reject_monitor_consumer_open(ch, &c) == RINGC_OK);
    REQUIRE(q_reject_monitor_pop(&c, &item) == RINGC_CLOSED);
    q_reject_monitor_consumer_close(&c);
}

static void close_in_one_process_wakes_a_sleeper_in_another(void **state)
{
    (void)state;
    IN_TWO_PROCESSES(q_reject_monitor, close_after_a_while, pop_until_closed);
}

/* ---- A broadcast ---------------------------------------------------------------------------- */

typedef struct feed {
    bc_single_block_park ring;
    ringc_place place; /* of the subscriber in the other process */
    uint32_t subscribed;
} feed;

static feed *a_shared_feed(void)
{
    const int fd = nameless_file(sizeof(feed));
    feed *shared = (feed *)mapped(fd, sizeof(feed));

    close(fd);
    assert_status(bc_single_block_park_init_at(&shared->ring, RINGC_SHARED, (ringc_seq)(UINT64_MAX - 5)),
                  RINGC_OK);
    fflush(NULL);
    return shared;
}

static void subscribe_in_child(feed *shared, bc_single_block_park_subscriber *s)
{
    alarm(60);
    REQUIRE(bc_single_block_park_subscribe(&shared->ring, s, RINGC_GATING) == RINGC_OK);
    shared->place = bc_single_block_park_place(s);
    RAISE_FLAG(&shared->subscribed);
}

static bc_item bc_item_of(uint64_t number)
{
    const bc_item item = { number, { mixed(number), mixed(~number) } };

    return item;
}

static void receive_all(feed *shared)
{
    struct dice dice = dice_of(4);
    bc_single_block_park_subscriber s;
    uint64_t next = 0;
    bc_item item;

    subscribe_in_child(shared, &s);
    while (bc_single_block_park_recv(&s, &item) == RINGC_OK) {
        const bc_item expected = bc_item_of(next++);

        REQUIRE(memcmp(&item, &expected, sizeof item) == 0);
        if (roll(&dice, 500) == 0)
            ringc_sleep_ns(MS); /* the producer parks */
    }
    REQUIRE(next == stress_messages() && bc_single_block_park_lagged(&s) == 0);
    bc_single_block_park_unsubscribe(&s);
}

static void a_subscriber_in_another_process_holds_the_producer_and_both_wake_each_other(void **state)
{
    feed *shared = a_shared_feed();
    struct dice dice = dice_of(5);
    bc_single_block_park_producer p;
    pid_t child = fork();
    int status;

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        receive_all(shared);
        _exit(0);
    }
    await_flag(&shared->subscribed);
    assert_status(bc_single_block_park_producer_open(&shared->ring, &p), RINGC_OK);
    for (uint64_t number = 0; number < stress_messages(); ++number) {
        const bc_item item = bc_item_of(number);

        assert_status(bc_single_block_park_publish(&p, &item), RINGC_OK);
        if (roll(&dice, 500) == 0)
            ringc_sleep_ns(MS); /* the subscriber parks */
    }
    bc_single_block_park_close(&shared->ring);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    bc_single_block_park_destroy(&shared->ring);
    munmap(shared, sizeof *shared);
}

/* Mistake 11: it cannot leave any more. */
static void a_subscriber_whose_process_was_killed_is_let_go(void **state)
{
    feed *shared = a_shared_feed();
    const bc_item item = bc_item_of(0);
    bc_single_block_park_producer p;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        bc_single_block_park_subscriber s;

        subscribe_in_child(shared, &s);
        for (;;)
            pause();
    }
    await_flag(&shared->subscribed);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_status(bc_single_block_park_producer_open(&shared->ring, &p), RINGC_OK);
    while (bc_single_block_park_try_publish(&p, &item) == RINGC_OK)
        assert_true(bc_single_block_park_published(&shared->ring) <= BC_SINGLE_BLOCK_PARK_CAPACITY);
    assert_status(bc_single_block_park_publish_for(&p, &item, MS), RINGC_TIMEOUT);
    assert_status(bc_single_block_park_let_go(&shared->ring, shared->place), RINGC_OK);
    for (ringc_seq n = 0; n < 3 * BC_SINGLE_BLOCK_PARK_CAPACITY; ++n)
        assert_status(bc_single_block_park_publish(&p, &item), RINGC_OK);
    bc_single_block_park_close(&shared->ring);
    bc_single_block_park_destroy(&shared->ring);
    munmap(shared, sizeof *shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_processes_at_different_addresses_lose_nothing_and_wake_each_other),
        cmocka_unit_test(what_drop_oldest_loses_is_counted_across_processes),
        cmocka_unit_test(close_in_one_process_wakes_a_sleeper_in_another),
        cmocka_unit_test(a_subscriber_in_another_process_holds_the_producer_and_both_wake_each_other),
        cmocka_unit_test(a_subscriber_whose_process_was_killed_is_let_go),
    };

    begin("processes");
    return cmocka_run_group_tests_name("processes", tests, NULL, NULL) != 0;
}
