/*
 * Monitor waits: whether the probe agrees with the system, what a schema's `monitor` becomes without the instructions, and, where
 * they can be executed for certain (WFE on aarch64), messages through a channel that waits with them. What the instructions look
 * like on every target: tests/shape/monitor.py.
 */
#include "cmocka_support.h"

#include "q/block_monitor.h"
#include "q/drop_oldest_monitor.h"

uint32_t __real_ringc_monitor_kind_(void);
uint32_t __wrap_ringc_monitor_kind_(void);

static uint32_t forced = RINGC_MONITOR_NONE_;
static bool is_forced;

uint32_t __wrap_ringc_monitor_kind_(void)
{
    return is_forced ? forced : __real_ringc_monitor_kind_();
}

static int set_up(void **state)
{
    (void)state;
    is_forced = false;
    return 0;
}

#if defined(__x86_64__) && defined(__linux__)
static void the_probe_agrees_with_the_kernel(void **state)
{
    FILE *cpuinfo = fopen("/proc/cpuinfo", "r");
    static char line[1 << 14];
    bool is_there = false;

    (void)state;
    if (cpuinfo == NULL)
        skip();
    while (fgets(line, sizeof line, cpuinfo) != NULL)
        if (strncmp(line, "flags", 5) == 0 && strstr(line, " waitpkg") != NULL)
            is_there = true;
    fclose(cpuinfo);
    assert_int_equal(__real_ringc_monitor_kind_() != RINGC_MONITOR_NONE_, is_there);
}
#endif

static void the_probe_says_the_same_twice(void **state)
{
    (void)state;
    assert_int_equal(__real_ringc_monitor_kind_(), __real_ringc_monitor_kind_());
    assert_true(__real_ringc_monitor_kind_() <= RINGC_MONITOR_TIMED_);
}

static void without_the_instructions_it_waits_otherwise(void **state)
{
    ringc_wait wait;

    (void)state;
    is_forced = true;
    forced = RINGC_MONITOR_NONE_;
    wait = ringc_wait_monitor(50, ringc_wait_adaptive(7, 8, 9));
    assert_int_equal(wait.strategy, RINGC_ADAPTIVE);
    assert_int_equal(wait.spin, 7);
    assert_int_equal(wait.yield, 8);
    assert_int_equal(wait.sleep_us, 9);
    forced = RINGC_MONITOR_PLAIN_;
    wait = ringc_wait_monitor(50, ringc_wait_bare(ringc_wait_adaptive(7, 8, 9)));
    assert_int_equal(wait.strategy, RINGC_MONITOR);
    assert_int_equal(wait.sleep_us, 50);
    assert_true(wait.bare);
}

/* ---- through a channel ---------------------------------------------------------------------- */

enum { MESSAGES = 3000 };

static q_block_monitor block;
static q_drop_oldest_monitor dropping;

static void *push_block(void *arg)
{
    q_block_monitor_producer p;

    (void)arg;
    REQUIRE(q_block_monitor_producer_open(&block, &p) == RINGC_OK);
    for (uint64_t i = 0; i < MESSAGES; ++i) {
        q_item item = item_of(1, i);

        if (i % 100 == 0)
            ringc_sleep_ns(200000); /* so that the consumer waits */
        REQUIRE(q_block_monitor_push(&p, &item) == RINGC_OK);
    }
    q_block_monitor_producer_close(&p);
    q_block_monitor_close(&block);
    return NULL;
}

static void pass_through_block(void)
{
    q_block_monitor_consumer c;
    pthread_t thread;
    q_item item;
    uint64_t n;

    assert_status(q_block_monitor_init(&block, 0), RINGC_OK);
    assert_status(q_block_monitor_consumer_open(&block, &c), RINGC_OK);
    assert_status(q_block_monitor_pop_for(&c, &item, 1000000), RINGC_TIMEOUT);
    assert_int_equal(pthread_create(&thread, NULL, push_block, NULL), 0);
    for (n = 0; q_block_monitor_pop(&c, &item) == RINGC_OK; ++n) {
        assert_item(&item, n);
        if (n % 500 == 0)
            ringc_sleep_ns(500000); /* so that the producer waits */
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(n, MESSAGES);
    q_block_monitor_consumer_close(&c);
    q_block_monitor_destroy(&block);
}

static void *close_later(void *arg)
{
    (void)arg;
    ringc_sleep_ns(2000000);
    q_drop_oldest_monitor_close(&dropping);
    return NULL;
}

/* The close changes another line than the one that is watched: the bound ends the wait. */
static void close_ends_the_wait(void)
{
    q_drop_oldest_monitor_consumer c;
    pthread_t thread;
    q_item item;

    assert_status(q_drop_oldest_monitor_init(&dropping, 0), RINGC_OK);
    assert_status(q_drop_oldest_monitor_consumer_open(&dropping, &c), RINGC_OK);
    assert_int_equal(pthread_create(&thread, NULL, close_later, NULL), 0);
    assert_status(q_drop_oldest_monitor_pop(&c, &item), RINGC_CLOSED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    q_drop_oldest_monitor_consumer_close(&c);
    q_drop_oldest_monitor_destroy(&dropping);
}

static void messages_pass_as_the_machine_waits(void **state)
{
    (void)state;
    pass_through_block();
    close_ends_the_wait();
}

#if defined(__aarch64__) && !defined(RINGC_TARGET_GENERIC)
static void messages_pass_with_wfe(void **state)
{
    (void)state;
    is_forced = true;
    forced = RINGC_MONITOR_PLAIN_; /* where there is no event stream, an emulator's WFE ends by itself */
    pass_through_block();
    close_ends_the_wait();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
#if defined(__x86_64__) && defined(__linux__)
        cmocka_unit_test_setup(the_probe_agrees_with_the_kernel, set_up),
#endif
        cmocka_unit_test_setup(the_probe_says_the_same_twice, set_up),
        cmocka_unit_test_setup(without_the_instructions_it_waits_otherwise, set_up),
        cmocka_unit_test_setup(messages_pass_as_the_machine_waits, set_up),
#if defined(__aarch64__) && !defined(RINGC_TARGET_GENERIC)
        cmocka_unit_test_setup(messages_pass_with_wfe, set_up),
#endif
    };

    begin("monitor waits");
    return cmocka_run_group_tests_name("monitor waits", tests, NULL, NULL) != 0;
}
