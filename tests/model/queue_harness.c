/*
 * A generated queue on the model: one program text for every channel of schemas/model.yaml, compiled with
 *
 *     -DCHANNEL=block_park_2 -DMESSAGE=pair     names in the generated text
 *     -DBLOCKS | -DREJECTS | -DEVICTS           its policy
 *     -DPRODUCER_PARKS -DCONSUMER_PARKS -DOWNED
 *     -DSTAMPED -DLAZY -DCAPACITY=2             its knobs, and its slots
 *
 * Every scenario keeps a ledger: each message that was pushed must come to exactly one end (received, dropped, handed back
 * by push_evict, left inside), whole, and those received in the order in which they were pushed. Plain payload is checked
 * for races as it is copied. A scenario ends when nobody can run: then a side that still waits is a lost wake-up, so the
 * scenarios that look for those have no close in them that would hide it.
 *
 *     queue SCENARIO...      those, exhaustively if executions.txt says so, else at random; no name: all
 *     queue --list
 *     queue --record         measures what belongs into executions.txt
 *     queue --seed S --first RUN --runs N SCENARIO      repeats or extends random runs
 *     queue --long SECONDS SCENARIO...                  searches each exhaustively for so long, and says which it finished
 *     queue --fast           a tenth of the random runs, a bound on the exhaustive ones, no counts: for mutants
 */
#include "model.h"

#include "model/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define Q(name) PASTE(PASTE(model_, CHANNEL), PASTE(_, name))
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)

typedef PASTE(model_, CHANNEL) queue;
typedef Q(producer) producer;
typedef Q(consumer) consumer;
typedef PASTE(model_, MESSAGE) message;

enum { MAX_MESSAGES_SENT = 16 };

static queue ring;

/* ---- The ledger ------------------------------------------------------------------------------------------------ */

typedef struct fate {
    int pushed;
    int received;
    int dropped;    /* given to model_drop */
    int handed_back; /* by push_evict */
    int left;
} fate;

static fate fates[MAX_MESSAGES_SENT];
static uint64_t next_to_send;     /* the numbers are shared by the producers, who own them while they hold the handle */
static uint64_t next_to_receive;  /* and the consumers' */
static bool in_the_end;           /* the threads have ended */
static uint32_t init_flags;       /* RINGC_SHARED: both sides have fences of their own, else membarrier stands in */

static message make(uint64_t number)
{
    message m;

    m.a = number * 16 + 5;
    m.b = ~m.a;
    return m;
}

/* The number of a message, which must be whole and have been sent. */
static uint64_t number_of(const message *m)
{
    model_assert(m->b == ~m->a);
    model_assert(m->a % 16 == 5 && m->a / 16 < next_to_send);
    return m->a / 16;
}

static void receive(const message *m)
{
    uint64_t number = number_of(m);

    model_note(MODEL_SITE, "received message %" PRIu64, number);
#if defined(EVICTS)
    model_assert(number >= next_to_receive);
#else
    model_assert(number == next_to_receive);
#endif
    next_to_receive = number + 1;
    fates[number].received++;
}

void model_drop(model_owned *owned)
{
    message m = { owned->a, owned->b };
    fate *f = &fates[number_of(&m)];

    if (in_the_end)
        f->left++;
    else
        f->dropped++;
}

/* What is still inside is taken out, or on a channel whose messages own something given to model_drop. */
static void take_what_is_left(void)
{
#if !defined(OWNED)
    consumer c = { 0 };
    message m;

    RINGC_STORE(&ring.consumer_held, 0u, RINGC_RELAXED); /* a thread may have been killed with it */
    model_assert(Q(consumer_open)(&ring, &c) == RINGC_OK);
    while (Q(try_pop)(&c, &m) == RINGC_OK)
        fates[number_of(&m)].left++;
    Q(consumer_close)(&c);
#endif
    Q(destroy)(&ring);
}

static void check_ledger(void)
{
    uint64_t dropped = 0;

    in_the_end = true;
    take_what_is_left();
    for (uint64_t i = 0; i < next_to_send; i++) {
        const fate *f = &fates[i];
        int ends = f->received + f->dropped + f->handed_back + f->left;

        if (f->received > 1 || f->left > 1 || f->dropped > 1 || ends > f->pushed)
            model_fail(MODEL_SITE, "message %" PRIu64 " came to %d ends: %d received, %d dropped, %d handed back, %d left; "
                       "pushed %d times", i, ends, f->received, f->dropped, f->handed_back, f->left, f->pushed);
        if (ends < f->pushed)
            dropped++; /* only the count tells */
    }
#if defined(EVICTS)
    {
        uint64_t known = 0;

        for (uint64_t i = 0; i < next_to_send; i++)
            known += (uint64_t)(fates[i].dropped + fates[i].handed_back);
        model_assert(Q(dropped)(&ring) == dropped + known);
#if defined(OWNED)
        model_assert(dropped == 0);
#endif
    }
#else
    model_assert(dropped == 0 && "a message was lost");
#endif
}

/* ---- Set-up ---------------------------------------------------------------------------------------------------- */

static void name_locations(void)
{
    static const char *const slot_names[] = { "slot 0", "slot 1", "slot 2", "slot 3" };
#if defined(STAMPED)
    static const char *const stamp_names[] = { "stamp 0", "stamp 1" };
#endif

    model_name(&ring.tail, sizeof ring.tail, "tail");
    model_name(&ring.head, sizeof ring.head, "head");
    model_name(&ring.closed, sizeof ring.closed, "closed");
    model_name(&ring.flags, sizeof ring.flags, "flags");
    model_name(&ring.producer_held, sizeof ring.producer_held, "producer_held");
    model_name(&ring.consumer_held, sizeof ring.consumer_held, "consumer_held");
#if defined(PRODUCER_PARKS)
    model_name(&ring.producer_parked, sizeof ring.producer_parked, "producer_parked");
#endif
#if defined(CONSUMER_PARKS)
    model_name(&ring.consumer_parked, sizeof ring.consumer_parked, "consumer_parked");
#endif
#if defined(EVICTS)
    model_name(&ring.dropped, sizeof ring.dropped, "dropped");
#endif
    for (int i = 0; i < CAPACITY; i++)
        model_name(Q(slot_)(&ring, (ringc_seq)i), sizeof(message), slot_names[i]);
#if defined(STAMPED)
    for (size_t i = 0; i < sizeof ring.lines / sizeof ring.lines[0]; i++)
        model_name(&ring.lines[i].stamp, sizeof ring.lines[i].stamp, stamp_names[i]);
#endif
    model_name(&next_to_send, sizeof next_to_send, "next_to_send");
    model_name(&next_to_receive, sizeof next_to_receive, "next_to_receive");
}

static void begin(ringc_seq first)
{
    memset(&ring, 0, sizeof ring);
    memset(fates, 0, sizeof fates);
    next_to_send = next_to_receive = 0;
    in_the_end = false;
    name_locations();
    model_guard(ring.guard, sizeof ring.guard);
    model_assert(Q(init_at)(&ring, init_flags, first) == RINGC_OK);
}

#define JUST_BELOW_THE_WRAP ((ringc_seq)-1)

static producer open_producer(void)
{
    producer p;

    model_assert(Q(producer_open)(&ring, &p) == RINGC_OK);
    return p;
}

static consumer open_consumer(void)
{
    consumer c;

    model_assert(Q(consumer_open)(&ring, &c) == RINGC_OK);
    return c;
}

/* Calls a push of message `number`; it stands in the ledger before it can be received. */
#define PUSHING(call)                                   \
    __extension__({                                     \
        uint64_t number_ = next_to_send++;              \
        message m_ = make(number_);                     \
        const message *m = &m_;                         \
        ringc_status status_;                           \
        fates[number_].pushed = 1;                      \
        status_ = (call);                               \
        if (status_ != RINGC_OK) {                      \
            fates[number_].pushed = 0;                  \
            next_to_send = number_;                     \
        }                                               \
        status_;                                        \
    })

/* As the channel's own wait, or for parking sides at once to the futex, without the rounds of spinning before. */
#if defined(BLOCKS)
static ringc_status push_waiting(producer *p, const message *m)
{
#if defined(PRODUCER_PARKS)
    return Q(push_with)(p, m, ringc_wait_park(0));
#else
    return Q(push_with)(p, m, ringc_wait_spin());
#endif
}
#elif defined(REJECTS)
static ringc_status push_waiting(producer *p, const message *m)
{
    ringc_status status;

    while ((status = Q(push)(p, m)) == RINGC_FULL)
        model_pause(MODEL_SITE);
    return status;
}
#else
static ringc_status push_waiting(producer *p, const message *m)
{
    return Q(push)(p, m);
}
#endif

static ringc_status pop_waiting(consumer *c, message *m)
{
#if defined(CONSUMER_PARKS)
    return Q(pop_with)(c, m, ringc_wait_park(0));
#else
    return Q(pop_with)(c, m, ringc_wait_spin());
#endif
}

static void push_all(producer *p, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        model_assert(PUSHING(push_waiting(p, m)) == RINGC_OK);
}

/* Pops until message n-1 has come: the newest is never evicted. */
static void pop_until(consumer *c, uint64_t n)
{
    message m;

    while (next_to_receive < n) {
        model_assert(pop_waiting(c, &m) == RINGC_OK);
        receive(&m);
    }
}

static void pop_until_closed(consumer *c)
{
    message m;
    ringc_status status;

    while ((status = pop_waiting(c, &m)) == RINGC_OK)
        receive(&m);
    model_assert(status == RINGC_CLOSED);
}

/* More than fits: slots are used again. */
enum { TRAFFIC = CAPACITY + 2 };

/* ---- try_push and try_pop: neither side waits --------------------------------------------------------------------- */

static void produce_try(void *arg)
{
    producer p = open_producer();

    (void)arg;
    for (int i = 0; i < TRAFFIC; i++) {
        ringc_status status = PUSHING(Q(try_push)(&p, m));

#if defined(EVICTS)
        model_assert(status == RINGC_OK);
#else
        model_assert(status == RINGC_OK || status == RINGC_FULL);
#endif
    }
    Q(producer_close)(&p);
}

static void consume_try(void *arg)
{
    consumer c = open_consumer();
    message m;

    (void)arg;
    for (int i = 0; i < CAPACITY + 1; i++) {
        ringc_status status = Q(try_pop)(&c, &m);

        model_assert(status == RINGC_OK || status == RINGC_EMPTY);
        if (status == RINGC_OK)
            receive(&m);
    }
    Q(consumer_close)(&c);
}

static void run_try(ringc_seq first)
{
    begin(first);
    model_thread("producer", produce_try, NULL);
    model_thread("consumer", consume_try, NULL);
    model_join();
    check_ledger();
}

static void try_below_the_wrap(void)
{
    run_try(JUST_BELOW_THE_WRAP);
}

static void try_from_zero(void)
{
    run_try(0);
}

#if defined(EVICTS)
static void produce_evict(void *arg)
{
    producer p = open_producer();

    (void)arg;
    for (int i = 0; i < TRAFFIC; i++) {
        message evicted;
        size_t n = 7;

        model_assert(PUSHING(Q(push_evict)(&p, m, &evicted, &n)) == RINGC_OK);
        model_assert(n <= 1);
        if (n)
            fates[number_of(&evicted)].handed_back++;
    }
    Q(producer_close)(&p);
}

static void push_evict(void)
{
    begin(JUST_BELOW_THE_WRAP);
    model_thread("producer", produce_evict, NULL);
    model_thread("consumer", consume_try, NULL);
    model_join();
    check_ledger();
    for (uint64_t i = 0; i < next_to_send; i++)
        model_assert(fates[i].received + fates[i].handed_back + fates[i].left == 1);
}
#endif

static void produce_one(void *arg)
{
    producer p = open_producer();

    (void)arg;
    push_all(&p, 1);
    Q(producer_close)(&p);
}

/* ---- Waiting, and nobody closes: a lost wake-up shows -------------------------------------------------------------- */

static uint64_t traffic;

static void produce_waiting(void *arg)
{
    producer p = open_producer();

    (void)arg;
    push_all(&p, traffic);
    Q(producer_close)(&p);
}

static void consume_waiting(void *arg)
{
    consumer c = open_consumer();

    (void)arg;
    pop_until(&c, traffic);
    Q(consumer_close)(&c);
}

static void run_waiting(uint64_t messages)
{
    begin(JUST_BELOW_THE_WRAP);
    traffic = messages;
    model_thread("producer", produce_waiting, NULL);
    model_thread("consumer", consume_waiting, NULL);
    model_join();
    check_ledger();
}

static void wait(void)
{
    run_waiting(CAPACITY + 1);
}

static void wait_long(void)
{
    run_waiting(2 * CAPACITY + 2);
}

/* As the schema says, with its rounds of spinning. */
static void produce_as_schema(void *arg)
{
    producer p = open_producer();

    (void)arg;
    for (int i = 0; i < CAPACITY + 1; i++)
#if defined(REJECTS)
        model_assert(PUSHING(push_waiting(&p, m)) == RINGC_OK);
#else
        model_assert(PUSHING(Q(push)(&p, m)) == RINGC_OK);
#endif
    Q(producer_close)(&p);
}

static void consume_as_schema(void *arg)
{
    consumer c = open_consumer();
    message m;

    (void)arg;
#if !defined(CONSUMER_PARKS)
    model_assert(Q(pop_with)(&c, &m, ringc_wait_park(0)) == RINGC_INVALID || next_to_send > 0);
#endif
    while (next_to_receive < CAPACITY + 1) {
        model_assert(Q(pop)(&c, &m) == RINGC_OK);
        receive(&m);
    }
    Q(consumer_close)(&c);
}

static void wait_as_schema(void)
{
    begin(JUST_BELOW_THE_WRAP);
    model_thread("producer", produce_as_schema, NULL);
    model_thread("consumer", consume_as_schema, NULL);
    model_join();
    check_ledger();
}

/* ---- Close ----------------------------------------------------------------------------------------------------- */

static void produce_and_close(void *arg)
{
    producer p = open_producer();

    (void)arg;
    push_all(&p, CAPACITY + 1);
    Q(close)(&ring);
    model_assert(PUSHING(Q(push)(&p, m)) == RINGC_CLOSED);
    Q(producer_close)(&p);
}

static void consume_until_closed(void *arg)
{
    consumer c = open_consumer();
    message m;

    (void)arg;
    pop_until_closed(&c);
    model_assert(Q(try_pop)(&c, &m) == RINGC_CLOSED); /* final: its producer closed it */
    model_assert(Q(is_closed)(&ring));
    Q(consumer_close)(&c);
}

static void close_by_producer(void)
{
    begin(JUST_BELOW_THE_WRAP);
    model_thread("producer", produce_and_close, NULL);
    model_thread("consumer", consume_until_closed, NULL);
    model_join();
#if !defined(EVICTS)
    model_assert(next_to_receive == CAPACITY + 1);
#endif
    check_ledger();
}

static void close_it(void *arg)
{
    (void)arg;
    Q(close)(&ring);
}

static void produce_until_closed(void *arg)
{
    producer p = open_producer();
    ringc_status status = RINGC_OK;

    (void)arg;
    for (int i = 0; i < CAPACITY + 1 && status == RINGC_OK; i++)
        status = PUSHING(push_waiting(&p, m));
    model_assert(status == RINGC_OK || status == RINGC_CLOSED);
    Q(producer_close)(&p);
}

static void consume_until_closed_by_other(void *arg)
{
    consumer c = open_consumer();

    (void)arg;
    pop_until_closed(&c);
    Q(consumer_close)(&c);
}

static void close_by_third(void)
{
    begin(JUST_BELOW_THE_WRAP);
    model_thread("producer", produce_until_closed, NULL);
    model_thread("consumer", consume_until_closed_by_other, NULL);
    model_thread("closer", close_it, NULL);
    model_join();
    check_ledger();
}

static uint64_t last_words;

static void write_and_close(void *arg)
{
    (void)arg;
    model_plain_write(MODEL_SITE, &last_words, sizeof last_words);
    Q(close)(&ring);
}

static void await_is_closed(void *arg)
{
    (void)arg;
    while (!Q(is_closed)(&ring))
        model_pause(MODEL_SITE);
    model_plain_read(MODEL_SITE, &last_words, sizeof last_words);
}

/* Who sees the channel closed sees what its closer did before. */
static void is_closed(void)
{
    begin(0);
    model_thread("closer", write_and_close, NULL);
    model_thread("onlooker", await_is_closed, NULL);
    model_join();
    check_ledger();
}

/* The consumer waits on a queue that nobody pushes to. */
static void close_wakes_consumer(void)
{
    begin(0);
    model_thread("consumer", consume_until_closed_by_other, NULL);
    model_thread("closer", close_it, NULL);
    model_join();
    check_ledger();
}

#if defined(BLOCKS)
/* Before there are threads. */
static void fill(void)
{
    producer p = open_producer();

    for (int i = 0; i < CAPACITY; i++)
        model_assert(PUSHING(Q(try_push)(&p, m)) == RINGC_OK);
    Q(producer_close)(&p);
}

static void produce_beyond_full(void *arg)
{
    producer p = open_producer();

    (void)arg;
    model_assert(PUSHING(push_waiting(&p, m)) == RINGC_CLOSED);
    Q(producer_close)(&p);
}

/* The producer waits on a full queue that nobody pops from. */
static void close_wakes_producer(void)
{
    begin(JUST_BELOW_THE_WRAP);
    fill();
    model_thread("producer", produce_beyond_full, NULL);
    model_thread("closer", close_it, NULL);
    model_join();
    check_ledger();
}

/* Only the producer ever waits: the consumer pops what is there, later. */
static void consume_one(void *arg)
{
    consumer c = open_consumer();
    message m = { 0, 0 }; /* gcc does not see that RINGC_OK fills it */
    ringc_status status;

    (void)arg;
    while ((status = Q(try_pop)(&c, &m)) == RINGC_EMPTY)
        model_pause(MODEL_SITE);
    model_assert(status == RINGC_OK);
    receive(&m);
    Q(consumer_close)(&c);
}

static void producer_waits_alone(void)
{
    begin(JUST_BELOW_THE_WRAP);
    fill();
    model_thread("producer", produce_one, NULL);
    model_thread("consumer", consume_one, NULL);
    model_join();
    check_ledger();
}
#endif

/* ---- Timeouts -------------------------------------------------------------------------------------------------- */

enum { SHORT_NS = 500 };

static void produce_timed(void *arg)
{
    producer p = open_producer();

    (void)arg;
    for (int i = 0; i < CAPACITY + 1; i++) {
#if defined(BLOCKS)
        ringc_status status = PUSHING(Q(push_for)(&p, m, SHORT_NS));

        model_assert(status == RINGC_OK || status == RINGC_TIMEOUT);
#else
        ringc_status status = PUSHING(Q(push)(&p, m));

        model_assert(status == RINGC_OK || status == RINGC_FULL);
#endif
    }
    Q(producer_close)(&p);
}

static void consume_timed(void *arg)
{
    consumer c = open_consumer();
    message m;
    ringc_status status;

    (void)arg;
    status = Q(pop_for)(&c, &m, SHORT_NS);
    model_assert(status == RINGC_OK || status == RINGC_TIMEOUT);
    if (status == RINGC_OK)
        receive(&m);
    status = Q(pop_for)(&c, &m, 0);
    model_assert(status == RINGC_OK || status == RINGC_TIMEOUT);
    if (status == RINGC_OK)
        receive(&m);
    Q(consumer_close)(&c);
}

static void timeouts(void)
{
    begin(JUST_BELOW_THE_WRAP);
    model_thread("producer", produce_timed, NULL);
    model_thread("consumer", consume_timed, NULL);
    model_join();
    check_ledger();
}

/* A wait that gave up must leave nothing behind that loses the next one's wake-up. */
static void consume_after_timeout(void *arg)
{
    consumer c = open_consumer();
    message m;
    ringc_status status = Q(pop_for)(&c, &m, SHORT_NS);

    (void)arg;
    model_assert(status == RINGC_OK || status == RINGC_TIMEOUT);
    if (status == RINGC_OK)
        receive(&m);
    pop_until(&c, 1);
    Q(consumer_close)(&c);
}

static void wait_after_timeout(void)
{
    begin(0);
    model_thread("producer", produce_one, NULL);
    model_thread("consumer", consume_after_timeout, NULL);
    model_join();
    check_ledger();
}

/* ---- Batches and in place ---------------------------------------------------------------------------------------- */

static void produce_batch(void *arg)
{
    producer p = open_producer();
    message batch[CAPACITY + 1];
    size_t done = 99;
    ringc_status status;

    (void)arg;
    for (size_t i = 0; i < CAPACITY + 1; i++) {
        batch[i] = make(i);
        fates[i].pushed = 1;
    }
    next_to_send = CAPACITY + 1;
    status = Q(push_n)(&p, batch, CAPACITY + 1, &done);
#if defined(REJECTS)
    model_assert(done <= CAPACITY + 1 && status == (done == CAPACITY + 1 ? RINGC_OK : RINGC_FULL));
    model_assert(done >= CAPACITY);
#else
    model_assert(status == RINGC_OK && done == CAPACITY + 1);
#endif
    next_to_send = done;
    for (size_t i = done; i < CAPACITY + 1; i++)
        fates[i].pushed = 0;
    Q(producer_close)(&p);
}

static void consume_batch(void *arg)
{
    consumer c = open_consumer();
    message batch[CAPACITY + 1];

    (void)arg;
    while (next_to_receive < CAPACITY) { /* of a rejecting queue at least so many came in */
        const size_t want = next_to_receive == 0 ? 1 : CAPACITY + 1; /* fewer than may be there, and more */
        size_t done = 99;

        memset(batch, 0, sizeof batch);
        model_assert(Q(pop_n)(&c, batch, want, &done) == RINGC_OK);
        model_assert(done >= 1 && done <= want);
        model_assert(done > CAPACITY || (batch[done].a == 0 && batch[done].b == 0)); /* no more than it says */
        for (size_t i = 0; i < done; i++)
            receive(&batch[i]);
        model_assert(Q(try_pop_n)(&c, batch, 0, &done) == RINGC_OK && done == 0);
    }
    Q(consumer_close)(&c);
}

static void batches(void)
{
    begin(JUST_BELOW_THE_WRAP);
    model_thread("producer", produce_batch, NULL);
    model_thread("consumer", consume_batch, NULL);
    model_join();
    check_ledger();
}

#if !defined(EVICTS)
static void write_slot(message *slot)
{
    model_plain_write(MODEL_SITE, slot, sizeof *slot);
    *slot = make(next_to_send);
    fates[next_to_send++].pushed = 1;
}

static void produce_in_place(void *arg)
{
    producer p = open_producer();

    (void)arg;
    while (next_to_send < TRAFFIC) {
        size_t want = TRAFFIC - next_to_send, got = 99;
        message *slots = Q(reserve)(&p, want, &got);

        model_assert(got <= CAPACITY && got <= want && (slots != NULL) == (got != 0));
        if (got == 0) {
            model_pause(MODEL_SITE);
            continue;
        }
        write_slot(&slots[0]);
        model_assert(Q(commit)(&p, got + 1) == RINGC_INVALID);
        model_assert(Q(commit)(&p, 1) == RINGC_OK);
        model_assert(Q(commit)(&p, 1) == RINGC_INVALID); /* what was reserved beyond is given up */
    }
    Q(producer_close)(&p);
}

static void read_slot(const message *slot)
{
    model_plain_read(MODEL_SITE, slot, sizeof *slot);
    receive(slot);
}

static void consume_in_place(void *arg)
{
    consumer c = open_consumer();

    (void)arg;
    while (next_to_receive < TRAFFIC) {
        size_t got = 99;
        const message *slots = Q(peek)(&c, &got);

        model_assert(got <= CAPACITY && (slots != NULL) == (got != 0));
        if (got == 0) {
            model_pause(MODEL_SITE);
            continue;
        }
        for (size_t i = 0; i < got; i++)
            read_slot(&slots[i]);
        model_assert(Q(release)(&c, CAPACITY + 1) == RINGC_INVALID);
        model_assert(Q(release)(&c, got) == RINGC_OK);
    }
    Q(consumer_close)(&c);
}

static void in_place(void)
{
    begin(JUST_BELOW_THE_WRAP);
    model_thread("producer", produce_in_place, NULL);
    model_thread("consumer", consume_in_place, NULL);
    model_join();
    check_ledger();
}
#endif

static bool batch_ended;
static unsigned handled;

static void handle(void *arg, const message *m, bool end_of_batch)
{
    (void)arg;
#if !defined(EVICTS)
    model_plain_read(MODEL_SITE, m, sizeof *m);
#endif
    model_assert(!batch_ended);
    batch_ended = end_of_batch;
    handled++;
    receive(m);
}

static void consume_draining(void *arg)
{
    consumer c = open_consumer();

    (void)arg;
    while (next_to_receive < CAPACITY + 1) {
        ringc_status status;

        batch_ended = false;
        handled = 0;
        status = Q(drain)(&c, handle, NULL);
        model_assert(status == RINGC_OK || status == RINGC_EMPTY);
        model_assert(batch_ended == (status == RINGC_OK) && batch_ended == (handled > 0));
        if (status == RINGC_EMPTY)
            model_pause(MODEL_SITE);
    }
    Q(consumer_close)(&c);
}

static void produce_for_drain(void *arg)
{
    producer p = open_producer();

    (void)arg;
    push_all(&p, CAPACITY + 1);
    Q(producer_close)(&p);
}

static void drain(void)
{
    begin(JUST_BELOW_THE_WRAP);
    model_thread("producer", produce_for_drain, NULL);
    model_thread("consumer", consume_draining, NULL);
    model_join();
    check_ledger();
}

/* ---- Handles that move from thread to thread ---------------------------------------------------------------------- */

/* Opens as soon as the other has closed; while both want it, one is refused. */
static producer open_producer_in_turn(void)
{
    producer p;
    ringc_status status;

    while ((status = Q(producer_open)(&ring, &p)) == RINGC_LIMIT)
        model_pause(MODEL_SITE);
    model_assert(status == RINGC_OK);
    return p;
}

static consumer open_consumer_in_turn(void)
{
    consumer c;
    ringc_status status;

    while ((status = Q(consumer_open)(&ring, &c)) == RINGC_LIMIT)
        model_pause(MODEL_SITE);
    model_assert(status == RINGC_OK);
    return c;
}

static void produce_in_turn(void *arg)
{
    producer p = open_producer_in_turn();

    (void)arg;
    model_plain_write(MODEL_SITE, &next_to_send, sizeof next_to_send); /* a race, were both let in */
    push_all(&p, 1);
    Q(producer_close)(&p);
}

static void consume_two(void *arg)
{
    consumer c = open_consumer();

    (void)arg;
    pop_until(&c, 2);
    Q(consumer_close)(&c);
}

static void two_producers(void)
{
    begin(JUST_BELOW_THE_WRAP);
    model_thread("producer", produce_in_turn, NULL);
    model_thread("producer2", produce_in_turn, NULL);
    model_thread("consumer", consume_two, NULL);
    model_join();
    check_ledger();
}

static void consume_in_turn(void *arg)
{
    consumer c = open_consumer_in_turn();

    (void)arg;
    model_plain_write(MODEL_SITE, &next_to_receive, sizeof next_to_receive);
#if defined(EVICTS)
    if (next_to_receive < 2) /* the other may have got the newest already */
#endif
    {
        message m;

        model_assert(pop_waiting(&c, &m) == RINGC_OK);
        receive(&m);
    }
    Q(consumer_close)(&c);
}

static void produce_two(void *arg)
{
    producer p = open_producer();

    (void)arg;
    push_all(&p, 2);
    Q(producer_close)(&p);
}

#if !defined(EVICTS)
static void two_consumers(void)
{
    begin(JUST_BELOW_THE_WRAP);
    model_thread("producer", produce_two, NULL);
    model_thread("consumer", consume_in_turn, NULL);
    model_thread("consumer2", consume_in_turn, NULL);
    model_join();
    check_ledger();
}
#else
/* Here one of two messages may be evicted, so the second consumer must not insist. */
static void consume_try_in_turn(void *arg)
{
    consumer c = open_consumer_in_turn();
    message m;

    (void)arg;
    model_plain_write(MODEL_SITE, &next_to_receive, sizeof next_to_receive);
    for (int i = 0; i < 2; i++) {
        ringc_status status = Q(try_pop)(&c, &m);

        model_assert(status == RINGC_OK || status == RINGC_EMPTY);
        if (status == RINGC_OK)
            receive(&m);
    }
    Q(consumer_close)(&c);
}

static void produce_capacity_and_one(void *arg)
{
    producer p = open_producer();

    (void)arg;
    push_all(&p, CAPACITY + 1);
    Q(producer_close)(&p);
}

static void two_consumers(void)
{
    (void)consume_in_turn;
    (void)produce_two;
    begin(JUST_BELOW_THE_WRAP);
    model_thread("producer", produce_capacity_and_one, NULL);
    model_thread("consumer", consume_try_in_turn, NULL);
    model_thread("consumer2", consume_try_in_turn, NULL);
    model_join();
    check_ledger();
}
#endif

/* ---- Looking on from a third thread --------------------------------------------------------------------------------- */

static unsigned most_inside; /* as many as were ever pushed without a pop between, at most */

static void look_on(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++) {
        size_t size = Q(size)(&ring);

        model_assert(size <= most_inside);
        if (i == 0 && CAPACITY > most_inside)
            model_assert(Q(has_capacity)(&ring, 1)); /* never full: a tail behind the head would say so */
        if (most_inside == CAPACITY)
            model_assert(!Q(has_capacity)(&ring, CAPACITY + 1));
    }
}

static void consume_one_waiting(void *arg)
{
    consumer c = open_consumer();
    message m;

    (void)arg;
    model_assert(pop_waiting(&c, &m) == RINGC_OK);
    receive(&m);
    Q(consumer_close)(&c);
}

static void sizes(void)
{
    begin(JUST_BELOW_THE_WRAP);
    most_inside = 1;
    model_thread("producer", produce_one, NULL);
    model_thread("consumer", consume_one_waiting, NULL);
    model_thread("onlooker", look_on, NULL);
    model_join();
    model_assert(Q(is_empty)(&ring) && Q(size)(&ring) == 0);
    check_ledger();
}

static void sizes_of_a_full_queue(void)
{
    begin(JUST_BELOW_THE_WRAP);
    most_inside = CAPACITY;
    model_thread("producer", produce_try, NULL);
    model_thread("consumer", consume_try, NULL);
    model_thread("onlooker", look_on, NULL);
    model_join();
    check_ledger();
}

/* ---- Death ----------------------------------------------------------------------------------------------------- */

static void produce_mortally(void *arg)
{
    producer p = open_producer();

    (void)arg;
    for (int i = 0; i < 2; i++) {
        fates[next_to_send].pushed = -1; /* it may come, or not */
        next_to_send++;
        {
            message m = make(next_to_send - 1);

            if (Q(try_push)(&p, &m) != RINGC_OK)
                next_to_send--;
        }
    }
}

static void consume_until_the_end(void *arg)
{
    consumer c = open_consumer();

    (void)arg;
    pop_until_closed(&c);
}

/*
 * The producer dies anywhere: what was pushed arrives whole and in order, and close still wakes the consumer, also when the
 * producer had cleared its flag and not woken it yet.
 */
static void producer_dies(void)
{
    begin(JUST_BELOW_THE_WRAP);
    model_killable_thread("producer", produce_mortally, NULL);
    model_thread("consumer", consume_until_the_end, NULL);
    model_thread("closer", close_it, NULL);
    model_join();
    for (uint64_t i = 0; i < next_to_send; i++)
        model_assert(fates[i].received <= 1);
}

#if defined(BLOCKS)
static void push_until_closed(void *arg)
{
    producer p = open_producer();
    ringc_status status;

    (void)arg;
    do {
        message m = make(next_to_send++);

        fates[next_to_send - 1].pushed = 1;
        status = Q(push)(&p, &m);
    } while (status == RINGC_OK);
    model_assert(status == RINGC_CLOSED);
}

static void consume_mortally(void *arg)
{
    consumer c = open_consumer();

    (void)arg;
    for (int i = 0; i < 2; i++) {
        message m;

        if (Q(try_pop)(&c, &m) == RINGC_OK)
            receive(&m);
    }
}

/* The consumer dies anywhere, and close still wakes the producer that waits for room. */
static void consumer_dies(void)
{
    begin(JUST_BELOW_THE_WRAP);
    model_thread("producer", push_until_closed, NULL);
    model_killable_thread("consumer", consume_mortally, NULL);
    model_thread("closer", close_it, NULL);
    model_join();
    for (uint64_t i = 0; i < next_to_send; i++)
        model_assert(fates[i].received <= 1);
}
#endif

/* ---- The scenarios ----------------------------------------------------------------------------------------------- */

typedef struct scenario {
    const char *name;
    void (*run)(void);
    uint32_t init_flags;
} scenario;

/* Those that find most come first: mutants die on them. */
static const scenario scenarios[] = {
    { "try", try_below_the_wrap, 0 },
    { "wait", wait, 0 },
    { "close_wakes_consumer", close_wakes_consumer, 0 },
#if defined(PRODUCER_PARKS) || defined(CONSUMER_PARKS)
    { "wait_fenced", wait, RINGC_SHARED },
    { "wait_long_fenced", wait_long, RINGC_SHARED },
    { "close_wakes_consumer_fenced", close_wakes_consumer, RINGC_SHARED },
    { "close_by_third_fenced", close_by_third, RINGC_SHARED },
#endif
#if defined(BLOCKS)
    { "close_wakes_producer", close_wakes_producer, 0 },
    { "producer_waits_alone", producer_waits_alone, 0 },
#if defined(PRODUCER_PARKS)
    { "producer_waits_alone_fenced", producer_waits_alone, RINGC_SHARED },
    { "close_wakes_producer_fenced", close_wakes_producer, RINGC_SHARED },
#endif
#endif
#if defined(EVICTS)
    { "push_evict", push_evict, 0 },
#else
    { "in_place", in_place, 0 },
#endif
    { "close_by_producer", close_by_producer, 0 },
    { "is_closed", is_closed, 0 },
    { "sizes", sizes, 0 },
    { "two_producers", two_producers, 0 },
    { "two_consumers", two_consumers, 0 },
    { "batches", batches, 0 },
    { "drain", drain, 0 },
    { "timeouts", timeouts, 0 },
    { "wait_after_timeout", wait_after_timeout, 0 },
    { "wait_as_schema", wait_as_schema, 0 },
    { "try_from_zero", try_from_zero, 0 },
    { "wait_long", wait_long, 0 },
    { "close_by_third", close_by_third, 0 },
    { "sizes_of_a_full_queue", sizes_of_a_full_queue, 0 },
    { "producer_dies", producer_dies, 0 },
#if defined(BLOCKS)
    { "consumer_dies", consumer_dies, 0 },
#endif
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

#include "scenarios.h"
