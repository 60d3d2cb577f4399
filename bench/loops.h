/*
 * The hot loops of every scenario, compiled into each contender, so that each has its own, with
 * its push and pop inlined and the message size known. The contender's file defines before:
 *
 *     queue, producer, consumer                          types; the handles may be queue *
 *     queue *queue_create(uint32_t slots)                NULL if it cannot
 *     void queue_destroy(queue *q)
 *     bool queue_is_empty(queue *q)                      asked when both sides have stopped
 *     producer producer_open(queue *q), void producer_close(producer *p)
 *     consumer consumer_open(queue *q), void consumer_close(consumer *c)
 *     bool push(producer *p, const message *m)           false: full; may wait instead
 *     bool pop(consumer *c, message *m)                  false: empty; may wait instead
 *
 * and, if it has calls for batches, BENCH_HAS_BATCH with
 *
 *     uint32_t push_n(producer *p, const message *m, uint32_t n)    how many went in
 *     uint32_t pop_n(consumer *c, message *m, uint32_t n)           how many came
 *
 * Word k of message i is i + 1 + k. The consumer looks at every word of every message.
 */
#ifdef BENCH_EACH /* compiled once more, as a broadcast by a queue for each subscriber */
#include "harness/queue_each.h"
#else

#include "harness/clock.h"
#include "harness/message.h"
#include "harness/pace.h"
#include "harness/run.h"

BENCH_INLINE void bench_send(producer *p, uint64_t i, bool pause)
{
    message m;

    bench_fill(&m, i);
    BENCH_AWAIT(pause, push(p, &m))
}

BENCH_INLINE void bench_receive(consumer *c, const bench_run *run, uint64_t i, bool pause)
{
    message m;

    BENCH_AWAIT(pause, pop(c, &m))
    bench_examine(run, &m, i);
}

/* ---- streams -------------------------------------------------------------------------------- */

BENCH_INLINE void bench_produce_all(bench_run *run, bool works)
{
    producer p = producer_open((queue *)run->queue[0]);
    const uint64_t end = run->warm_up + run->messages;
    const uint32_t work = run->work;
    const bool pause = run->pause;
    uint64_t x = end | 1;

    for (uint64_t i = 0; i < end; i++) {
        if (works)
            x = bench_work(x, work);
        bench_send(&p, i, pause);
    }
    __asm__ volatile("" ::"r"(x));
    producer_close(&p);
}

static void bench_produce(bench_run *run)
{
    if (run->work == 0)
        bench_produce_all(run, false);
    else
        bench_produce_all(run, true);
}

static void bench_consume(bench_run *run)
{
    consumer c = consumer_open((queue *)run->queue[0]);
    const uint64_t warm_up = run->warm_up, end = warm_up + run->messages;
    const bool pause = run->pause;

    for (uint64_t i = 0; i < warm_up; i++)
        bench_receive(&c, run, i, pause);
    run->begun = bench_ticks_ordered();
    for (uint64_t i = warm_up; i < end; i++)
        bench_receive(&c, run, i, pause);
    run->ended = bench_ticks_ordered();
    consumer_close(&c);
}

/* ---- batches -------------------------------------------------------------------------------- */

BENCH_INLINE uint32_t bench_batch_of(uint64_t left)
{
    return (uint32_t)(left < BENCH_BATCH ? left : (uint64_t)BENCH_BATCH);
}

#ifndef BENCH_HAS_BATCH /* one by one then, which is what a user of it has to do */
BENCH_INLINE uint32_t push_n(producer *p, const message *m, uint32_t n)
{
    uint32_t done = 0;

    while (done < n && push(p, m + done))
        done++;
    return done;
}

BENCH_INLINE uint32_t pop_n(consumer *c, message *m, uint32_t n)
{
    uint32_t done = 0;

    while (done < n && pop(c, m + done))
        done++;
    return done;
}
#endif

BENCH_INLINE void bench_send_batch(producer *p, const message *batch, uint32_t n, bool pause)
{
    for (uint32_t done = 0; done < n;) {
        const uint32_t more = push_n(p, batch + done, n - done);

        done += more;
        if (more == 0 && pause)
            bench_spin_hint();
    }
}

static void bench_produce_batches(bench_run *run)
{
    producer p = producer_open((queue *)run->queue[0]);
    const uint64_t end = run->warm_up + run->messages;
    const bool pause = run->pause;
    message batch[BENCH_BATCH];

    for (uint64_t i = 0; i < end;) {
        const uint32_t n = bench_batch_of(end - i);

        for (uint32_t k = 0; k < n; k++)
            bench_fill(&batch[k], i + k);
        bench_send_batch(&p, batch, n, pause);
        i += n;
    }
    producer_close(&p);
}

BENCH_INLINE void bench_receive_until(consumer *c, const bench_run *run, uint64_t i, uint64_t end)
{
    const bool pause = run->pause;
    message batch[BENCH_BATCH];

    while (i < end) {
        const uint32_t n = pop_n(c, batch, bench_batch_of(end - i));

        for (uint32_t k = 0; k < n; k++)
            bench_examine(run, &batch[k], i + k);
        i += n;
        if (n == 0 && pause)
            bench_spin_hint();
    }
}

static void bench_consume_batches(bench_run *run)
{
    consumer c = consumer_open((queue *)run->queue[0]);

    bench_receive_until(&c, run, 0, run->warm_up);
    run->begun = bench_ticks_ordered();
    bench_receive_until(&c, run, run->warm_up, run->warm_up + run->messages);
    run->ended = bench_ticks_ordered();
    consumer_close(&c);
}

/* ---- messages at set times ------------------------------------------------------------------ */

/*
 * Sends message i when it is due, whether or not the one before was late: a stall delays all that
 * fall due while it lasts, and each of them shows it.
 */
static void bench_send_at_times(bench_run *run)
{
    producer p = producer_open((queue *)run->queue[0]);
    const uint64_t warm_up = run->warm_up, messages = run->messages, period = run->period_ticks;
    const bool pause = run->pause;
    uint64_t due;

    for (uint64_t i = 0; i < warm_up; i++)
        bench_send(&p, i, pause);
    due = bench_ticks() + period;
    run->start = due;
    for (uint64_t i = 0; i < messages; i++, due += period) {
        BENCH_AWAIT(pause, bench_ticks() >= due)
        bench_send(&p, warm_up + i, pause);
    }
    producer_close(&p);
}

static void bench_receive_at_times(bench_run *run)
{
    consumer c = consumer_open((queue *)run->queue[0]);
    const uint64_t warm_up = run->warm_up, messages = run->messages;
    uint64_t *const received = run->received;
    const bool pause = run->pause;

    for (uint64_t i = 0; i < warm_up; i++)
        bench_receive(&c, run, i, pause);
    for (uint64_t i = 0; i < messages; i++) {
        bench_receive(&c, run, warm_up + i, pause);
        received[i] = bench_ticks_ordered();
    }
    consumer_close(&c);
}

/* ---- bursts --------------------------------------------------------------------------------- */

static void bench_send_bursts(bench_run *run)
{
    producer p = producer_open((queue *)run->queue[0]);
    const uint64_t bursts = run->messages;
    const uint32_t burst = run->burst;
    const bool pause = run->pause;
    uint64_t i = 0;

    for (; i < run->warm_up; i++)
        bench_send(&p, i, pause);
    for (uint64_t b = 0; b < bursts; b++) {
        bench_wait_gap(run->gap_ticks);
        run->sent[b] = bench_ticks_ordered();
        for (uint32_t k = 0; k < burst; k++)
            bench_send(&p, i++, pause);
        BENCH_AWAIT(pause, __atomic_load_n(&run->acknowledged, __ATOMIC_ACQUIRE) > b)
    }
    producer_close(&p);
}

static void bench_receive_bursts(bench_run *run)
{
    consumer c = consumer_open((queue *)run->queue[0]);
    const uint64_t bursts = run->messages;
    const uint32_t burst = run->burst;
    const bool pause = run->pause;
    uint64_t i = 0;

    for (; i < run->warm_up; i++)
        bench_receive(&c, run, i, pause);
    for (uint64_t b = 0; b < bursts; b++) {
        for (uint32_t k = 0; k < burst; k++)
            bench_receive(&c, run, i++, pause);
        run->received[b] = bench_ticks_ordered();
        __atomic_store_n(&run->acknowledged, b + 1, __ATOMIC_RELEASE);
    }
    consumer_close(&c);
}

/* ---- round trips ---------------------------------------------------------------------------- */

static void bench_ask(bench_run *run)
{
    producer p = producer_open((queue *)run->queue[0]);
    consumer c = consumer_open((queue *)run->queue[1]);
    const uint64_t warm_up = run->warm_up, messages = run->messages;
    uint64_t *const received = run->received;
    const bool pause = run->pause;
    uint64_t last;

    for (uint64_t i = 0; i < warm_up; i++) {
        bench_send(&p, i, pause);
        bench_receive(&c, run, i, pause);
    }
    last = bench_ticks_ordered();
    for (uint64_t i = 0; i < messages; i++) {
        uint64_t now;

        bench_send(&p, warm_up + i, pause);
        bench_receive(&c, run, warm_up + i, pause);
        now = bench_ticks_ordered();
        received[i] = now - last;
        last = now;
    }
    producer_close(&p);
    consumer_close(&c);
}

static void bench_answer(bench_run *run)
{
    consumer c = consumer_open((queue *)run->queue[0]);
    producer p = producer_open((queue *)run->queue[1]);
    const uint64_t end = run->warm_up + run->messages;
    const bool pause = run->pause;

    for (uint64_t i = 0; i < end; i++) {
        message m;

        BENCH_AWAIT(pause, pop(&c, &m))
        BENCH_AWAIT(pause, push(&p, &m))
    }
    consumer_close(&c);
    producer_close(&p);
}

/* ---- one thread ----------------------------------------------------------------------------- */

BENCH_INLINE void bench_push_and_pop(producer *p, consumer *c, const bench_run *run, uint64_t i)
{
    message m;

    bench_fill(&m, i);
    if (!push(p, &m))
        bench_wrong(run, NULL, 0, i);
    __asm__ volatile("" ::: "memory"); /* the message goes through the ring, not around it */
    if (!pop(c, &m))
        bench_wrong(run, NULL, 0, i);
    bench_examine(run, &m, i);
}

static void bench_alternate(bench_run *run)
{
    producer p = producer_open((queue *)run->queue[0]);
    consumer c = consumer_open((queue *)run->queue[0]);
    const uint64_t warm_up = run->warm_up, end = warm_up + run->messages;

    for (uint64_t i = 0; i < warm_up; i++)
        bench_push_and_pop(&p, &c, run, i);
    run->begun = bench_ticks_ordered();
    for (uint64_t i = warm_up; i < end; i++)
        bench_push_and_pop(&p, &c, run, i);
    run->ended = bench_ticks_ordered();
    producer_close(&p);
    consumer_close(&c);
}

/* ---- registration --------------------------------------------------------------------------- */

static void *bench_create(uint32_t slots, uint32_t subscribers, bool lossy)
{
    (void)subscribers;
    (void)lossy;
    return queue_create(slots);
}

static void bench_destroy(void *q)
{
    queue_destroy((queue *)q);
}

static bool bench_is_empty(void *q)
{
    return queue_is_empty((queue *)q);
}

#ifndef BENCH_SLOTS
#define BENCH_SLOTS 0
#endif

#define BENCH_CONTENDER(traits)                                                                    \
    static bench_contender contender = { BENCH_NAME,                                               \
                                         BENCH_VERSION,                                            \
                                         BENCH_BYTES,                                              \
                                         BENCH_SLOTS,                                              \
                                         (traits),                                                 \
                                         bench_create,                                             \
                                         bench_destroy,                                            \
                                         bench_is_empty,                                           \
                                         bench_produce,                                            \
                                         bench_consume,                                            \
                                         bench_produce_batches,                                    \
                                         bench_consume_batches,                                    \
                                         bench_send_at_times,                                      \
                                         bench_receive_at_times,                                   \
                                         bench_send_bursts,                                        \
                                         bench_receive_bursts,                                     \
                                         bench_ask,                                                \
                                         bench_answer,                                             \
                                         bench_alternate,                                          \
                                         0,                                                        \
                                         0,                                                        \
                                         NULL,                                                     \
                                         NULL,                                                     \
                                         NULL,                                                     \
                                         NULL };                                                   \
    __attribute__((constructor)) static void bench_enrol(void)                                     \
    {                                                                                              \
        bench_register(&contender);                                                                \
    }

#endif
