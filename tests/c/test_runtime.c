/*
 * The runtime that all channels share (ringc.h, ringc.c). Of times only lower bounds are
 * asserted, for a busy machine has no upper ones; a wait that should have ended by itself is
 * caught by PATIENCE_NS.
 */
#define _DEFAULT_SOURCE /* fork, mmap, sigaction under -std=c11 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ringc.h"

#define MS UINT64_C(1000000)
#define PATIENCE_NS (10000 * MS)

/* ---- Status ------------------------------------------------------------------------------- */

static void every_status_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(ringc_status_name(RINGC_OK), "RINGC_OK");
    assert_string_equal(ringc_status_name(RINGC_EMPTY), "RINGC_EMPTY");
    assert_string_equal(ringc_status_name(RINGC_FULL), "RINGC_FULL");
    assert_string_equal(ringc_status_name(RINGC_LAGGED), "RINGC_LAGGED");
    assert_string_equal(ringc_status_name(RINGC_CLOSED), "RINGC_CLOSED");
    assert_string_equal(ringc_status_name(RINGC_TIMEOUT), "RINGC_TIMEOUT");
    assert_string_equal(ringc_status_name(RINGC_LIMIT), "RINGC_LIMIT");
    assert_string_equal(ringc_status_name(RINGC_INVALID), "RINGC_INVALID");
}

static void a_value_that_is_no_status_is_named_unknown(void **state)
{
    (void)state;
    assert_string_equal(ringc_status_name((ringc_status)(RINGC_INVALID + 1)), "RINGC_UNKNOWN");
    assert_string_equal(ringc_status_name((ringc_status)255), "RINGC_UNKNOWN");
}

static void ok_is_zero_and_a_sequence_is_as_wide_as_a_pointer(void **state)
{
    (void)state;
    assert_int_equal(RINGC_OK, 0);
    assert_int_equal(sizeof(ringc_seq), sizeof(void *));
    assert_int_equal(sizeof(ringc_seq_diff) * 8, RINGC_SEQ_BITS);
}

/* ---- Clock -------------------------------------------------------------------------------- */

static void the_clock_never_goes_back(void **state)
{
    uint64_t before = ringc_now_ns();

    (void)state;
    for (int i = 0; i < 10000; ++i) {
        uint64_t now = ringc_now_ns();

        assert_true(now >= before);
        before = now;
    }
}

static void a_sleep_lasts_as_long_as_it_was_asked_to(void **state)
{
    uint64_t start = ringc_now_ns();

    (void)state;
    ringc_sleep_ns(5 * MS);
    assert_true(ringc_now_ns() - start >= 5 * MS);
}

static void cycles_advance_with_time(void **state)
{
    uint64_t start = ringc_cycles();

    (void)state;
    ringc_sleep_ns(5 * MS);
    assert_true(ringc_cycles() > start);
}

static void pause_yield_and_prefetch_of_any_address_return(void **state)
{
    int here = 0;

    (void)state;
    ringc_pause();
    ringc_yield();
    ringc_prefetch_read(&here);
    ringc_prefetch_write(&here);
    ringc_prefetch_read(NULL);
    ringc_prefetch_write(NULL);
}

/* ---- Deadlines ---------------------------------------------------------------------------- */

static void a_timeout_of_zero_has_passed_at_once(void **state)
{
    ringc_deadline deadline = ringc_deadline_after(0);

    (void)state;
    assert_true(deadline.at_ns == 0);
    assert_true(ringc_deadline_passed(deadline));
    assert_true(ringc_deadline_left(deadline) == 0);
}

static void a_timeout_of_forever_never_passes(void **state)
{
    ringc_deadline deadline = ringc_deadline_after(RINGC_FOREVER);

    (void)state;
    assert_false(ringc_deadline_passed(deadline));
    assert_true(ringc_deadline_left(deadline) == RINGC_FOREVER);
}

static void a_timeout_beyond_the_end_of_the_clock_never_passes(void **state)
{
    ringc_deadline deadline = ringc_deadline_after(RINGC_FOREVER - 1);

    (void)state;
    assert_true(deadline.at_ns == RINGC_FOREVER);
    assert_false(ringc_deadline_passed(deadline));
    assert_true(ringc_deadline_left(deadline) == RINGC_FOREVER);
}

static void a_long_timeout_below_the_end_of_the_clock_does_not_wrap(void **state)
{
    uint64_t now = ringc_now_ns();
    ringc_deadline deadline = ringc_deadline_after(RINGC_FOREVER / 2);

    (void)state;
    assert_true(deadline.at_ns >= now + RINGC_FOREVER / 2);
    assert_false(ringc_deadline_passed(deadline));
}

static void a_deadline_passes_when_its_time_is_over_and_not_before(void **state)
{
    uint64_t start = ringc_now_ns();
    ringc_deadline deadline = ringc_deadline_after(20 * MS);
    uint64_t left;

    (void)state;
    assert_true(deadline.at_ns >= start + 20 * MS);
    assert_true(ringc_deadline_left(deadline) <= 20 * MS);
    while ((left = ringc_deadline_left(deadline)) != 0)
        ringc_sleep_ns(left);
    assert_true(ringc_now_ns() - start >= 20 * MS);
    assert_true(ringc_deadline_passed(deadline));
}

/* ---- Wait rounds -------------------------------------------------------------------------- */

/* The first of `rounds` rounds that is slow; `rounds` if none is. All after it must be slow too. */
static uint32_t first_slow_round(ringc_wait w, uint32_t rounds)
{
    uint32_t first = rounds;

    for (uint32_t round = 0; round < rounds; ++round) {
        bool slow = ringc_wait_round(w, round);

        if (slow && first == rounds)
            first = round;
        assert_int_equal(slow, first != rounds);
    }
    return first;
}

static void spin_is_never_slow(void **state)
{
    (void)state;
    assert_int_equal(first_slow_round(ringc_wait_spin(), 100), 100);
    assert_false(ringc_wait_round(ringc_wait_spin(), UINT32_MAX));
}

static void spin_yield_yields_once_its_pauses_are_used_up(void **state)
{
    (void)state;
    assert_int_equal(first_slow_round(ringc_wait_spin_yield(7), 20), 7);
    assert_int_equal(first_slow_round(ringc_wait_spin_yield(0), 20), 0);
    assert_true(ringc_wait_round(ringc_wait_spin_yield(7), UINT32_MAX));
    assert_false(ringc_wait_round(ringc_wait_spin_yield(UINT32_MAX), UINT32_MAX - 1));
}

static void backoff_doubles_up_to_its_limit(void **state)
{
    (void)state;
    assert_int_equal(ringc_backoff_round_(100, 0), 1);
    assert_int_equal(ringc_backoff_round_(100, 1), 2);
    assert_int_equal(ringc_backoff_round_(100, 6), 64);
    assert_int_equal(ringc_backoff_round_(100, 7), 100);
    assert_int_equal(ringc_backoff_round_(100, 31), 100);
    assert_int_equal(ringc_backoff_round_(100, 32), 100);
    assert_int_equal(ringc_backoff_round_(100, UINT32_MAX), 100);
}

static void backoff_is_slow_from_64_pauses_a_round_on(void **state)
{
    (void)state;
    assert_int_equal(first_slow_round(ringc_wait_backoff(100), 40), 6);
    assert_int_equal(first_slow_round(ringc_wait_backoff(63), 40), 40);
    assert_int_equal(first_slow_round(ringc_wait_backoff(0), 40), 40);
}

static void adaptive_spins_then_yields_then_sleeps(void **state)
{
    ringc_wait w = ringc_wait_adaptive(3, 2, 2000);
    uint64_t start;

    (void)state;
    assert_int_equal(first_slow_round(w, 5), 3);
    for (uint32_t round = 5; round < 8; ++round) {
        start = ringc_now_ns();
        assert_true(ringc_wait_round(w, round));
        assert_true(ringc_now_ns() - start >= 2 * MS);
    }
}

static void adaptive_without_a_sleep_goes_on_yielding(void **state)
{
    (void)state;
    assert_int_equal(first_slow_round(ringc_wait_adaptive(3, 2, 0), 20), 3);
}

static void adaptive_with_large_numbers_does_not_wrap(void **state)
{
    /* If spin + yield wrapped, the second round would sleep for more than an hour. */
    ringc_wait w = ringc_wait_adaptive(UINT32_MAX - 1, UINT32_MAX, UINT32_MAX);

    (void)state;
    assert_false(ringc_wait_round(w, UINT32_MAX - 2));
    assert_true(ringc_wait_round(w, UINT32_MAX));
}

static void park_spins_and_then_leaves_the_rest_to_the_channel(void **state)
{
    (void)state;
    assert_int_equal(first_slow_round(ringc_wait_park(5), 20), 5);
}

/* ---- Futex -------------------------------------------------------------------------------- */

static const uint32_t both_flags[] = { 0, RINGC_SHARED };

static void a_wait_on_a_word_that_has_changed_returns_at_once(void **state)
{
    uint32_t word = 2;

    (void)state;
    for (size_t i = 0; i < 2; ++i) {
        assert_true(ringc_futex_wait(&word, 1, RINGC_FOREVER, both_flags[i]));
        assert_true(ringc_futex_wait(&word, 1, 0, both_flags[i]));
        assert_true(ringc_futex_wait(&word, 1, RINGC_FOREVER - 1, both_flags[i]));
    }
}

static void a_wait_of_no_time_on_an_unchanged_word_times_out(void **state)
{
    uint32_t word = 1;

    (void)state;
    assert_false(ringc_futex_wait(&word, 1, 0, 0));
    assert_false(ringc_futex_wait(&word, 1, 0, RINGC_SHARED));
}

static void a_wait_times_out_when_its_time_is_over_and_not_before(void **state)
{
    uint32_t word = 1;

    (void)state;
    for (size_t i = 0; i < 2; ++i) {
        uint64_t start = ringc_now_ns();

        assert_false(ringc_futex_wait(&word, 1, 20 * MS, both_flags[i]));
        assert_true(ringc_now_ns() - start >= 20 * MS);
    }
}

static void a_wake_with_nobody_asleep_does_nothing(void **state)
{
    uint32_t word = 1;

    (void)state;
    for (size_t i = 0; i < 2; ++i) {
        ringc_futex_wake(&word, 0, both_flags[i]);
        ringc_futex_wake(&word, 1, both_flags[i]);
        ringc_futex_wake(&word, UINT32_MAX, both_flags[i]);
    }
    assert_int_equal(word, 1);
}

/* A word to sleep on while it is 1, and what became of those who did. */
struct bed {
    uint32_t word;
    uint32_t flags;
    uint32_t awake; /* sleepers that saw the word change before their patience was at an end */
};

static void *sleep_until_woken(void *arg)
{
    struct bed *bed = (struct bed *)arg;
    ringc_deadline deadline = ringc_deadline_after(PATIENCE_NS);

    while (RINGC_LOAD(&bed->word, RINGC_ACQUIRE) == 1) {
        if (!ringc_futex_wait(&bed->word, 1, ringc_deadline_left(deadline), bed->flags))
            return NULL;
    }
    RINGC_FETCH_ADD(&bed->awake, 1u, RINGC_RELEASE);
    return NULL;
}

static void unpark_wakes_the_thread_that_sleeps(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; ++i) {
        struct bed bed = { 1, both_flags[i], 0 };
        pthread_t sleeper;

        assert_int_equal(pthread_create(&sleeper, NULL, sleep_until_woken, &bed), 0);
        ringc_sleep_ns(20 * MS);
        ringc_unpark_(&bed.word, bed.flags);
        assert_int_equal(pthread_join(sleeper, NULL), 0);
        assert_int_equal(bed.word, 0);
        assert_int_equal(bed.awake, 1);
    }
}

static void a_wake_of_all_wakes_every_sleeper(void **state)
{
    struct bed bed = { 1, 0, 0 };
    pthread_t sleepers[4];

    (void)state;
    for (size_t i = 0; i < 4; ++i)
        assert_int_equal(pthread_create(&sleepers[i], NULL, sleep_until_woken, &bed), 0);
    ringc_sleep_ns(20 * MS);
    RINGC_STORE(&bed.word, 0u, RINGC_RELEASE);
    ringc_futex_wake(&bed.word, UINT32_MAX, bed.flags);
    for (size_t i = 0; i < 4; ++i)
        assert_int_equal(pthread_join(sleepers[i], NULL), 0);
    assert_int_equal(bed.awake, 4);
}

static void a_shared_wake_reaches_another_process(void **state)
{
    struct bed *bed = (struct bed *)mmap(NULL, sizeof *bed, PROT_READ | PROT_WRITE,
                                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child;
    int status;

    (void)state;
    assert_true(bed != MAP_FAILED);
    bed->word = 1;
    bed->flags = RINGC_SHARED;
    bed->awake = 0;
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        sleep_until_woken(bed);
        _exit(0);
    }
    ringc_sleep_ns(20 * MS);
    ringc_unpark_(&bed->word, bed->flags);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(bed->awake, 1);
    munmap(bed, sizeof *bed);
}

static void on_signal(int number)
{
    (void)number;
}

/* Interrupts the thread that waits, again and again, for it may not be asleep yet. */
struct heckler {
    pthread_t victim;
    uint32_t done;
};

static void *heckle(void *arg)
{
    struct heckler *heckler = (struct heckler *)arg;

    while (RINGC_LOAD(&heckler->done, RINGC_ACQUIRE) == 0) {
        ringc_sleep_ns(5 * MS);
        pthread_kill(heckler->victim, SIGUSR1);
    }
    return NULL;
}

static void a_signal_ends_a_wait_that_has_time_left(void **state)
{
    struct heckler heckler = { pthread_self(), 0 };
    struct sigaction action;
    uint32_t word = 1;
    pthread_t thread;

    (void)state;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, heckle, &heckler), 0);
    assert_true(ringc_futex_wait(&word, 1, PATIENCE_NS, 0));
    RINGC_STORE(&heckler.done, 1u, RINGC_RELEASE);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* ---- Word copies -------------------------------------------------------------------------- */

#define WORDS 3

/* One width of the copies, whole rows and single words. */
struct width {
    size_t bytes;
    void (*store)(void *slot, const void *message);
    void (*load)(void *message, const void *slot);
    void (*stores)(void *slot, const void *message, size_t n_words);
    void (*loads)(void *message, const void *slot, size_t n_words);
};

static const struct width widths[] = {
    { 1, ringc_word_store8, ringc_word_load8, ringc_words_store8, ringc_words_load8 },
    { 2, ringc_word_store16, ringc_word_load16, ringc_words_store16, ringc_words_load16 },
    { 4, ringc_word_store32, ringc_word_load32, ringc_words_store32, ringc_words_load32 },
    { 8, ringc_word_store64, ringc_word_load64, ringc_words_store64, ringc_words_load64 },
};

/* Copies n words to a slot and back, the message `shift` bytes off alignment, between guards. */
static void check_copies(const struct width *width, size_t n, size_t shift, bool single)
{
    uint64_t slot[WORDS + 2];
    unsigned char message[8 * (WORDS + 2) + 8];
    unsigned char back[8 * (WORDS + 2) + 8];
    size_t bytes = n * width->bytes;
    const unsigned char *slot_bytes = (const unsigned char *)slot;

    memset(slot, 0xee, sizeof slot);
    memset(back, 0xdd, sizeof back);
    for (size_t i = 0; i < sizeof message; ++i)
        message[i] = (unsigned char)(i + 1);

    if (single) {
        width->store(&slot[1], message + shift);
        width->load(back + shift, &slot[1]);
    } else {
        width->stores(&slot[1], message + shift, n);
        width->loads(back + shift, &slot[1], n);
    }
    assert_memory_equal(&slot[1], message + shift, bytes);
    assert_memory_equal(back + shift, message + shift, bytes);
    for (size_t i = 0; i < sizeof slot; ++i)
        if (i < 8 || i >= 8 + bytes)
            assert_int_equal(slot_bytes[i], 0xee);
    for (size_t i = 0; i < sizeof back; ++i)
        if (i < shift || i >= shift + bytes)
            assert_int_equal(back[i], 0xdd);
}

static void a_word_of_any_width_is_copied_to_and_from_any_address(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; ++i)
        for (size_t shift = 0; shift < 8; ++shift)
            check_copies(&widths[i], 1, shift, true);
}

static void rows_of_words_are_copied_exactly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; ++i)
        for (size_t n = 0; n <= WORDS; ++n)
            for (size_t shift = 0; shift < 8; ++shift)
                check_copies(&widths[i], n, shift, false);
}

static void words_may_alias_the_members_of_a_message(void **state)
{
    struct message {
        double price;
        uint16_t flags[4];
    } sent, slot, got;

    (void)state;
    sent.price = 1.5;
    for (size_t i = 0; i < 4; ++i)
        sent.flags[i] = (uint16_t)(i + 1);
    slot.price = 0;
    ringc_words_store64(&slot, &sent, 2);
    assert_true(slot.price > 1.4 && slot.price < 1.6);
    assert_int_equal(slot.flags[3], 4);
    slot.flags[3] = 9;
    ringc_words_load64(&got, &slot, 2);
    assert_int_equal(got.flags[3], 9);
}

/* ---- Atomics ------------------------------------------------------------------------------ */

static void a_failed_swap_reports_what_it_saw(void **state)
{
    uint32_t word = 5;
    uint32_t expected = 4;

    (void)state;
    assert_false(RINGC_CAS(&word, &expected, 6u, RINGC_ACQ_REL, RINGC_RELAXED));
    assert_int_equal(expected, 5);
    assert_true(RINGC_CAS(&word, &expected, 6u, RINGC_ACQ_REL, RINGC_RELAXED));
    assert_int_equal(word, 6);
}

static void read_modify_write_operations_return_the_value_before(void **state)
{
    uint32_t word = 1;

    (void)state;
    assert_int_equal(RINGC_FETCH_ADD(&word, 5u, RINGC_RELAXED), 1);
    assert_int_equal(RINGC_FETCH_OR(&word, 8u, RINGC_RELAXED), 6);
    assert_int_equal(RINGC_FETCH_AND(&word, 12u, RINGC_RELAXED), 14);
    assert_int_equal(RINGC_EXCHANGE(&word, 3u, RINGC_ACQ_REL), 12);
    RINGC_FENCE(RINGC_SEQ_CST);
    assert_int_equal(RINGC_LOAD(&word, RINGC_ACQUIRE), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_name),
        cmocka_unit_test(a_value_that_is_no_status_is_named_unknown),
        cmocka_unit_test(ok_is_zero_and_a_sequence_is_as_wide_as_a_pointer),
        cmocka_unit_test(the_clock_never_goes_back),
        cmocka_unit_test(a_sleep_lasts_as_long_as_it_was_asked_to),
        cmocka_unit_test(cycles_advance_with_time),
        cmocka_unit_test(pause_yield_and_prefetch_of_any_address_return),
        cmocka_unit_test(a_timeout_of_zero_has_passed_at_once),
        cmocka_unit_test(a_timeout_of_forever_never_passes),
        cmocka_unit_test(a_timeout_beyond_the_end_of_the_clock_never_passes),
        cmocka_unit_test(a_long_timeout_below_the_end_of_the_clock_does_not_wrap),
        cmocka_unit_test(a_deadline_passes_when_its_time_is_over_and_not_before),
        cmocka_unit_test(spin_is_never_slow),
        cmocka_unit_test(spin_yield_yields_once_its_pauses_are_used_up),
        cmocka_unit_test(backoff_doubles_up_to_its_limit),
        cmocka_unit_test(backoff_is_slow_from_64_pauses_a_round_on),
        cmocka_unit_test(adaptive_spins_then_yields_then_sleeps),
        cmocka_unit_test(adaptive_without_a_sleep_goes_on_yielding),
        cmocka_unit_test(adaptive_with_large_numbers_does_not_wrap),
        cmocka_unit_test(park_spins_and_then_leaves_the_rest_to_the_channel),
        cmocka_unit_test(a_wait_on_a_word_that_has_changed_returns_at_once),
        cmocka_unit_test(a_wait_of_no_time_on_an_unchanged_word_times_out),
        cmocka_unit_test(a_wait_times_out_when_its_time_is_over_and_not_before),
        cmocka_unit_test(a_wake_with_nobody_asleep_does_nothing),
        cmocka_unit_test(unpark_wakes_the_thread_that_sleeps),
        cmocka_unit_test(a_wake_of_all_wakes_every_sleeper),
        cmocka_unit_test(a_shared_wake_reaches_another_process),
        cmocka_unit_test(a_signal_ends_a_wait_that_has_time_left),
        cmocka_unit_test(a_word_of_any_width_is_copied_to_and_from_any_address),
        cmocka_unit_test(rows_of_words_are_copied_exactly),
        cmocka_unit_test(words_may_alias_the_members_of_a_message),
        cmocka_unit_test(a_failed_swap_reports_what_it_saw),
        cmocka_unit_test(read_modify_write_operations_return_the_value_before),
    };

    return cmocka_run_group_tests_name("runtime", tests, NULL, NULL);
}
