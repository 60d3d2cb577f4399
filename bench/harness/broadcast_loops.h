/*
 * The hot loops of the broadcast scenarios, as loops.h has those of the queues. The contender's
 * file defines before:
 *
 *     channel, publisher, subscriber                     types
 *     channel *channel_create(uint32_t slots, uint32_t subscribers, bool lossy)
 *                                                        with all its subscribers; NULL if it
 * cannot void channel_destroy(channel *ch) bool channel_is_empty(const channel *ch) whether each
 * subscriber has had all publisher publisher_open(channel *ch), void publisher_close(publisher *p)
 *     subscriber *channel_subscriber(channel *ch, uint32_t k)
 *                                                        where its handle lies between two uses
 *     bool publish(publisher *p, const message *m, uint32_t n)
 *                                                        to its n subscribers; false: full, and the
 *                                                        same message has to be tried again
 *     uint64_t publisher_dropped(const publisher *p)     how many a lossy one did not deliver
 *     bool receive(subscriber *s, message *m)            false: nothing, or some were lost
 *     uint64_t subscriber_missed(const subscriber *s)    how many it was told that it lost
 *
 * A lossy subscriber counts what it misses; what the contender says of it has to be the same.
 */
#include "harness/clock.h"
#include "harness/message.h"
#include "harness/run.h"

BENCH_INLINE void bench_send(publisher *p, uint64_t i, uint32_t n, bool pause)
{
    message m;

    bench_fill(&m, i);
    BENCH_AWAIT(pause, publish(p, &m, n))
}

BENCH_INLINE void bench_receive(subscriber *s, const bench_run *run, uint64_t i, bool pause)
{
    message m;

    BENCH_AWAIT(pause, receive(s, &m))
    bench_examine(run, &m, i);
}

/* ---- a publisher, and a subscriber that holds it --------------------------------------------- */

static void bench_produce(bench_run *run)
{
    publisher p = publisher_open((channel *)run->queue[0]);
    const uint64_t end = run->warm_up + run->messages;
    const bool pause = run->pause;

    for (uint64_t i = 0; i < end; i++)
        bench_send(&p, i, 1, pause);
    publisher_close(&p);
}

static void bench_consume(bench_run *run)
{
    subscriber *const kept = channel_subscriber((channel *)run->queue[0], 0);
    subscriber s = *kept;
    const uint64_t warm_up = run->warm_up, end = warm_up + run->messages;
    const bool pause = run->pause;

    for (uint64_t i = 0; i < warm_up; i++)
        bench_receive(&s, run, i, pause);
    run->begun = bench_ticks_ordered();
    for (uint64_t i = warm_up; i < end; i++)
        bench_receive(&s, run, i, pause);
    run->ended = bench_ticks_ordered();
    *kept = s;
}

/* ---- a publisher, and a subscriber that gets what it can ------------------------------------- */

/* The last message is not timed, and sure to arrive: by it the subscriber knows the end. */
static void bench_publish_on(bench_run *run)
{
    publisher p = publisher_open((channel *)run->queue[0]);
    const uint64_t warm_up = run->warm_up, last = warm_up + run->messages;
    const bool pause = run->pause;

    for (uint64_t i = 0; i < warm_up; i++)
        bench_send(&p, i, 1, pause);
    run->begun = bench_ticks_ordered();
    for (uint64_t i = warm_up; i < last; i++)
        bench_send(&p, i, 1, pause);
    run->ended = bench_ticks_ordered();
    run->told[0] = publisher_dropped(&p);
    for (uint64_t dropped = run->told[0] - 1; dropped != publisher_dropped(&p);) {
        dropped = publisher_dropped(&p);
        bench_send(&p, last, 1, pause);
    }
    run->published = last + 1;
    publisher_close(&p);
}

static void bench_receive_some(bench_run *run)
{
    subscriber *const kept = channel_subscriber((channel *)run->queue[0], 0);
    subscriber s = *kept;
    const uint64_t last = run->warm_up + run->messages;
    const bool pause = run->pause;
    uint64_t lost = 0;

    for (uint64_t expected = 0; expected <= last;) {
        message m;
        uint64_t i;

        BENCH_AWAIT(pause, receive(&s, &m))
        i = m.words[0] - 1;
        bench_examine(run, &m, i >= expected && i <= last ? i : expected);
        lost += i - expected;
        expected = i + 1;
    }
    run->lost = lost;
    run->told[1] = subscriber_missed(&s);
    *kept = s;
}

/* ---- round trips over two channels ----------------------------------------------------------- */

static void bench_ask(bench_run *run)
{
    publisher p = publisher_open((channel *)run->queue[0]);
    subscriber *const kept = channel_subscriber((channel *)run->queue[1], 0);
    subscriber s = *kept;
    const uint64_t warm_up = run->warm_up, messages = run->messages;
    uint64_t *const received = run->received;
    const bool pause = run->pause;
    uint64_t last;

    for (uint64_t i = 0; i < warm_up; i++) {
        bench_send(&p, i, 1, pause);
        bench_receive(&s, run, i, pause);
    }
    last = bench_ticks_ordered();
    for (uint64_t i = 0; i < messages; i++) {
        uint64_t now;

        bench_send(&p, warm_up + i, 1, pause);
        bench_receive(&s, run, warm_up + i, pause);
        now = bench_ticks_ordered();
        received[i] = now - last;
        last = now;
    }
    publisher_close(&p);
    *kept = s;
}

static void bench_answer(bench_run *run)
{
    subscriber *const kept = channel_subscriber((channel *)run->queue[0], 0);
    subscriber s = *kept;
    publisher p = publisher_open((channel *)run->queue[1]);
    const uint64_t end = run->warm_up + run->messages;
    const bool pause = run->pause;

    for (uint64_t i = 0; i < end; i++) {
        message m;

        BENCH_AWAIT(pause, receive(&s, &m))
        BENCH_AWAIT(pause, publish(&p, &m, 1))
    }
    *kept = s;
    publisher_close(&p);
}

/* ---- one thread ----------------------------------------------------------------------------- */

/* Nobody subscribes. */
static void bench_publish_alone(bench_run *run)
{
    publisher p = publisher_open((channel *)run->queue[0]);
    const uint64_t warm_up = run->warm_up, end = warm_up + run->messages;
    const bool pause = run->pause;

    for (uint64_t i = 0; i < warm_up; i++)
        bench_send(&p, i, 0, pause);
    run->begun = bench_ticks_ordered();
    for (uint64_t i = warm_up; i < end; i++)
        bench_send(&p, i, 0, pause);
    run->ended = bench_ticks_ordered();
    publisher_close(&p);
}

BENCH_INLINE void bench_publish_and_receive(publisher *p, subscriber *subscribers, uint32_t n,
                                            const bench_run *run, uint64_t i)
{
    message m;

    bench_fill(&m, i);
    if (!publish(p, &m, n))
        bench_wrong(run, NULL, 0, i);
    __asm__ volatile("" ::: "memory"); /* the message goes through the ring, not around it */
    for (uint32_t k = 0; k < n; k++) {
        if (!receive(&subscribers[k], &m))
            bench_wrong(run, NULL, 0, i);
        bench_examine(run, &m, i);
    }
}

BENCH_INLINE void bench_alternate_with(bench_run *run, uint32_t n)
{
    channel *const ch = (channel *)run->queue[0];
    publisher p = publisher_open(ch);
    const uint64_t warm_up = run->warm_up, end = warm_up + run->messages;
    subscriber subscribers[BENCH_SUBSCRIBERS];

    for (uint32_t k = 0; k < n; k++)
        subscribers[k] = *channel_subscriber(ch, k);
    for (uint64_t i = 0; i < warm_up; i++)
        bench_publish_and_receive(&p, subscribers, n, run, i);
    run->begun = bench_ticks_ordered();
    for (uint64_t i = warm_up; i < end; i++)
        bench_publish_and_receive(&p, subscribers, n, run, i);
    run->ended = bench_ticks_ordered();
    publisher_close(&p);
    for (uint32_t k = 0; k < n; k++)
        *channel_subscriber(ch, k) = subscribers[k];
}

static void bench_alternate(bench_run *run)
{
    if (run->subscribers == 1)
        bench_alternate_with(run, 1);
    else
        bench_alternate_with(run, run->subscribers);
}

/* ---- registration --------------------------------------------------------------------------- */

static void *bench_create(uint32_t slots, uint32_t subscribers, bool lossy)
{
    return channel_create(slots, subscribers, lossy);
}

static void bench_destroy(void *ch)
{
    channel_destroy((channel *)ch);
}

static bool bench_is_empty(void *ch)
{
    return channel_is_empty((const channel *)ch);
}

#define BENCH_BROADCAST(traits, slots, fewest, most)                                               \
    static bench_contender contender = { BENCH_NAME,                                               \
                                         BENCH_VERSION,                                            \
                                         BENCH_BYTES,                                              \
                                         (slots),                                                  \
                                         (traits),                                                 \
                                         bench_create,                                             \
                                         bench_destroy,                                            \
                                         bench_is_empty,                                           \
                                         bench_produce,                                            \
                                         bench_consume,                                            \
                                         NULL,                                                     \
                                         NULL,                                                     \
                                         NULL,                                                     \
                                         NULL,                                                     \
                                         NULL,                                                     \
                                         NULL,                                                     \
                                         bench_ask,                                                \
                                         bench_answer,                                             \
                                         bench_alternate,                                          \
                                         (fewest),                                                 \
                                         (most),                                                   \
                                         bench_publish_alone,                                      \
                                         bench_publish_on,                                         \
                                         bench_receive_some,                                       \
                                         NULL };                                                   \
    __attribute__((constructor)) static void bench_enrol(void)                                     \
    {                                                                                              \
        bench_register(&contender);                                                                \
    }
