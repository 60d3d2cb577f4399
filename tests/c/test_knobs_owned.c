/*
 * Messages that own something, in a stamped queue whose consumer gives slots back four at a time:
 * a slot that it holds for a while has no owner any more, so nothing of it is dropped.
 */
#include "cmocka_support.h"

#include "q/owned_lazy.h"

enum { CAPACITY = 4, MESSAGES = 1000 };

static uint32_t dropped[MESSAGES]; /* how often, by id */

void test_release(q_owned *message)
{
    REQUIRE(message->id < MESSAGES && message->check == mixed(message->id)); /* whole */
    dropped[message->id]++;
}

static q_owned_lazy the_queue;
static q_owned_lazy *const ch = &the_queue;
static q_owned_lazy_producer p;
static q_owned_lazy_consumer c;

static void open_at(ringc_seq first)
{
    memset(&the_queue, 0xa5, sizeof the_queue);
    memset(dropped, 0, sizeof dropped);
    assert_status(q_owned_lazy_init_at(ch, 0, first), RINGC_OK);
    assert_status(q_owned_lazy_producer_open(ch, &p), RINGC_OK);
    assert_status(q_owned_lazy_consumer_open(ch, &c), RINGC_OK);
}

static void shut(void)
{
    q_owned_lazy_producer_close(&p);
    q_owned_lazy_consumer_close(&c);
    q_owned_lazy_destroy(ch);
}

static void push(uint64_t from, size_t n)
{
    for (uint64_t id = from; id < from + n; ++id) {
        const q_owned message = { id, mixed(id) };

        assert_status(q_owned_lazy_try_push(&p, &message), RINGC_OK);
    }
}

static void take(void *arg, const q_owned *message, bool end_of_batch)
{
    uint64_t *next = (uint64_t *)arg;

    (void)end_of_batch;
    assert_true(message->id == *next && message->check == mixed(*next));
    ++*next;
}

/* Takes `n` messages, the first with this id, in one of the ways. */
static void take_by(size_t way, uint64_t from, size_t n)
{
    uint64_t next = from;

    while (next < from + n) {
        const size_t left = (size_t)(from + n - next);
        q_owned messages[CAPACITY];
        size_t got = 1;

        switch (way) {
        case 0:
            assert_status(q_owned_lazy_try_pop(&c, messages), RINGC_OK);
            break;
        case 1:
            assert_status(q_owned_lazy_try_pop_n(&c, messages, left, &got), RINGC_OK);
            break;
        case 2:
            assert_status(q_owned_lazy_drain_n(&c, left, take, &next), RINGC_OK);
            got = 0;
            break;
        default: {
            const q_owned *slots = q_owned_lazy_peek(&c, &got);

            got = got < left ? got : left;
            memcpy(messages, slots, got * sizeof *slots);
            assert_status(q_owned_lazy_release(&c, got), RINGC_OK);
            break;
        }
        }
        for (size_t i = 0; i < got; ++i)
            take(&next, &messages[i], false);
    }
}

/* Of ids [0, n), those from `from` on were dropped once, the others never. */
static void assert_dropped(uint64_t from, uint64_t n)
{
    for (uint64_t id = 0; id < n; ++id)
        assert_int_equal(dropped[id], id >= from);
}

static void destroy_drops_what_is_inside_once_and_what_was_taken_never(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(first_sequences); ++i) {
        for (size_t way = 0; way < 4; ++way) {
            for (size_t inside = 0; inside <= CAPACITY; ++inside) {
                for (size_t taken = 0; taken <= inside; ++taken) {
                    open_at(first_sequences[i]);
                    push(0, inside);
                    take_by(way, 0, taken);
                    assert_dropped(inside, inside); /* nothing yet */
                    shut();
                    assert_dropped(taken, inside);
                    q_owned_lazy_destroy(ch); /* again: nothing is inside any more */
                    assert_dropped(taken, inside);
                }
            }
        }
    }
}

static void a_consumer_that_comes_later_gets_no_message_twice(void **state)
{
    uint64_t pushed = 0, taken = 0;

    (void)state;
    open_at((ringc_seq)(UINT64_MAX - 2));
    for (size_t turn = 0; turn < 100; ++turn) {
        const size_t n = 1 + turn % 3;

        push(pushed, n);
        pushed += n;
        take_by(turn % 4, taken, n);
        taken += n;
        q_owned_lazy_consumer_close(&c);
        assert_status(q_owned_lazy_consumer_open(ch, &c), RINGC_OK);
    }
    push(pushed, 2);
    shut();
    assert_dropped(taken, pushed + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(destroy_drops_what_is_inside_once_and_what_was_taken_never),
        cmocka_unit_test(a_consumer_that_comes_later_gets_no_message_twice),
    };

    begin("owned, several slots at a time");
    return cmocka_run_group_tests_name("owned, several slots at a time", tests, NULL, NULL) != 0;
}
