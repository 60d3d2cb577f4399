/*
 * Messages that own something: `drop: test_release` is called exactly once for each message that
 * the ring discards, and never for one that somebody has got.
 */
#include "cmocka_support.h"

#include "q/owned_block.h"
#include "q/owned_drop_oldest.h"
#include "q/owned_reject.h"

#define OWNED_MAX 200000

/* What has become of each message, by its id. */
static uint32_t released[OWNED_MAX];
static uint32_t received[OWNED_MAX];

void test_release(q_owned *message)
{
    REQUIRE(message->id < OWNED_MAX && message->check == mixed(message->id)); /* whole */
    __atomic_fetch_add(&released[message->id], 1, __ATOMIC_RELAXED);
}

static q_owned owned_of(uint64_t id)
{
    const q_owned message = { id, mixed(id) };

    return message;
}

static void got(const q_owned *message)
{
    REQUIRE(message->id < OWNED_MAX && message->check == mixed(message->id));
    received[message->id]++;
}

/* Of ids [0, n), those in [from, to) were released once, the others never. */
static void assert_released(uint64_t from, uint64_t to, uint64_t n)
{
    for (uint64_t id = 0; id < n; ++id)
        assert_int_equal(released[id], id >= from && id < to);
}

static int nothing_released(void **state)
{
    (void)state;
    memset(released, 0, sizeof released);
    memset(received, 0, sizeof received);
    return 0;
}

#define OPEN(name, ch, p, c, first)                                                                \
    static q_##name ch;                                                                            \
    q_##name##_producer p;                                                                         \
    q_##name##_consumer c;                                                                         \
    assert_status(q_##name##_init_at(&ch, 0, (first)), RINGC_OK);                                  \
    assert_status(q_##name##_producer_open(&ch, &p), RINGC_OK);                                    \
    assert_status(q_##name##_consumer_open(&ch, &c), RINGC_OK)

#define SHUT(name, ch, p, c)                                                                       \
    q_##name##_producer_close(&p);                                                                 \
    q_##name##_consumer_close(&c);                                                                 \
    q_##name##_destroy(&ch)

/* Reject and block: three go in, one comes out, a refused one stays the pusher's. */
#define LEFT_INSIDE(name)                                                                          \
    do {                                                                                           \
        OPEN(name, ch, p, c, (ringc_seq)(UINT64_MAX - 1));                                         \
        for (uint64_t id = 0; id < 5; ++id) {                                                      \
            const q_owned message = owned_of(id);                                                  \
            assert_status(q_##name##_try_push(&p, &message), id < 4 ? RINGC_OK : RINGC_FULL);      \
        }                                                                                          \
        q_owned out;                                                                               \
        assert_status(q_##name##_try_pop(&c, &out), RINGC_OK);                                     \
        got(&out);                                                                                 \
        q_##name##_close(&ch);                                                                     \
        assert_released(0, 0, 5);                                                                  \
        SHUT(name, ch, p, c);                                                                      \
        assert_released(1, 4, 5);                                                                  \
        q_##name##_destroy(&ch); /* again: nothing is inside any more */                           \
        assert_released(1, 4, 5);                                                                  \
    } while (0)

static void reject_releases_what_is_left_inside_at_destroy_once(void **state)
{
    (void)state;
    LEFT_INSIDE(owned_reject);
}

static void block_releases_what_is_left_inside_at_destroy_once(void **state)
{
    (void)state;
    LEFT_INSIDE(owned_block);
}

static void a_reservation_that_was_not_committed_is_not_released(void **state)
{
    OPEN(owned_reject, ch, p, c, 0);
    size_t n;
    q_owned *slots = q_owned_reject_reserve(&p, 3, &n);

    (void)state;
    for (uint64_t id = 0; id < n; ++id)
        slots[id] = owned_of(id);
    assert_status(q_owned_reject_commit(&p, 1), RINGC_OK);
    SHUT(owned_reject, ch, p, c);
    assert_released(0, 1, 3);
}

static void an_evicted_message_is_released_at_once_and_once(void **state)
{
    OPEN(owned_drop_oldest, ch, p, c, (ringc_seq)(UINT64_MAX - 2));

    (void)state;
    for (uint64_t id = 0; id < 10; ++id) {
        const q_owned message = owned_of(id);

        assert_status(q_owned_drop_oldest_try_push(&p, &message), RINGC_OK);
        assert_released(0, id < 4 ? 0 : id - 3, 10);
    }
    assert_true(q_owned_drop_oldest_dropped(&ch) == 6);
    SHUT(owned_drop_oldest, ch, p, c);
    assert_released(0, 10, 10);
}

static void a_batch_releases_each_message_that_it_evicts(void **state)
{
    OPEN(owned_drop_oldest, ch, p, c, 0);
    q_owned messages[11];
    size_t done;

    (void)state;
    for (uint64_t id = 0; id < 11; ++id)
        messages[id] = owned_of(id);
    assert_status(q_owned_drop_oldest_push_n(&p, messages, 11, &done), RINGC_OK);
    assert_released(0, 7, 11);
    assert_status(q_owned_drop_oldest_try_pop_n(&c, messages, 11, &done), RINGC_OK);
    assert_int_equal(done, 4);
    SHUT(owned_drop_oldest, ch, p, c);
    assert_released(0, 7, 11);
}

static void push_evict_gives_the_evicted_message_to_the_pusher_alone(void **state)
{
    OPEN(owned_drop_oldest, ch, p, c, 0);

    (void)state;
    for (uint64_t id = 0; id < 9; ++id) {
        const q_owned message = owned_of(id);
        q_owned evicted;
        size_t n = 7;

        assert_status(q_owned_drop_oldest_push_evict(&p, &message, &evicted, &n), RINGC_OK);
        assert_int_equal(n, id >= 4);
        if (n > 0) {
            got(&evicted);
            assert_true(evicted.id == id - 4);
        }
    }
    assert_released(0, 0, 9);
    assert_true(q_owned_drop_oldest_dropped(&ch) == 5);
    SHUT(owned_drop_oldest, ch, p, c);
    assert_released(5, 9, 9);
}

static void a_push_that_is_refused_because_of_close_evicts_and_releases_nothing(void **state)
{
    OPEN(owned_drop_oldest, ch, p, c, 0);
    q_owned message, evicted;
    size_t n = 7;

    (void)state;
    for (uint64_t id = 0; id < 4; ++id) {
        message = owned_of(id);
        assert_status(q_owned_drop_oldest_push(&p, &message), RINGC_OK);
    }
    q_owned_drop_oldest_close(&ch);
    message = owned_of(4);
    assert_status(q_owned_drop_oldest_push(&p, &message), RINGC_CLOSED);
    assert_status(q_owned_drop_oldest_push_evict(&p, &message, &evicted, &n), RINGC_CLOSED);
    assert_int_equal(n, 0);
    assert_released(0, 0, 5);
    SHUT(owned_drop_oldest, ch, p, c);
    assert_released(0, 4, 5);
}

/* ---- Two threads: each message is received or released, never both, never neither ---------- */

static q_owned_drop_oldest shared_queue;
static uint64_t n_pushed;

static void *push_owned(void *arg)
{
    q_owned_drop_oldest_producer p;
    struct dice dice = dice_of(3);

    (void)arg;
    REQUIRE(q_owned_drop_oldest_producer_open(&shared_queue, &p) == RINGC_OK);
    for (uint64_t id = 0; id < n_pushed; ++id) {
        const q_owned message = owned_of(id);

        if (roll(&dice, 3) == 0) {
            q_owned evicted;
            size_t n;

            REQUIRE(q_owned_drop_oldest_push_evict(&p, &message, &evicted, &n) == RINGC_OK);
            if (n > 0)
                test_release(&evicted);
        } else {
            REQUIRE(q_owned_drop_oldest_push(&p, &message) == RINGC_OK);
        }
        if (roll(&dice, 8) == 0)
            ringc_yield();
    }
    q_owned_drop_oldest_close(&shared_queue);
    q_owned_drop_oldest_producer_close(&p);
    return NULL;
}

static void take_owned(void *arg, const q_owned *message, bool end_of_batch)
{
    (void)arg;
    (void)end_of_batch;
    got(message);
}

static void under_stress_each_message_is_either_received_or_released_and_once(void **state)
{
    q_owned_drop_oldest_consumer c;
    struct dice dice = dice_of(4);
    pthread_t thread;
    size_t left = SIZE_MAX;

    (void)state;
    n_pushed = 2 * stress_messages() < OWNED_MAX ? 2 * stress_messages() : OWNED_MAX;
    assert_status(q_owned_drop_oldest_init(&shared_queue, 0), RINGC_OK);
    assert_status(q_owned_drop_oldest_consumer_open(&shared_queue, &c), RINGC_OK);
    thread = started(push_owned, NULL);
    while (left > 0) {
        q_owned messages[3];
        size_t done = 0;
        ringc_status status;

        if (roll(&dice, 3) == 0) {
            status = q_owned_drop_oldest_drain_n(&c, 2, take_owned, NULL);
        } else {
            status = q_owned_drop_oldest_pop_n(&c, messages, 1 + roll(&dice, 3), &done);
            for (size_t i = 0; i < done; ++i)
                got(&messages[i]);
        }
        if (status == RINGC_CLOSED || (left < 10 && --left == 0))
            break;
        if (left > 10 && q_owned_drop_oldest_is_closed(&shared_queue))
            left = roll(&dice, 3); /* leave something for destroy */
    }
    joined(thread);
    q_owned_drop_oldest_consumer_close(&c);
    q_owned_drop_oldest_destroy(&shared_queue);
    for (uint64_t id = 0; id < n_pushed; ++id)
        assert_int_equal(received[id] + released[id], 1);
}

#define TEST(function) cmocka_unit_test_setup(function, nothing_released)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reject_releases_what_is_left_inside_at_destroy_once),
        TEST(block_releases_what_is_left_inside_at_destroy_once),
        TEST(a_reservation_that_was_not_committed_is_not_released),
        TEST(an_evicted_message_is_released_at_once_and_once),
        TEST(a_batch_releases_each_message_that_it_evicts),
        TEST(push_evict_gives_the_evicted_message_to_the_pusher_alone),
        TEST(a_push_that_is_refused_because_of_close_evicts_and_releases_nothing),
        TEST(under_stress_each_message_is_either_received_or_released_and_once),
    };

    begin("owned");
    return cmocka_run_group_tests_name("owned", tests, NULL, NULL) != 0;
}
