/*
 * A generated broadcast on the model: one program text for every broadcast_ channel of schemas/model.yaml, compiled with
 *
 *     -DCHANNEL=broadcast_multi_block_park_1 -DMESSAGE=pair    names in the generated text
 *     -DMULTI                                                  many producers
 *     -DGATED -DBLOCKS | -DREJECTS                             its policy; none of them: overwrite
 *     -DLOSSLESS                                               all its subscribers gate
 *     -DPRODUCER_PARKS -DCONSUMER_PARKS -DOWNED -DCAPACITY=2
 *
 * One table says which message has which sequence, as the first subscriber to receive it has found: all others must find
 * the same, so that there is one order, no message twice, none lost and none torn. Each subscriber counts for itself what it
 * received and what it was told that it missed, and compares at every return. Plain payload is checked for races.
 * A scenario ends when nobody can run: then a side that still waits is a lost wake-up, so those that look for one
 * have no close in them that would hide it.
 *
 * Sides that wait go to the futex at once: recv looks 32 times first, and each look multiplies the executions.
 * as_schema calls recv and publish themselves.
 *
 * The options are those of queue_harness.c.
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

typedef PASTE(model_, CHANNEL) broadcast;
typedef Q(producer) producer;
typedef Q(subscriber) subscriber;
typedef PASTE(model_, MESSAGE) message;

#if defined(GATED)
#define READING RINGC_GATING
#else
#define READING RINGC_LOSSY
#endif

enum { PRODUCERS = 3, EACH = 8, MAX_SENT = PRODUCERS * EACH, NOBODY = -1 };

static broadcast ring;

/* ---- The ledger ------------------------------------------------------------------------------------------------ */

typedef struct fate {
    bool begun;    /* its publish was called */
    bool refused;  /* and returned without it */
    int dropped;   /* given to model_drop */
    int place;     /* its sequence less first, or NOBODY's */
} fate;

static fate fates[MAX_SENT];
static int message_at[MAX_SENT]; /* number of the message with each sequence less first */
static unsigned sent[PRODUCERS]; /* by each producer */
static ringc_seq first;
static uint32_t init_flags;      /* RINGC_SHARED: both sides have fences of their own, else membarrier stands in */

typedef struct reader {
    subscriber s;
    ringc_seq received, lagged;
    int last[PRODUCERS]; /* newest of each producer */
} reader;

static reader readers[3];

static message make(unsigned number)
{
    message m;

    m.a = (uint64_t)number * 16 + 5;
    m.b = ~m.a;
    return m;
}

static unsigned number_of(uint64_t a, uint64_t b)
{
    model_assert(b == ~a && "a torn message");
    model_assert(a % 16 == 5 && a / 16 < MAX_SENT);
    model_assert(fates[a / 16].begun && "a message that nobody sent");
    return (unsigned)(a / 16);
}

static unsigned begun(void)
{
    unsigned n = 0;

    for (int i = 0; i < MAX_SENT; i++)
        n += fates[i].begun;
    return n;
}

/* The message with this sequence is `number`, and always was. */
static void found_at(ringc_seq sequence, unsigned number)
{
    const ringc_seq place = sequence - first;

    model_assert(place < MAX_SENT);
    model_note(MODEL_SITE, "sequence first + %u is message %u", (unsigned)place, number);
    model_assert(message_at[place] == NOBODY || message_at[place] == (int)number);
    model_assert(fates[number].place == NOBODY || fates[number].place == (int)place);
    message_at[place] = (int)number;
    fates[number].place = (int)place;
#if !defined(MULTI)
    model_assert(place == number);
#endif
}

static void check_counts(const reader *r)
{
    model_assert(Q(received)(&r->s) == r->received);
    model_assert(Q(lagged)(&r->s) == r->lagged);
    model_assert(r->received + r->lagged == r->s.position - r->s.start);
}

static void count_received(reader *r, uint64_t a, uint64_t b)
{
    const unsigned number = number_of(a, b);

    found_at(r->s.position - 1, number);
    model_assert((int)number > r->last[number / EACH] && "a producer's messages in another order");
    r->last[number / EACH] = (int)number;
    r->received++;
}

static void count_missed(reader *r)
{
    const ringc_seq missed = Q(missed)(&r->s);

    model_note(MODEL_SITE, "missed %u", (unsigned)missed);
    model_assert(missed > 0 && missed < MAX_SENT);
    model_assert(r->s.position - first - 1 + CAPACITY < begun()); /* the last that it missed was overwritten */
    r->lagged += missed;
}

/* Checks what a call has returned, and counts it. */
static ringc_status took(reader *r, ringc_status status, const message *m)
{
    if (status == RINGC_OK)
        count_received(r, m->a, m->b);
    if (status == RINGC_LAGGED)
        count_missed(r);
#if defined(LOSSLESS)
    model_assert(status != RINGC_LAGGED);
#endif
    check_counts(r);
    return status;
}

void model_drop(model_owned *owned)
{
    fate *f = &fates[number_of(owned->a, owned->b)];

    model_assert(f->dropped == 0 && "dropped twice");
    f->dropped++;
}

/* ---- Set-up ---------------------------------------------------------------------------------------------------- */

static void name_locations(void)
{
    static const char *const message_names[] = { "message 0", "message 1" };
    static const char *const stamp_names[] = { "stamp 0", "stamp 1" };
    static const char *const state_names[] = { "state 0", "state 1" };
    static const char *const cursor_names[] = { "cursor 0", "cursor 1" };

    model_name(&ring.next, sizeof ring.next, "next");
#if defined(GATED)
    model_name(&ring.limit, sizeof ring.limit, "limit");
#if defined(MULTI)
    model_name(&ring.bound, sizeof ring.bound, "bound");
#endif
#endif
    model_name(&ring.closed, sizeof ring.closed, "closed");
    model_name(&ring.flags, sizeof ring.flags, "flags");
#if !defined(MULTI)
    model_name(&ring.producer_held, sizeof ring.producer_held, "producer_held");
#endif
#if defined(PRODUCER_PARKS)
    model_name(&ring.producer_parked, sizeof ring.producer_parked, "producer_parked");
#endif
#if defined(CONSUMER_PARKS)
    model_name(&ring.subscriber_parked, sizeof ring.subscriber_parked, "subscriber_parked");
#endif
    for (int i = 0; i < CAPACITY; i++) {
        model_name(&ring.cells[i].message, sizeof(message), message_names[i]);
        model_name(&ring.cells[i].stamp, sizeof ring.cells[i].stamp, stamp_names[i]);
    }
    for (int i = 0; i < 2; i++) {
        model_name(&ring.places[i].state, sizeof ring.places[i].state, state_names[i]);
        model_name(&ring.places[i].cursor, sizeof ring.places[i].cursor, cursor_names[i]);
    }
}

static unsigned traffic; /* how many each producer publishes */
static unsigned target;  /* how far subscribers read, in messages since the first */
static ringc_seq processed[MAX_SENT]; /* what an upstream leaves behind for its dependants */
static ringc_place places_followed[1];

#define JUST_BELOW_THE_WRAP ((ringc_seq)-1)
#define JUST_BELOW_THE_STAMPS_WRAP ((ringc_seq)-1 >> 1)

static void begin_at(ringc_seq at)
{
    memset(&ring, 0, sizeof ring);
    memset(fates, 0, sizeof fates);
    memset(sent, 0, sizeof sent);
    memset(readers, 0, sizeof readers);
    memset(processed, 0, sizeof processed);
    for (int i = 0; i < MAX_SENT; i++)
        fates[i].place = message_at[i] = NOBODY;
    first = at;
    traffic = target = CAPACITY + 1;
    name_locations();
    model_guard(ring.guard, sizeof ring.guard);
    model_assert(Q(init_at)(&ring, init_flags, at) == RINGC_OK);
}

static void begin(void)
{
    begin_at(JUST_BELOW_THE_WRAP);
}

static producer open_producer(void)
{
    producer p;

    model_assert(Q(producer_open)(&ring, &p) == RINGC_OK);
    return p;
}

static void join_with(reader *r, ringc_status status)
{
    model_assert(status == RINGC_OK);
    r->received = r->lagged = 0;
    for (int i = 0; i < PRODUCERS; i++)
        r->last[i] = NOBODY;
    check_counts(r);
    model_note(MODEL_SITE, "starts at first + %u", (unsigned)(r->s.start - first));
}

static reader *subscribe(int i, uint32_t reading)
{
    join_with(&readers[i], Q(subscribe)(&ring, &readers[i].s, reading));
    return &readers[i];
}

/* After the threads: what went in is what was found, and what owns something was dropped once or is inside. */
static void check_ledger(void)
{
    unsigned went_in = 0;

    for (int i = 0; i < MAX_SENT; i++)
        went_in += fates[i].begun && !fates[i].refused;
    model_assert(model_killed() != 0 || Q(published)(&ring) == went_in);
    Q(destroy)(&ring);
    Q(destroy)(&ring);
#if defined(OWNED)
    for (int i = 0; i < MAX_SENT && model_killed() == 0; i++)
        model_assert(fates[i].dropped == (fates[i].begun && !fates[i].refused));
#endif
}

/* ---- Publishing ------------------------------------------------------------------------------------------------ */

/* Calls a publish of the next message of producer `who`; it stands in the ledger before it can be received. */
#define PUBLISHING(who, call)                                \
    __extension__({                                          \
        const unsigned number_ = (unsigned)(who) * EACH + sent[who]++; \
        const message m_ = make(number_);                    \
        const message *m = &m_;                              \
        ringc_status status_;                                \
        fates[number_].begun = true;                         \
        status_ = (call);                                    \
        if (status_ != RINGC_OK) {                           \
            model_assert(fates[number_].place == NOBODY);    \
            fates[number_].begun = false;                    \
            sent[who]--;                                     \
        }                                                    \
        status_;                                             \
    })

static ringc_status publish_waiting(producer *p, const message *m)
{
#if defined(BLOCKS) && defined(PRODUCER_PARKS)
    return Q(publish_with)(p, m, ringc_wait_park(0));
#elif defined(BLOCKS)
    return Q(publish_with)(p, m, ringc_wait_spin());
#else
    ringc_status status;

    while ((status = Q(try_publish)(p, m)) == RINGC_FULL)
        model_pause(MODEL_SITE);
    return status;
#endif
}

static void publish_all(int who, producer *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        model_assert(PUBLISHING(who, publish_waiting(p, m)) == RINGC_OK);
}

static void publish_traffic(void *arg)
{
    producer p = open_producer();

    publish_all((int)(intptr_t)arg, &p, traffic);
    Q(producer_close)(&p);
}

static void publish_one(void *arg)
{
    producer p = open_producer();

    publish_all((int)(intptr_t)arg, &p, 1);
    Q(producer_close)(&p);
}

static void publish_try(void *arg)
{
    producer p = open_producer();

    for (int i = 0; i < CAPACITY + 2; i++) {
        ringc_status status = PUBLISHING((intptr_t)arg, Q(try_publish)(&p, m));

#if defined(GATED) || defined(MULTI)
        model_assert(status == RINGC_OK || status == RINGC_FULL);
#else
        model_assert(status == RINGC_OK);
#endif
    }
    Q(producer_close)(&p);
}

/* As far as there is room: before there are threads. */
static void fill(void)
{
    producer p = open_producer();

    publish_all(0, &p, CAPACITY);
    Q(producer_close)(&p);
}

/* ---- Receiving ------------------------------------------------------------------------------------------------- */

static ringc_status try_recv(reader *r)
{
    message m = { 0, 0 };

    return took(r, Q(try_recv)(&r->s, &m), &m);
}

/* As recv, without the rounds of looking before it sleeps. */
static ringc_status recv_waiting(reader *r)
{
    for (;;) {
        ringc_status status = try_recv(r);

        if (status != RINGC_EMPTY)
            return status;
#if defined(CONSUMER_PARKS)
        if (r->s.n_upstreams == 0) {
            status = Q(park_for_messages_)(&ring, r->s.position, ringc_never()).status;
            if (status != RINGC_OK && status != RINGC_LAGGED)
                return status;
            continue;
        }
#endif
        model_pause(MODEL_SITE);
    }
}

/* Until it has received, or missed, all before first + n: the newest is never missed. */
static void read_until(reader *r, unsigned n)
{
    while ((ringc_seq_diff)(first + n - r->s.position) > 0) {
        ringc_status status = recv_waiting(r);

#if defined(GATED)
        if ((r->s.reading & ~RINGC_HOLDING) == RINGC_GATING)
            model_assert(status == RINGC_OK);
#endif
        model_assert(status == RINGC_OK || status == RINGC_LAGGED);
    }
}

static void read_traffic(void *arg)
{
    read_until(arg, target);
}

static void read_until_closed(void *arg)
{
    ringc_status status;

    do
        status = recv_waiting(arg);
    while (status == RINGC_OK || status == RINGC_LAGGED);
    model_assert(status == RINGC_CLOSED);
}

static void read_try(void *arg)
{
    for (int i = 0; i < CAPACITY + 1; i++) {
        ringc_status status = try_recv(arg);

#if defined(GATED)
        model_assert(status != RINGC_LAGGED);
#endif
        model_assert(status == RINGC_OK || status == RINGC_EMPTY || status == RINGC_LAGGED);
    }
}

/* ---- One producer, one subscriber ----------------------------------------------------------------------------------- */

static void run_follow(ringc_seq at, unsigned messages)
{
    begin_at(at);
    traffic = target = messages;
    subscribe(0, READING);
    model_thread("producer", publish_traffic, 0);
    model_thread("subscriber", read_traffic, &readers[0]);
    model_join();
    check_ledger();
}

static void follow(void)
{
    run_follow(JUST_BELOW_THE_WRAP, CAPACITY + 1);
}

#if defined(GATED) && !defined(LOSSLESS)
/* Nobody holds the producer: it overtakes the subscriber as on a ring that overwrites. */
static void lossy_alone(void)
{
    begin();
    subscribe(0, RINGC_LOSSY);
    model_thread("producer", publish_traffic, 0);
    model_thread("subscriber", read_traffic, &readers[0]);
    model_join();
    check_ledger();
}
#endif

static void follow_long(void)
{
    run_follow(JUST_BELOW_THE_STAMPS_WRAP, CAPACITY + 2);
}

static void try(void)
{
    begin();
    subscribe(0, READING);
    model_thread("producer", publish_try, 0);
    model_thread("subscriber", read_try, &readers[0]);
    model_join();
    check_ledger();
}

static void as_schema_publish(void *arg)
{
    producer p = open_producer();

    (void)arg;
    for (unsigned i = 0; i < traffic; i++)
#if defined(REJECTS)
        while (PUBLISHING(0, Q(publish)(&p, m)) != RINGC_OK)
            model_pause(MODEL_SITE);
#else
        model_assert(PUBLISHING(0, Q(publish)(&p, m)) == RINGC_OK);
#endif
    Q(producer_close)(&p);
}

static void as_schema_recv(void *arg)
{
    reader *r = arg;

    while (r->s.position != first + target) {
        message m = { 0, 0 };
        ringc_status status = took(r, Q(recv)(&r->s, &m), &m);

        model_assert(status == RINGC_OK || status == RINGC_LAGGED);
    }
}

static void as_schema(void)
{
    begin();
    subscribe(0, READING);
    model_thread("producer", as_schema_publish, NULL);
    model_thread("subscriber", as_schema_recv, &readers[0]);
    model_join();
    check_ledger();
}

enum { SHORT_NS = 500 };

static void publish_timed(void *arg)
{
    producer p = open_producer();

    (void)arg;
    for (int i = 0; i < CAPACITY + 1; i++) {
#if defined(BLOCKS)
        ringc_status status = PUBLISHING(0, Q(publish_for)(&p, m, SHORT_NS));

        model_assert(status == RINGC_OK || status == RINGC_TIMEOUT);
#else
        ringc_status status = PUBLISHING(0, Q(try_publish)(&p, m));

        model_assert(status == RINGC_OK || status == RINGC_FULL);
#endif
    }
    Q(producer_close)(&p);
}

static void read_timed(void *arg)
{
    reader *r = arg;
    message m = { 0, 0 };
    ringc_status status;

    status = took(r, Q(recv_for)(&r->s, &m, SHORT_NS), &m);
    model_assert(status == RINGC_OK || status == RINGC_TIMEOUT || status == RINGC_LAGGED);
    status = took(r, Q(recv_for)(&r->s, &m, 0), &m);
    model_assert(status == RINGC_OK || status == RINGC_TIMEOUT || status == RINGC_LAGGED);
}

static void timeouts(void)
{
    begin();
    subscribe(0, READING);
    model_thread("producer", publish_timed, NULL);
    model_thread("subscriber", read_timed, &readers[0]);
    model_join();
    check_ledger();
}

/* ---- Two subscribers ------------------------------------------------------------------------------------------------ */

static void run_two_subscribers(uint32_t second)
{
    begin();
    subscribe(0, READING);
    subscribe(1, second);
    model_assert(Q(subscribe)(&ring, &readers[2].s, READING) == RINGC_LIMIT);
    model_thread("producer", publish_traffic, 0);
    model_thread("subscriber", read_traffic, &readers[0]);
    model_thread("second", read_traffic, &readers[1]);
    model_join();
    check_ledger();
}

static void two_subscribers(void)
{
    run_two_subscribers(READING);
}

/* One that nobody waits for beside one that holds the producer, or two kinds of those. */
static void second_is_lossy(void)
{
#if defined(LOSSLESS)
    run_two_subscribers(RINGC_GATING);
#elif defined(GATED)
    run_two_subscribers(RINGC_LOSSY);
#else
    run_two_subscribers(RINGC_TRACKED);
#endif
}

/* ---- Joining and leaving -------------------------------------------------------------------------------------------- */

static size_t join_back; /* 0: now; CAPACITY + 1: the oldest */

static void join_and_read(void *arg)
{
    reader *r = arg;

    join_with(r, join_back == 0          ? Q(subscribe)(&ring, &r->s, READING)
                 : join_back <= CAPACITY ? Q(subscribe_back)(&ring, &r->s, join_back, READING)
                                         : Q(subscribe_oldest)(&ring, &r->s, READING));
    model_assert(r->s.start - first <= begun());
    read_until(r, target);
    Q(unsubscribe)(&r->s);
}

/* Nobody holds the producer until the subscriber joins; it must not be lapped then, not even before its first read. */
static void run_join(size_t back)
{
    begin();
    traffic = target = CAPACITY + 2;
    join_back = back;
    model_thread("producer", publish_traffic, 0);
    model_thread("joiner", join_and_read, &readers[0]);
    model_join();
    check_ledger();
}

static void join_now(void)
{
    run_join(0);
}

static void join_one_back(void)
{
    run_join(1);
}

static void join_oldest(void)
{
    run_join(CAPACITY + 1);
}

static void joins_at(ringc_status status, ringc_seq where)
{
    model_assert(status == RINGC_OK && readers[0].s.start - first == where);
    Q(unsubscribe)(&readers[0].s);
}

/* Where nothing moves, everyone begins where it wants to. */
static void join_a_quiet_ring(void)
{
    begin();
    fill();
    joins_at(Q(subscribe)(&ring, &readers[0].s, READING), CAPACITY);
    joins_at(Q(subscribe_back)(&ring, &readers[0].s, 1, READING), CAPACITY - 1);
    joins_at(Q(subscribe_back)(&ring, &readers[0].s, CAPACITY + 1, READING), 0);
    joins_at(Q(subscribe_oldest)(&ring, &readers[0].s, READING), 0);
    check_ledger();
}

/* From a ring that has been lapped: a joiner may start a full ring back, and never before the first message. */
static void join_a_full_ring(void)
{
    begin();
    join_back = CAPACITY + 1;
    fill();
    model_thread("joiner", join_and_read, &readers[0]);
    model_thread("producer", publish_one, 0);
    model_join();
    check_ledger();
}

#if !defined(MULTI) && !defined(LOSSLESS)
static void join_and_find(void *arg)
{
    reader *r = arg;

    join_with(r, Q(subscribe_back)(&ring, &r->s, 1, RINGC_LOSSY));
    model_assert(try_recv(r) != RINGC_EMPTY);
    Q(unsubscribe)(&r->s);
}

/* What one producer has published is there: the newest message is found, or overwritten. */
static void the_newest_is_there(void)
{
    begin();
    fill();
    model_thread("producer", publish_one, 0);
    model_thread("joiner", join_and_find, &readers[0]);
    model_join();
    check_ledger();
}
#endif

static uint64_t before_the_message;
static uint32_t joins_as;

static void write_and_publish(void *arg)
{
    producer p = open_producer();

    (void)arg;
    model_plain_write(MODEL_SITE, &before_the_message, sizeof before_the_message);
    publish_all(0, &p, 1);
    Q(producer_close)(&p);
}

static void join_and_look(void *arg)
{
    reader *r = arg;

    join_with(r, Q(subscribe)(&ring, &r->s, joins_as));
    if (r->s.start - first == CAPACITY)
        model_plain_read(MODEL_SITE, &before_the_message, sizeof before_the_message);
    Q(unsubscribe)(&r->s);
}

/* Who begins after a message knows what its producer did before it: a snapshot, say, which the messages go on from. */
static void run_join_after_a_snapshot(uint32_t reading)
{
    producer p;

    begin();
    joins_as = reading;
    p = open_producer();
    publish_all(0, &p, CAPACITY - 1); /* so that there is room that is known of: a look for it would order much */
    Q(producer_close)(&p);
    model_thread("producer", write_and_publish, NULL);
    model_thread("joiner", join_and_look, &readers[0]);
    model_join();
    check_ledger();
}

static void join_after_a_snapshot(void)
{
    run_join_after_a_snapshot(READING);
}

#if defined(GATED) && !defined(LOSSLESS)
static void lossy_after_a_snapshot(void)
{
    run_join_after_a_snapshot(RINGC_LOSSY);
}
#endif

static void join_beside_another(void)
{
    begin();
    join_back = CAPACITY + 1;
    subscribe(0, READING);
    model_thread("producer", publish_traffic, 0);
    model_thread("subscriber", read_traffic, &readers[0]);
    model_thread("joiner", join_and_read, &readers[1]);
    model_join();
    check_ledger();
}

static void leave(void *arg)
{
    Q(unsubscribe)(&((reader *)arg)->s);
}

static void read_one_and_leave(void *arg)
{
    reader *r = arg;

    ringc_status status = recv_waiting(r);

#if defined(GATED)
    model_assert(status == RINGC_OK);
#endif
    model_assert(status == RINGC_OK || status == RINGC_LAGGED);
    Q(unsubscribe)(&r->s);
}

/* A place that becomes free goes to another: the new cursor comes after the old one. */
static void take_the_place(void *arg)
{
    reader *r = arg;
    ringc_status status;

    while ((status = Q(subscribe)(&ring, &r->s, READING)) == RINGC_LIMIT)
        model_pause(MODEL_SITE);
    join_with(r, status);
    read_until(r, target);
    Q(unsubscribe)(&r->s);
}

static void place_again(void)
{
    begin();
    traffic = 2;
    target = CAPACITY + 2;
    subscribe(0, READING);
    fill();
    subscribe(1, READING);
    model_thread("leaver", read_one_and_leave, &readers[0]);
    model_thread("second", leave, &readers[1]);
    model_thread("producer", publish_traffic, 0);
    model_thread("newcomer", take_the_place, &readers[2]);
    model_join();
    check_ledger();
}

#if defined(GATED)
/* The producer waits for one that does not read, and leaves. */
static void leaving_frees_the_producer(void)
{
    begin();
    subscribe(0, RINGC_GATING);
    fill();
    model_thread("producer", publish_one, 0);
    model_thread("leaver", leave, &readers[0]);
    model_join();
    check_ledger();
}

static void let_it_go(void *arg)
{
    const reader *r = arg;

#if defined(LOSSLESS)
    reader dead = *r; /* what it did last comes before it is let go, as after a join */
    const message *slot = NULL;

    model_assert(Q(peek)(&dead.s, &slot) == RINGC_OK);
    model_plain_read(MODEL_SITE, slot, sizeof *slot);
#endif
    model_assert(Q(let_go)(&ring, Q(place)(&r->s)) == RINGC_OK);
    model_assert(Q(let_go)(&ring, Q(place)(&r->s)) == RINGC_INVALID);
}

static void letting_go_frees_the_producer(void)
{
    begin();
    subscribe(0, RINGC_GATING);
    fill();
    model_thread("producer", publish_one, 0);
    model_thread("overseer", let_it_go, &readers[0]);
    model_join();
    check_ledger();
}

#if !defined(LOSSLESS)
static void read_though_let_go(void *arg)
{
    reader *r = arg;

    while (r->s.position != first + CAPACITY + 1) {
        ringc_status status = recv_waiting(r);

        model_assert(status == RINGC_OK || status == RINGC_LAGGED);
    }
}

/* It was not dead: it goes on as one that is lossy. */
static void let_go_and_alive(void)
{
    begin();
    subscribe(0, RINGC_GATING);
    fill();
    model_thread("producer", publish_one, 0);
    model_thread("subscriber", read_though_let_go, &readers[0]);
    model_thread("overseer", let_it_go, &readers[0]);
    model_join();
    check_ledger();
}
#endif

static void die_reading(void *arg)
{
    reader *r = arg;

    for (int i = 0; i < 2; i++)
        (void)recv_waiting(r);
}

/* The subscriber dies anywhere; close ends the producer's wait. */
static void publish_until_closed(void *arg)
{
    const int who = (int)(intptr_t)arg;
    producer p = open_producer();
    ringc_status status = RINGC_OK;

    for (int i = 0; i < CAPACITY + 2 && status == RINGC_OK; i++)
        status = PUBLISHING(who, publish_waiting(&p, m));
    model_assert(status == RINGC_OK || status == RINGC_CLOSED);
    Q(producer_close)(&p);
}

static void close_it(void *arg);

static void subscriber_dies(void)
{
    begin();
    subscribe(0, RINGC_GATING);
    model_thread("producer", publish_until_closed, 0);
    model_killable_thread("subscriber", die_reading, &readers[0]);
    model_thread("closer", close_it, NULL);
    model_join();
    for (int i = 0; i < MAX_SENT; i++)
        model_assert(fates[i].dropped <= 1);
}
#endif

#if defined(PRODUCER_PARKS) && !defined(LOSSLESS)
static void receive_once(void *arg)
{
    reader *r = arg;
    message m;
    const ringc_status status = Q(try_recv)(&r->s, &m);

    model_assert(status == RINGC_OK || status == RINGC_LAGGED);
}

static void let_go_once(void *arg)
{
    const reader *r = arg;

    model_assert(Q(let_go)(&ring, Q(place)(&r->s)) == RINGC_OK);
}

/* It dies anywhere, on its way to wake the producer too: letting it go wakes whom it has not woken. */
static void letting_a_dead_waker_go_wakes_the_producer(void)
{
    begin();
    subscribe(0, RINGC_GATING);
    fill();
    model_thread("producer", publish_one, 0);
    model_killable_thread("subscriber", receive_once, &readers[0]);
    model_thread("overseer", let_go_once, &readers[0]);
    model_join();
}
#endif

/* ---- Dependants ----------------------------------------------------------------------------------------------------- */

static void process(ringc_seq sequence)
{
    ringc_seq *mark = &processed[sequence - first];

    model_plain_write(MODEL_SITE, mark, sizeof *mark);
    *mark = 1;
}

/* Receives, works, and only then gives back. */
static void process_and_release(void *arg)
{
    reader *r = arg;

    while (r->s.position != first + target) {
        ringc_status status = recv_waiting(r);

        model_assert(status == RINGC_OK || status == RINGC_LAGGED);
        if (status == RINGC_LAGGED)
            continue; /* what it missed it has given up */
        process(r->s.position - 1);
        model_assert(Q(release)(&r->s, 1) == RINGC_OK);
    }
}

static void read_after_upstream(void *arg)
{
    reader *r = arg;

    Q(follow)(&r->s, places_followed, 1);
    while (r->s.position != first + target) {
        ringc_status status = recv_waiting(r);
        ringc_seq *mark;

        model_assert(status == RINGC_OK || status == RINGC_LAGGED);
        if (status == RINGC_LAGGED)
            continue;
        mark = &processed[r->s.position - 1 - first];
        model_assert(*mark == 1 && "its upstream has not processed this message");
        model_plain_read(MODEL_SITE, mark, sizeof *mark);
    }
}

static void run_dependant(uint32_t upstream, uint32_t dependant)
{
    begin();
    subscribe(0, upstream | RINGC_HOLDING);
    subscribe(1, dependant);
    places_followed[0] = Q(place)(&readers[0].s);
    model_thread("producer", publish_traffic, 0);
    model_thread("upstream", process_and_release, &readers[0]);
    model_thread("dependant", read_after_upstream, &readers[1]);
    model_join();
    check_ledger();
}

static void dependant(void)
{
#if defined(GATED)
    run_dependant(RINGC_GATING, RINGC_GATING);
#else
    run_dependant(RINGC_TRACKED, RINGC_LOSSY);
#endif
}

/* Both have all messages in front of them: the search is small. */
static void dependant_of_a_full_ring(void)
{
    begin();
    target = CAPACITY;
#if defined(GATED)
    subscribe(0, RINGC_GATING | RINGC_HOLDING);
    subscribe(1, RINGC_GATING);
#else
    subscribe(0, RINGC_TRACKED | RINGC_HOLDING);
    subscribe(1, RINGC_LOSSY);
#endif
    places_followed[0] = Q(place)(&readers[0].s);
    fill();
    model_thread("upstream", process_and_release, &readers[0]);
    model_thread("dependant", read_after_upstream, &readers[1]);
    model_join();
    check_ledger();
}

static ringc_seq drained;

static void process_drained(void *arg, const message *m, bool end_of_batch)
{
    (void)arg;
    (void)m;
    (void)end_of_batch;
    process(drained++);
}

static void process_by_draining(void *arg)
{
    reader *r = arg;

    model_assert(Q(drain)(&r->s, process_drained, NULL) == RINGC_OK && drained == first + target);
}

/* Who drains gives a message back when the handler returns, and not before. */
static void dependant_of_a_drain(void)
{
    begin();
    target = CAPACITY;
    drained = first;
#if defined(GATED)
    subscribe(0, RINGC_GATING);
    subscribe(1, RINGC_GATING);
#else
    subscribe(0, RINGC_TRACKED);
    subscribe(1, RINGC_LOSSY);
#endif
    places_followed[0] = Q(place)(&readers[0].s);
    fill();
    model_thread("upstream", process_by_draining, &readers[0]);
    model_thread("dependant", read_after_upstream, &readers[1]);
    model_join();
    check_ledger();
}

static void process_and_leave(void *arg)
{
    reader *r = arg;

    for (unsigned i = 0; i < CAPACITY; i++) {
        model_assert(try_recv(r) == RINGC_OK);
        process(r->s.position - 1);
    }
    Q(unsubscribe)(&r->s); /* without a release */
}

/* An upstream that leaves is not waited for, and what it did comes first. */
static void upstream_leaves(void)
{
    begin();
    target = CAPACITY;
#if defined(GATED)
    subscribe(0, RINGC_GATING | RINGC_HOLDING);
#else
    subscribe(0, RINGC_TRACKED | RINGC_HOLDING);
#endif
    subscribe(1, READING);
    places_followed[0] = Q(place)(&readers[0].s);
    fill();
    model_thread("upstream", process_and_leave, &readers[0]);
    model_thread("dependant", read_after_upstream, &readers[1]);
    model_join();
    check_ledger();
}

static void take_its_place(void *arg)
{
    reader *r = arg;
    ringc_status status;

#if defined(LOSSLESS)
    while ((status = Q(subscribe)(&ring, &r->s, RINGC_GATING)) == RINGC_LIMIT)
#else
    while ((status = Q(subscribe)(&ring, &r->s, RINGC_TRACKED)) == RINGC_LIMIT)
#endif
        model_pause(MODEL_SITE);
    join_with(r, status);
}

/* Who takes an upstream's place has seen its work, so that a dependant that takes the new cursor for the old one's has too. */
static void upstream_is_replaced(void)
{
    begin();
    target = CAPACITY;
#if defined(GATED)
    subscribe(0, RINGC_GATING | RINGC_HOLDING);
#else
    subscribe(0, RINGC_TRACKED | RINGC_HOLDING);
#endif
    subscribe(1, READING);
    places_followed[0] = Q(place)(&readers[0].s);
    fill();
    model_thread("upstream", process_and_leave, &readers[0]);
    model_thread("dependant", read_after_upstream, &readers[1]);
    model_thread("taker", take_its_place, &readers[2]);
    model_join();
    check_ledger();
}

#if defined(MULTI) && !defined(GATED) && CAPACITY > 1
static void process_tracked(void *arg)
{
    reader *r = arg;

    if (try_recv(r) != RINGC_OK)
        return;
    process(r->s.position - 1);
    if (try_recv(r) == RINGC_OK) /* else it was lapped, and that gives back what it has processed, too */
        process(r->s.position - 1);
    model_assert(Q(release)(&r->s, r->s.position - r->s.released) == RINGC_OK);
}

static int unprocessed; /* what the dependant read before its upstream had processed it, or NOBODY */

static void read_after_tracked(void *arg)
{
    reader *r = arg;
    int number;

    if (try_recv(r) != RINGC_OK)
        return;
    number = (int)(r->s.position - 1 - first);
    if (processed[number] == 0)
        unprocessed = number;
    else
        model_plain_read(MODEL_SITE, &processed[number], sizeof processed[number]);
}

/*
 * An upstream that is lapped gives up what it passes over, so its dependants may read that, and nothing else, before it. Two
 * producers: the cell of the older message may be claimed and still whole, while the newer one is overwritten already.
 */
static void run_lapped_upstream(size_t back)
{
    begin();
    unprocessed = NOBODY;
    subscribe(0, RINGC_TRACKED | RINGC_HOLDING);
    fill();
    join_with(&readers[1], Q(subscribe_back)(&ring, &readers[1].s, back, RINGC_LOSSY));
    places_followed[0] = Q(place)(&readers[0].s);
    Q(follow)(&readers[1].s, places_followed, 1);
    model_thread("producer", publish_one, 0);
    model_thread("producer2", publish_one, (void *)1);
    model_thread("upstream", process_tracked, &readers[0]);
    model_thread("dependant", read_after_tracked, &readers[1]);
    model_join();
    if (unprocessed != NOBODY) {
        model_assert(processed[unprocessed] == 0 && "its upstream had not processed this message yet");
        model_assert((ringc_seq_diff)(readers[0].s.position - (first + (ringc_seq)unprocessed)) > 0);
    }
    check_ledger();
}

static void lapped_upstream(void)
{
    run_lapped_upstream(1);
}

/* The same with what it has processed and not yet given back when it is lapped. */
static void lapped_upstream_gives_back(void)
{
    run_lapped_upstream(2);
}
#endif

/* ---- Many producers ------------------------------------------------------------------------------------------------- */

#if defined(MULTI)
static void run_two_producers(unsigned each, int subscribers)
{
    begin();
    traffic = each;
    target = 2 * each;
    for (int i = 0; i < subscribers; i++)
        subscribe(i, READING);
    model_thread("producer", publish_traffic, 0);
    model_thread("producer2", publish_traffic, (void *)1);
}

/* Nobody reads: two writers in a slot are a race, or leave a torn message behind. */
static void two_producers_alone(void)
{
    run_two_producers(2, 0);
    model_join();
    join_with(&readers[0], Q(subscribe_oldest)(&ring, &readers[0].s, READING));
#if !defined(GATED) /* else it starts behind what a producer knows that it may overwrite */
    model_assert(readers[0].s.start == first + 4 - CAPACITY);
#endif
    while (readers[0].s.position != first + 4)
        model_assert(try_recv(&readers[0]) == RINGC_OK);
    model_assert(try_recv(&readers[0]) == RINGC_EMPTY);
    check_ledger();
}

static void two_producers(void)
{
    run_two_producers(CAPACITY, 1);
    model_thread("subscriber", read_traffic, &readers[0]);
    model_join();
    check_ledger();
}

static void two_producers_two_subscribers(void)
{
    run_two_producers(CAPACITY, 2);
    model_thread("subscriber", read_traffic, &readers[0]);
    model_thread("second", read_traffic, &readers[1]);
    model_join();
    check_ledger();
}

/* One lets the other know what it learned of the subscriber's progress. */
static void two_producers_and_room(void)
{
    begin();
    target = CAPACITY + 2;
    subscribe(0, READING);
    fill();
    model_thread("producer", publish_one, 0);
    model_thread("producer2", publish_one, (void *)1);
    model_thread("subscriber", read_traffic, &readers[0]);
    model_join();
    check_ledger();
}

static void two_producers_try(void)
{
    begin();
    subscribe(0, READING);
    model_thread("producer", publish_try, 0);
    model_thread("producer2", publish_try, (void *)1);
    model_thread("subscriber", read_try, &readers[0]);
    model_join();
    check_ledger();
}

static void join_between_producers(void)
{
    begin();
    target = CAPACITY + 2;
    join_back = CAPACITY + 1;
    fill();
    model_thread("producer", publish_one, 0);
    model_thread("producer2", publish_one, (void *)1);
    model_thread("joiner", join_and_read, &readers[0]);
    model_join();
    check_ledger();
}
#endif

/* ---- Batches -------------------------------------------------------------------------------------------------------- */

enum { BATCH = CAPACITY };

#if !defined(MULTI)
static void publish_batch(void *arg)
{
    producer p = open_producer();
    message batch[BATCH + 1];
    size_t done = 77;

    (void)arg;
    for (unsigned i = 0; i < BATCH; i++) {
        batch[i] = make(sent[0]);
        fates[sent[0]++].begun = true;
    }
    model_assert(Q(publish_n)(&p, batch, BATCH, &done) == RINGC_OK);
    model_assert(done == BATCH);
    Q(producer_close)(&p);
}

/* Who has all before the batch sees none of it, or all. */
static void read_batch(void *arg)
{
    reader *r = arg;

    while (r->s.position == first) {
        ringc_status status = try_recv(r);

        model_assert(status == RINGC_OK || status == RINGC_EMPTY);
        if (status == RINGC_EMPTY)
            model_pause(MODEL_SITE);
    }
    for (int i = 1; i < BATCH; i++)
        model_assert(try_recv(r) == RINGC_OK);
    model_assert(try_recv(r) == RINGC_EMPTY);
}

static void batch_is_one(void)
{
    begin();
    subscribe(0, READING);
    model_thread("producer", publish_batch, 0);
    model_thread("subscriber", read_batch, &readers[0]);
    model_join();
    check_ledger();
}
#endif

static void publish_beyond(void *arg)
{
    producer p = open_producer();
    message batch[CAPACITY + 1];
    size_t pushed = 0;

    (void)arg;
    for (unsigned i = 0; i < CAPACITY + 1; i++) {
        batch[i] = make(sent[0]);
        fates[sent[0]++].begun = true;
    }
    while (pushed < CAPACITY + 1) {
        size_t done = 77;
        ringc_status status = Q(publish_n)(&p, batch + pushed, CAPACITY + 1 - pushed, &done);

        model_assert(status == RINGC_OK || status == RINGC_FULL);
        pushed += done;
        if (status == RINGC_FULL)
            model_pause(MODEL_SITE);
    }
    Q(producer_close)(&p);
}

static void read_batches(void *arg)
{
    reader *r = arg;

    while (r->s.position != first + CAPACITY + 1) {
        message m[CAPACITY + 1] = { { 0, 0 } };
        const ringc_seq before = r->s.position;
        size_t done = 77;
        ringc_status status = Q(try_recv_n)(&r->s, m, CAPACITY + 1, &done);
        const ringc_seq after = r->s.position;

        if (status == RINGC_OK) {
            model_assert(done > 0 && after - before == done);
            for (size_t i = 0; i < done; i++) {
                r->s.position = before + (ringc_seq)i + 1;
                count_received(r, m[i].a, m[i].b);
            }
            check_counts(r);
            continue;
        }
        model_assert(done == 0 && (status == RINGC_EMPTY || status == RINGC_LAGGED));
        (void)took(r, status, NULL);
        if (status == RINGC_EMPTY)
            model_pause(MODEL_SITE);
    }
}

static void batches(void)
{
    begin();
    subscribe(0, READING);
    model_thread("producer", publish_beyond, NULL);
    model_thread("subscriber", read_batches, &readers[0]);
    model_join();
    check_ledger();
}

static void handle_one(void *arg, const message *m, bool end_of_batch)
{
    reader *r = arg;

#if defined(LOSSLESS)
    model_plain_read(MODEL_SITE, m, sizeof *m);
#endif
    (void)end_of_batch;
    r->s.position++; /* the handle moves on after the call */
    count_received(r, m->a, m->b);
    r->s.position--;
}

static void drain_all(void *arg)
{
    reader *r = arg;

    while (r->s.position != first + CAPACITY + 1) {
        ringc_status status = Q(drain)(&r->s, handle_one, r);

        model_assert(status == RINGC_OK || status == RINGC_EMPTY || status == RINGC_LAGGED);
        if (status == RINGC_LAGGED)
            count_missed(r);
        check_counts(r);
        if (status == RINGC_EMPTY)
            model_pause(MODEL_SITE);
    }
}

static void drain(void)
{
    begin();
    subscribe(0, READING);
    model_thread("producer", publish_traffic, 0);
    model_thread("subscriber", drain_all, &readers[0]);
    model_join();
    check_ledger();
}

/* ---- The newest ------------------------------------------------------------------------------------------------------ */

static void take_latest(void *arg)
{
    reader *r = arg;

    while (r->s.position != first + target) {
        message m = { 0, 0 };
        const ringc_seq before = r->s.position;
        ringc_status status = Q(latest)(&r->s, &m);

        model_assert(status == RINGC_OK || status == RINGC_EMPTY);
        if (status == RINGC_OK) {
            const ringc_seq missed = Q(missed)(&r->s);

            model_assert(missed == r->s.position - 1 - before);
            r->lagged += missed;
        }
        (void)took(r, status, &m);
        if (status == RINGC_EMPTY)
            model_pause(MODEL_SITE);
    }
}

static void latest(void)
{
    begin();
    subscribe(0, READING);
    model_thread("producer", publish_traffic, 0);
    model_thread("subscriber", take_latest, &readers[0]);
    model_join();
    check_ledger();
}

/* ---- Looking on ------------------------------------------------------------------------------------------------------ */

/* What counts as published is there, with one producer: whoever sees the number can read the message. */
static void look_on(void *arg)
{
    reader *r = arg;
    const ringc_seq published = Q(published)(&ring);
    const ringc_seq sequence = Q(sequence)(&ring);

    model_assert(published <= begun() && sequence - first >= published && sequence - first <= begun());
    join_with(r, Q(subscribe_back)(&ring, &r->s, 1, READING));
    model_assert((ringc_seq_diff)(r->s.start - first - (published ? published - 1 : 0)) >= 0);
#if !defined(MULTI)
    if ((ringc_seq_diff)(sequence - r->s.start) > 0)
        model_assert(try_recv(r) != RINGC_EMPTY);
    if (Q(pending)(&r->s) != 0)
        model_assert(try_recv(r) != RINGC_EMPTY);
#endif
    Q(unsubscribe)(&r->s);
}

static void onlooker(void)
{
    begin();
    model_thread("producer", publish_traffic, 0);
    model_thread("onlooker", look_on, &readers[0]);
    model_join();
    check_ledger();
}

static void await_published(void *arg)
{
    (void)arg;
    if (Q(published)(&ring) == 1)
        model_plain_read(MODEL_SITE, &before_the_message, sizeof before_the_message);
}

static void await_sequence(void *arg)
{
    (void)arg;
    if (Q(sequence)(&ring) != first)
        model_plain_read(MODEL_SITE, &before_the_message, sizeof before_the_message);
}

/* Who sees that a message was published sees what its producer did before. */
static void published_tells(void)
{
    begin();
    model_thread("producer", write_and_publish, NULL);
    model_thread("onlooker", await_published, NULL);
    model_thread("second", await_sequence, NULL);
    model_join();
    check_ledger();
}

#if !defined(LOSSLESS)
/* The oldest is the one that was not overwritten. */
static void oldest_of_a_lapped_ring(void)
{
    begin();
    fill();
    model_thread("producer", publish_one, 0);
    model_join();
    join_with(&readers[0], Q(subscribe_oldest)(&ring, &readers[0].s, RINGC_LOSSY));
    model_assert(readers[0].s.start == first + 1 && Q(pending)(&readers[0].s) == CAPACITY);
    for (int i = 0; i < CAPACITY; i++)
        model_assert(try_recv(&readers[0]) == RINGC_OK);
    model_assert(try_recv(&readers[0]) == RINGC_EMPTY);
    check_ledger();
}
#endif

/* ---- In place -------------------------------------------------------------------------------------------------------- */

static void claim_and_commit(void *arg)
{
    producer p = open_producer();

    (void)arg;
    for (unsigned i = 0; i < traffic; i++) {
        message *slot = NULL;
        ringc_status status;

        while ((status = Q(claim)(&p, &slot)) == RINGC_FULL)
            model_pause(MODEL_SITE);
        model_assert(status == RINGC_OK);
        if (i == 0) {
            Q(abort)(&p);
            model_assert(Q(commit)(&p) == RINGC_INVALID);
            while ((status = Q(claim)(&p, &slot)) == RINGC_FULL)
                model_pause(MODEL_SITE);
        }
#if defined(LOSSLESS) && !defined(MULTI)
        model_plain_write(MODEL_SITE, slot, sizeof *slot);
#endif
        *slot = make(sent[0]);
        fates[sent[0]++].begun = true;
        while ((status = Q(commit)(&p)) == RINGC_FULL)
            model_pause(MODEL_SITE);
        model_assert(status == RINGC_OK);
    }
    Q(producer_close)(&p);
}

#if defined(GATED)
static void peek_and_release(void *arg)
{
    reader *r = arg;

    for (unsigned i = 0; i < traffic; i++) {
        const message *slot = NULL;
        ringc_status status;
        message m;

        while ((status = Q(peek)(&r->s, &slot)) == RINGC_EMPTY)
            model_pause(MODEL_SITE);
        model_assert(status == RINGC_OK);
#if defined(LOSSLESS)
        model_plain_read(MODEL_SITE, slot, sizeof *slot);
        m = *slot;
#else
        m.a = RINGC_LOAD(&slot->a, RINGC_RELAXED); /* its writer stores words */
        m.b = RINGC_LOAD(&slot->b, RINGC_RELAXED);
#endif
        model_assert(Q(release)(&r->s, 2) == RINGC_INVALID);
        model_assert(Q(release)(&r->s, 1) == RINGC_OK);
        (void)took(r, RINGC_OK, &m);
        model_assert(Q(release)(&r->s, 1) == RINGC_INVALID);
    }
}
#endif

static void in_place(void)
{
    begin();
    subscribe(0, READING);
    model_thread("producer", claim_and_commit, NULL);
#if defined(GATED)
    model_thread("subscriber", peek_and_release, &readers[0]);
#else
    model_thread("subscriber", read_traffic, &readers[0]);
#endif
    model_join();
    check_ledger();
}

/* ---- Close ------------------------------------------------------------------------------------------------------------ */

static void close_it(void *arg)
{
    (void)arg;
    Q(close)(&ring);
}

static void publish_and_close(void *arg)
{
    producer p = open_producer();

    (void)arg;
    publish_all(0, &p, traffic);
    Q(close)(&ring);
    model_assert(PUBLISHING(0, Q(publish)(&p, m)) == RINGC_CLOSED);
    Q(producer_close)(&p);
}

/* What was published before the close is received, or counted. */
static void close_by_producer(void)
{
    begin();
    subscribe(0, READING);
    model_thread("producer", publish_and_close, NULL);
    model_thread("subscriber", read_until_closed, &readers[0]);
    model_join();
    model_assert(readers[0].s.position == first + traffic);
    check_ledger();
}

static void close_wakes_subscribers(void)
{
    begin();
    subscribe(0, READING);
    subscribe(1, READING);
    model_thread("subscriber", read_until_closed, &readers[0]);
    model_thread("second", read_until_closed, &readers[1]);
    model_thread("closer", close_it, NULL);
    model_join();
    check_ledger();
}

static void close_wakes_subscriber(void)
{
    begin();
    subscribe(0, READING);
    model_thread("subscriber", read_until_closed, &readers[0]);
    model_thread("closer", close_it, NULL);
    model_join();
    check_ledger();
}

static void hear_of_the_close(void *arg)
{
    reader *r = arg;
    message m;

    model_assert(Q(recv_with)(&r->s, &m, ringc_wait_spin()) == RINGC_CLOSED);
}

/* Who follows others is told that the channel is closed, and not that it is empty: they have given everything back. */
static void close_tells_a_dependant(void)
{
    begin();
    subscribe(0, READING);
    subscribe(1, READING);
    places_followed[0] = Q(place)(&readers[0].s);
    Q(follow)(&readers[1].s, places_followed, 1);
    model_thread("dependant", hear_of_the_close, &readers[1]);
    model_thread("closer", close_it, NULL);
    model_join();
    check_ledger();
}

/* One message for two that sleep. */
static void publish_wakes_subscribers(void)
{
    begin();
    target = 1;
    subscribe(0, READING);
    subscribe(1, READING);
    model_thread("subscriber", read_traffic, &readers[0]);
    model_thread("second", read_traffic, &readers[1]);
    model_thread("producer", publish_one, 0);
    model_join();
    check_ledger();
}

static void publish_or_closed(void *arg)
{
    const int who = (int)(intptr_t)arg;
    producer p = open_producer();
    ringc_status status = RINGC_OK;

    for (unsigned i = 0; i < traffic && status == RINGC_OK; i++)
        status = PUBLISHING(who, publish_waiting(&p, m));
    model_assert(status == RINGC_OK || status == RINGC_CLOSED);
    Q(producer_close)(&p);
}

static void close_by_third(void)
{
    begin();
    subscribe(0, READING);
    model_thread("producer", publish_or_closed, 0);
    model_thread("subscriber", read_until_closed, &readers[0]);
    model_thread("closer", close_it, NULL);
    model_join();
    check_ledger();
}

#if defined(GATED)
static void publish_beyond_full(void *arg)
{
    producer p = open_producer();

    model_assert(PUBLISHING((intptr_t)arg, publish_waiting(&p, m)) == RINGC_CLOSED);
    Q(producer_close)(&p);
}

static void close_wakes_producer(void)
{
    begin();
    subscribe(0, READING);
    fill();
    model_thread("producer", publish_beyond_full, 0);
    model_thread("closer", close_it, NULL);
    model_join();
    check_ledger();
}

/* The producer is full and the subscriber does not sleep: it reads what is there. */
static void read_one(void *arg)
{
    model_assert(try_recv(arg) == RINGC_OK);
}

static void reading_frees_the_producer(void)
{
    begin();
    subscribe(0, READING);
    fill();
    model_thread("producer", publish_one, 0);
    model_thread("subscriber", read_one, &readers[0]);
    model_join();
    check_ledger();
}

#if defined(MULTI)
static void read_two(void *arg)
{
    (void)recv_waiting(arg);
    (void)recv_waiting(arg);
}

static void close_wakes_producers(void)
{
    begin();
    subscribe(0, READING);
    fill();
    model_thread("producer", publish_beyond_full, 0);
    model_thread("producer2", publish_beyond_full, (void *)1);
    model_thread("closer", close_it, NULL);
    model_join();
    check_ledger();
}

static void reading_frees_the_producers(void)
{
    begin();
    subscribe(0, READING);
    fill();
    model_thread("producer", publish_one, 0);
    model_thread("producer2", publish_one, (void *)1);
    model_thread("subscriber", read_two, &readers[0]);
    model_join();
    check_ledger();
}
#endif
#endif

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
    begin();
    model_thread("closer", write_and_close, NULL);
    model_thread("onlooker", await_is_closed, NULL);
    model_join();
    check_ledger();
}

/* ---- Handles -------------------------------------------------------------------------------------------------------- */

#if !defined(MULTI)
static void publish_in_turn(void *arg)
{
    producer p;

    (void)arg;
    while (Q(producer_open)(&ring, &p) == RINGC_LIMIT)
        model_pause(MODEL_SITE);
    model_plain_write(MODEL_SITE, &sent[0], sizeof sent[0]);
    publish_all(0, &p, 1);
    Q(producer_close)(&p);
}

static void producers_in_turn(void)
{
    begin();
    target = 2;
    subscribe(0, READING);
    model_thread("producer", publish_in_turn, NULL);
    model_thread("producer2", publish_in_turn, NULL);
    model_thread("subscriber", read_traffic, &readers[0]);
    model_join();
    check_ledger();
}
#endif

/* ---- Death ---------------------------------------------------------------------------------------------------------- */

static void publish_mortally(void *arg)
{
    const int who = (int)(intptr_t)arg;
    producer p = open_producer();

    for (int i = 0; i < 2; i++) {
        const unsigned number = (unsigned)who * EACH + sent[who];
        const message m = make(number);

        fates[number].begun = true; /* it may come, or not */
        sent[who]++;
        if (Q(try_publish)(&p, &m) != RINGC_OK) {
            fates[number].begun = false;
            sent[who]--;
        }
    }
}

/* The producer dies anywhere: what it published arrives whole, and close ends every wait. */
static void producer_dies(void)
{
    begin();
    subscribe(0, READING);
    model_killable_thread("producer", publish_mortally, 0);
    model_thread("subscriber", read_until_closed, &readers[0]);
    model_thread("closer", close_it, NULL);
    model_join();
}

#if defined(MULTI)
/* Another one waits for the slot that the dead one claimed. */
static void producer_dies_beside_another(void)
{
    begin();
    model_killable_thread("producer", publish_mortally, (void *)1);
    model_thread("producer2", publish_or_closed, 0);
    model_thread("closer", close_it, NULL);
    model_join();
}
#endif

/* ---- The scenarios ----------------------------------------------------------------------------------------------- */

typedef struct scenario {
    const char *name;
    void (*run)(void);
    uint32_t init_flags;
} scenario;

#if defined(PRODUCER_PARKS) || defined(CONSUMER_PARKS)
#define FENCED(function) { TEXT(function) "_fenced", function, RINGC_SHARED },
#else
#define FENCED(function)
#endif
#define EITHER_WAY(function) { TEXT(function), function, 0 }, FENCED(function)
#define ONE_WAY(function) { TEXT(function), function, 0 },

/* Those that find most come first: mutants die on them. */
static const scenario scenarios[] = {
    ONE_WAY(try)
    EITHER_WAY(follow)
#if defined(GATED) && !defined(LOSSLESS)
    ONE_WAY(lossy_alone)
#endif
#if defined(MULTI)
    ONE_WAY(two_producers_alone)
    ONE_WAY(two_producers_try)
#endif
    EITHER_WAY(close_wakes_subscriber)
    ONE_WAY(join_oldest)
    ONE_WAY(join_now)
    ONE_WAY(join_one_back)
    ONE_WAY(join_a_quiet_ring)
    ONE_WAY(join_a_full_ring)
    ONE_WAY(join_after_a_snapshot)
#if defined(GATED) && !defined(LOSSLESS)
    ONE_WAY(lossy_after_a_snapshot)
#endif
#if !defined(MULTI) && !defined(LOSSLESS)
    ONE_WAY(the_newest_is_there)
#endif
#if defined(GATED)
    EITHER_WAY(close_wakes_producer)
    EITHER_WAY(reading_frees_the_producer)
    EITHER_WAY(leaving_frees_the_producer)
    EITHER_WAY(letting_go_frees_the_producer)
#if !defined(LOSSLESS)
    ONE_WAY(let_go_and_alive)
#endif
#if defined(PRODUCER_PARKS) && !defined(LOSSLESS)
    EITHER_WAY(letting_a_dead_waker_go_wakes_the_producer)
#endif
#endif
    ONE_WAY(in_place)
    ONE_WAY(batches)
#if !defined(MULTI)
    ONE_WAY(batch_is_one)
    ONE_WAY(producers_in_turn)
#endif
    ONE_WAY(drain)
    ONE_WAY(latest)
    ONE_WAY(onlooker)
    ONE_WAY(is_closed)
    ONE_WAY(published_tells)
#if !defined(LOSSLESS)
    ONE_WAY(oldest_of_a_lapped_ring)
#endif
    ONE_WAY(close_by_producer)
    ONE_WAY(close_tells_a_dependant)
    ONE_WAY(dependant_of_a_full_ring)
    ONE_WAY(dependant_of_a_drain)
    ONE_WAY(upstream_leaves)
    ONE_WAY(upstream_is_replaced)
    ONE_WAY(dependant)
    ONE_WAY(place_again)
    ONE_WAY(second_is_lossy)
    EITHER_WAY(two_subscribers)
    EITHER_WAY(publish_wakes_subscribers)
    EITHER_WAY(close_wakes_subscribers)
    EITHER_WAY(close_by_third)
    ONE_WAY(join_beside_another)
    ONE_WAY(timeouts)
    ONE_WAY(as_schema)
    ONE_WAY(follow_long)
#if defined(MULTI)
    EITHER_WAY(two_producers)
    ONE_WAY(two_producers_and_room)
    ONE_WAY(two_producers_two_subscribers)
    ONE_WAY(join_between_producers)
#if defined(GATED)
    EITHER_WAY(close_wakes_producers)
    EITHER_WAY(reading_frees_the_producers)
#endif
#if !defined(GATED) && CAPACITY > 1
    ONE_WAY(lapped_upstream)
    ONE_WAY(lapped_upstream_gives_back)
#endif
    ONE_WAY(producer_dies_beside_another)
#endif
    ONE_WAY(producer_dies)
#if defined(GATED)
    ONE_WAY(subscriber_dies)
#endif
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

/* Many channels: less for each. */
#define RECORD_EXECUTIONS 40000
#define RECORD_SECONDS 1
#define RANDOM_RUNS 2000
#include "scenarios.h"
