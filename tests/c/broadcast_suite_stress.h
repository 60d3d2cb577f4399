/*
 * Part of broadcast_suite.h: producers and subscribers at full speed. With one producer a message's
 * number follows from its place in the ring, with many it names its producer and counts there; so
 * each subscriber alone can tell what was lost, doubled, torn or out of order, and whether it was
 * told of the right number. Yields are thrown in at random, since on one core the threads would
 * hardly meet otherwise.
 *
 * RINGC_STRESS_MS: how long everything_at_once_... runs.
 */

#define PRODUCERS_MOST 12
#define PRODUCERS      (BROADCAST_MULTI ? (size_t)3 : (size_t)1)
#define NUMBERS        UINT32_C(0xffffff) /* of one producer's messages; then they begin again */

enum { STYLE_TRY, STYLE_WAIT, STYLE_BATCH, STYLE_BUILD, STYLES };

/* One run, and what all its threads know of it. */
struct run {
    uint64_t messages; /* of each producer */
    uint64_t end_ns;   /* or until then, where it is not 0 */
    size_t style;      /* of publishing and receiving; STYLES for any */
    size_t n_producers;
    uint64_t published[PRODUCERS_MOST];
    uint32_t over; /* nobody joins any more */
};

struct publisher {
    struct run *run;
    size_t index;
};

struct reading_thread {
    struct run *run;
    subscriber by;
    uint64_t salt;
    uint32_t next[PRODUCERS_MOST]; /* number of each one's next message */
    bool knows[PRODUCERS_MOST];    /* that it is */
    bool strict;                   /* no message is missing */
    uint64_t received;
    uint32_t delay; /* a slow one: sleeps once in so many messages */
};

static void now_and_then_yield(struct dice *dice)
{
    if (roll(dice, 16) == 0)
        ringc_yield();
}

static uint32_t number_at(const struct publisher *mine, uint64_t count)
{
    if (BROADCAST_MULTI)
        return (uint32_t)mine->index << 24 | ((uint32_t)count & NUMBERS);
    return (uint32_t)count;
}

/* Publishes once, in one of the ways: how many went in. */
static size_t publish_some(producer *by, const struct publisher *mine, struct dice *dice,
                           uint64_t from, uint64_t most, ringc_status *status)
{
    const size_t style = mine->run->style == STYLES ? roll(dice, STYLES) : mine->run->style;
    MESSAGE messages[2 * CAPACITY];
    size_t n = 1 + roll(dice, LENGTH_OF(messages)), done = 0;

    if (n > most)
        n = (size_t)most;
    if (style != STYLE_BATCH)
        n = 1;
    for (size_t i = 0; i < n; ++i)
        messages[i] = message_of(number_at(mine, from + i));
    switch (style) {
    case STYLE_BATCH:
        *status = roll(dice, 2) ? B(publish_n)(by, messages, n, &done)
                                : B(try_publish_n)(by, messages, n, &done);
        return done;
    case STYLE_BUILD: {
        MESSAGE *lent;

        *status = B(claim)(by, &lent);
        if (*status != RINGC_OK)
            return 0;
        memcpy(lent, messages, sizeof *lent);
        now_and_then_yield(dice);
        *status = B(commit)(by);
        if (*status != RINGC_OK || roll(dice, 8) == 0)
            B(abort)(by);
        return *status == RINGC_OK;
    }
    case STYLE_WAIT:
#if BROADCAST_BLOCKS
        if (roll(dice, 3) == 0)
            *status = B(publish_for)(by, messages, roll(dice, 50000));
        else if (roll(dice, 2) == 0)
            *status = B(publish_with)(by, messages, ringc_wait_spin_yield(5));
        else
#endif
            *status = B(publish)(by, messages);
        return *status == RINGC_OK;
    default:
        *status = B(try_publish)(by, messages);
        return *status == RINGC_OK;
    }
}

static void *publish_all(void *arg)
{
    const struct publisher *mine = (const struct publisher *)arg;
    struct run *run = mine->run;
    struct dice dice = dice_of(100 + mine->index + 10 * run->style);
    uint64_t count = 0;
    producer by;

    REQUIRE(B(producer_open)(ch, &by) == RINGC_OK);
    while (run->end_ns ? ringc_now_ns() < run->end_ns : count < run->messages) {
        ringc_status status = RINGC_OK;
        const uint64_t most = run->end_ns ? UINT64_MAX : run->messages - count;
        const size_t done = publish_some(&by, mine, &dice, count, most, &status);

        count += done;
        if (status == RINGC_CLOSED)
            break;
        REQUIRE(status == RINGC_OK || status == RINGC_FULL || status == RINGC_TIMEOUT);
        REQUIRE(BROADCAST_GATED || BROADCAST_MULTI || done > 0);
        if (status != RINGC_OK)
            ringc_yield();
        now_and_then_yield(&dice);
    }
    run->published[mine->index] = count;
    B(producer_close)(&by);
    return NULL;
}

/* Checks the message that was at this position. */
static void take(struct reading_thread *mine, const MESSAGE *message, ringc_seq position)
{
#if BROADCAST_MULTI
    const uint32_t number = number_of(message), who = number >> 24;

    (void)position;
    REQUIRE(is_message(message, number)); /* else torn */
    REQUIRE(who < mine->run->n_producers);
    if (mine->knows[who]) {
        const uint32_t ahead = (number - mine->next[who]) & NUMBERS;

        REQUIRE(ahead <= NUMBERS / 2);        /* else doubled, or out of order */
        REQUIRE(ahead == 0 || !mine->strict); /* else lost */
    }
    mine->next[who] = number + 1;
    mine->knows[who] = true;
#else
    REQUIRE(is_message(message, (uint32_t)(position - first_sequence)));
#endif
    mine->received++;
}

struct taken {
    struct reading_thread *mine;
    ringc_seq position;
    size_t ends;
};

static void take_drained(void *arg, const MESSAGE *message, bool end_of_batch)
{
    struct taken *taken = (struct taken *)arg;

    REQUIRE(taken->ends == 0);
    take(taken->mine, message, taken->position++);
    taken->ends += end_of_batch;
}

static void nothing_to_do(void *arg, const MESSAGE *message, bool end_of_batch)
{
    (void)arg;
    (void)message;
    (void)end_of_batch;
}

static ringc_status recv_batch(struct reading_thread *mine, struct dice *dice)
{
    MESSAGE messages[CAPACITY + 2];
    struct taken taken = { mine, mine->by.position, 0 };
    const size_t n = 1 + roll(dice, LENGTH_OF(messages));
    size_t done = 77;
    ringc_status status;

    switch (roll(dice, 4)) {
    case 0:
        status = B(drain_n)(&mine->by, n, take_drained, &taken);
        REQUIRE(taken.ends == (status == RINGC_OK));
        return status;
    case 1: {
        group_of_handlers group[2] = { { take_drained, NULL }, { nothing_to_do, NULL } };

        group[0].arg = &taken;
        status = B(drain_group)(&mine->by, n, group, 2);
        REQUIRE(taken.ends == (status == RINGC_OK));
        return status;
    }
    case 2:
        status = B(recv_n)(&mine->by, messages, n, &done);
        break;
    default:
        status = B(try_recv_n)(&mine->by, messages, n, &done);
        break;
    }
    REQUIRE(done <= n && (done > 0) == (status == RINGC_OK));
    for (size_t i = 0; i < done; ++i)
        take(mine, &messages[i], taken.position + (ringc_seq)i);
    return status;
}

static ringc_status recv_some(struct reading_thread *mine, struct dice *dice)
{
    subscriber *by = &mine->by;
    const ringc_seq position = by->position;
    const size_t style = mine->run->style == STYLES ? roll(dice, STYLES) : mine->run->style;
    MESSAGE message;
    ringc_status status;

    switch (style) {
    case STYLE_BATCH:
        return recv_batch(mine, dice);
    case STYLE_WAIT:
        status = roll(dice, 3)   ? B(recv)(by, &message)
                 : roll(dice, 2) ? B(recv_for)(by, &message, roll(dice, 50000))
                                 : B(recv_with)(by, &message, ringc_wait_spin_yield(5));
        break;
#if BROADCAST_GATED
    case STYLE_BUILD:
        if (by->reading == RINGC_GATING) {
            const MESSAGE *shown;

            status = B(peek)(by, &shown);
            if (status != RINGC_OK)
                return status;
            if (mine->strict) /* nobody lets it go */
                take(mine, shown, position);
            else
                mine->received++;
            now_and_then_yield(dice);
            REQUIRE(B(release)(by, 1) == RINGC_OK);
            return RINGC_OK;
        }
#endif
    /* fall through */
    default:
        status = B(try_recv)(by, &message);
        break;
    }
    if (status == RINGC_OK)
        take(mine, &message, position);
    return status;
}

/* received + lagged = position - start at every return, and nothing that anyone may read is absurd.
 */
static void check_counts(const struct reading_thread *mine, ringc_status status, uint64_t lagged)
{
    const subscriber *by = &mine->by;
    const double ratio = B(receive_ratio)(by);

    REQUIRE(B(received)(by) == (ringc_seq)mine->received);
    REQUIRE(B(received)(by) + B(lagged)(by) == by->position - by->start);
    REQUIRE(B(lagged)(by) - (ringc_seq)lagged == (status == RINGC_LAGGED ? B(missed)(by) : 0));
    REQUIRE(status != RINGC_LAGGED || B(missed)(by) > 0);
    REQUIRE(status != RINGC_LAGGED || !mine->strict);
    REQUIRE(B(pending)(by) < RINGC_SEQ_BITS * UINT32_C(0x2000000)); /* mistake 12 */
    REQUIRE(ratio >= 0.0 && ratio <= 1.0);
}

/* Reads until the channel is closed and drained. */
static void *read_all(void *arg)
{
    struct reading_thread *mine = (struct reading_thread *)arg;
    struct dice dice = dice_of(mine->salt);

    for (;;) {
        const uint64_t lagged = B(lagged)(&mine->by);
        const ringc_status status = recv_some(mine, &dice);

        check_counts(mine, status, lagged);
        if (status == RINGC_CLOSED)
            break;
        if (status != RINGC_OK)
            ringc_yield();
        now_and_then_yield(&dice);
        if (mine->delay != 0 && roll(&dice, mine->delay) == 0)
            ringc_sleep_ns(MS / 20);
    }
    return NULL;
}

/* A guest: joins somehow, reads a little, leaves; again and again. Mistakes 7 and 11. */
static void visit(struct run *run, struct dice *dice, uint64_t visit_number)
{
    struct reading_thread mine;
    uint32_t reading = PLAIN_READING;
    ringc_status status;

    memset(&mine, 0, sizeof mine);
    mine.run = run;
    if (!ALL_GATE && roll(dice, 3) == 0)
        reading = roll(dice, 2) ? RINGC_LOSSY : RINGC_TRACKED;
    switch (roll(dice, 3)) {
    case 0:
        status = B(subscribe)(ch, &mine.by, reading);
        break;
    case 1:
        status = B(subscribe_oldest)(ch, &mine.by, reading);
        break;
    default:
        status = B(subscribe_back)(ch, &mine.by, roll(dice, CAPACITY + 1), reading);
        break;
    }
    REQUIRE(status == RINGC_OK || status == RINGC_LIMIT);
    if (status == RINGC_LIMIT)
        return;
    mine.strict = reading == RINGC_GATING; /* never lapped, before its first read or later */
    for (size_t n = roll(dice, 12); n > 0; --n) {
        const uint64_t lagged = B(lagged)(&mine.by);
        MESSAGE message;
        const ringc_seq position = mine.by.position;

        status =
            roll(dice, 4) ? B(try_recv)(&mine.by, &message) : B(recv_for)(&mine.by, &message, 1000);
        if (status == RINGC_OK)
            take(&mine, &message, position);
        check_counts(&mine, status, lagged);
        if (status == RINGC_CLOSED)
            break;
        now_and_then_yield(dice);
#if BROADCAST_GATED && !ALL_GATE
        if (mine.strict && visit_number % 8 == 0 && n == 4) { /* as if it had died */
            REQUIRE(B(let_go)(ch, B(place)(&mine.by)) == RINGC_OK);
            mine.strict = false;
            ringc_yield();
        }
#endif
    }
    (void)visit_number;
    B(unsubscribe)(&mine.by);
}

static void *come_and_go(void *arg)
{
    struct run *run = (struct run *)arg;
    struct dice dice = dice_of(7000 + run->style);

    for (uint64_t n = 0; !IS_RAISED(&run->over); ++n) {
        visit(run, &dice, n);
        if (roll(&dice, 4) == 0)
            ringc_yield();
    }
    return NULL;
}

static void a_reader(struct reading_thread *mine, struct run *run, uint64_t salt, uint32_t reading)
{
    memset(mine, 0, sizeof *mine);
    mine->run = run;
    mine->salt = salt;
    mine->strict = reading == RINGC_GATING;
    REQUIRE(B(subscribe)(ch, &mine->by, reading) == RINGC_OK);
    for (size_t i = 0; i < PRODUCERS_MOST; ++i)
        mine->knows[i] = true; /* it is there from the first message on */
    for (uint32_t i = 0; i < PRODUCERS_MOST; ++i)
        mine->next[i] = i << 24;
}

/* Producers, two subscribers of the plain kind, a slow one nobody waits for, and a guest. */
static void all_at_once(struct run *run)
{
    struct publisher publishers[PRODUCERS_MOST];
    struct reading_thread readers[3];
    pthread_t threads[PRODUCERS_MOST], reading[3], guest;
    const size_t n_readers = ALL_GATE ? 2 : 3;
    uint64_t all = 0;

    B(producer_close)(&p);
    B(unsubscribe)(&s);
    for (size_t i = 0; i < n_readers; ++i)
        a_reader(&readers[i], run, 31 * i + run->style, i < 2 ? PLAIN_READING : RINGC_LOSSY);
    readers[n_readers - 1].delay = ALL_GATE ? 0 : 64;
    for (size_t i = 0; i < n_readers; ++i)
        reading[i] = started(read_all, &readers[i]);
    guest = started(come_and_go, run);
    for (size_t i = 0; i < run->n_producers; ++i) {
        publishers[i].run = run;
        publishers[i].index = i;
        threads[i] = started(publish_all, &publishers[i]);
    }
    for (size_t i = 0; i < run->n_producers; ++i) {
        joined(threads[i]);
        all += run->published[i];
        assert_true(run->end_ns || run->published[i] == run->messages);
    }
    RAISE_FLAG(&run->over);
    joined(guest); /* else it would hold places */
    B(close)(ch);
    assert_true(B(published)(ch) == (ringc_seq)all);
    for (size_t i = 0; i < n_readers; ++i) {
        joined(reading[i]);
        assert_true(B(received)(&readers[i].by) + B(lagged)(&readers[i].by) == (ringc_seq)all);
        assert_true(!readers[i].strict || B(lagged)(&readers[i].by) == 0);
        B(unsubscribe)(&readers[i].by);
    }
}

static void of_one_style(size_t style)
{
    struct run run;

    memset(&run, 0, sizeof run);
    run.messages = stress_messages() / STRESS_SHARE / PRODUCERS / (sizeof(MESSAGE) > 1000 ? 4 : 1);
    run.style = style;
    run.n_producers = PRODUCERS;
    all_at_once(&run);
}

static void subscribers_lose_double_and_tear_nothing_with_calls_that_do_not_wait(void **state)
{
    (void)state;
    of_one_style(STYLE_TRY);
}

static void subscribers_lose_double_and_tear_nothing_with_calls_that_wait(void **state)
{
    (void)state;
    of_one_style(STYLE_WAIT);
}

static void subscribers_lose_double_and_tear_nothing_in_batches(void **state)
{
    (void)state;
    of_one_style(STYLE_BATCH);
}

static void subscribers_lose_double_and_tear_nothing_in_place(void **state)
{
    (void)state;
    of_one_style(STYLE_BUILD);
}

static void everything_at_once_for_a_time_loses_doubles_and_tears_nothing(void **state)
{
    struct run run;

    (void)state;
    memset(&run, 0, sizeof run);
    run.end_ns = ringc_now_ns() + setting("RINGC_STRESS_MS", 60) * MS;
    run.style = STYLES;
    run.n_producers = PRODUCERS;
    all_at_once(&run);
}

#if BROADCAST_MULTI && !OWNS
/* Mistake 6: nor do two producers claim the same message. No yields here: they have to meet. */
static void *publish_without_a_pause(void *arg)
{
    const MESSAGE message = message_of(7);
    producer mine;

    REQUIRE(B(producer_open)(ch, &mine) == RINGC_OK);
    for (size_t n = *(const size_t *)arg; n > 0;)
        n -= B(publish)(&mine, &message) == RINGC_OK;
    B(producer_close)(&mine);
    return NULL;
}

static void each_message_has_a_sequence_of_its_own(void **state)
{
    size_t n = 20 * stress_messages() / (sizeof(MESSAGE) > 1000 ? 10 : 1);
    pthread_t threads[2];

    (void)state;
    B(unsubscribe)(&s);
    for (size_t i = 0; i < 2; ++i)
        threads[i] = started(publish_without_a_pause, &n);
    for (size_t i = 0; i < 2; ++i)
        joined(threads[i]);
    assert_true(B(published)(ch) == (ringc_seq)(2 * n));
}

/* Mistake 6: two writers in one slot. */
static void more_producers_than_slots_never_tear(void **state)
{
    struct run run;

    (void)state;
    memset(&run, 0, sizeof run);
    run.n_producers = CAPACITY + 3 < PRODUCERS_MOST ? CAPACITY + 3 : PRODUCERS_MOST;
    run.messages = stress_messages() / STRESS_SHARE / run.n_producers / 2;
    run.style = STYLE_TRY;
    all_at_once(&run);
}
#define MORE_PRODUCERS_TEST                                                                        \
    TEST(more_producers_than_slots_never_tear), TEST(each_message_has_a_sequence_of_its_own),
#else
#define MORE_PRODUCERS_TEST
#endif

#if BROADCAST_GATED
/* Mistake 7: read the position, register, and be lapped in between. */
static void a_joiner_is_never_lapped_before_its_first_read(void **state)
{
    struct run run;
    struct publisher publishers[PRODUCERS_MOST];
    pthread_t threads[PRODUCERS_MOST];
    const size_t rounds = 50 + stress_messages() / STRESS_SHARE / 2;

    (void)state;
    memset(&run, 0, sizeof run);
    run.messages = UINT64_MAX / 2;
    run.style = STYLE_TRY;
    run.n_producers = PRODUCERS;
    B(producer_close)(&p);
    B(unsubscribe)(&s);
    for (size_t i = 0; i < PRODUCERS; ++i) {
        publishers[i].run = &run;
        publishers[i].index = i;
        threads[i] = started(publish_all, &publishers[i]);
    }
    for (size_t round = 0; round < rounds; ++round) {
        struct reading_thread mine;
        ringc_status status;

        memset(&mine, 0, sizeof mine);
        mine.run = &run;
        mine.strict = true;
        status = round % 3 == 0   ? B(subscribe)(ch, &mine.by, RINGC_GATING)
                 : round % 3 == 1 ? B(subscribe_oldest)(ch, &mine.by, RINGC_GATING)
                                  : B(subscribe_back)(ch, &mine.by, 1, RINGC_GATING);
        REQUIRE(status == RINGC_OK);
        if (round % 8 == 0)
            ringc_yield();
        for (size_t n = 0; n < 2; ++n) {
            const ringc_seq position = mine.by.position;
            MESSAGE message;

            REQUIRE(B(recv_with)(&mine.by, &message, ringc_wait_spin_yield(20)) == RINGC_OK);
            take(&mine, &message, position);
        }
        B(unsubscribe)(&mine.by);
    }
    B(close)(ch);
    for (size_t i = 0; i < PRODUCERS; ++i)
        joined(threads[i]);
}
#define JOINER_TEST TEST(a_joiner_is_never_lapped_before_its_first_read),
#else
#define JOINER_TEST
#endif

#if !BROADCAST_GATED && !BROADCAST_MULTI
/* One visibility point for a batch: who has received all before it sees none of it, or all. */
static void *publish_batches(void *arg)
{
    struct run *run = (struct run *)arg;
    static MESSAGE messages[CAPACITY];
    struct dice dice = dice_of(55);

    for (uint64_t count = 0; count < run->messages; count += CAPACITY) {
        size_t done;

        messages_of(messages, CAPACITY, (uint32_t)count);
        REQUIRE(B(publish_n)(&p, messages, CAPACITY, &done) == RINGC_OK);
        for (size_t i = roll(&dice, 4); i > 0; --i)
            ringc_yield();
    }
    B(close)(ch);
    return NULL;
}

static void a_batch_becomes_visible_at_one_point(void **state)
{
    struct run run;
    pthread_t thread;
    MESSAGE message;
    ringc_status status;

    (void)state;
    memset(&run, 0, sizeof run);
    run.messages = stress_messages() * CAPACITY / STRESS_SHARE / (sizeof(MESSAGE) > 1000 ? 4 : 1);
    thread = started(publish_batches, &run);
    while ((status = B(try_recv)(&s, &message)) != RINGC_CLOSED) {
        const uint32_t number = (uint32_t)(s.position - 1 - first_sequence);

        if (status != RINGC_OK)
            continue;
        REQUIRE(is_message(&message, number));
        for (size_t n = 1; number % CAPACITY == 0 && n < CAPACITY; ++n) {
            status = B(try_recv)(&s, &message);
            REQUIRE(status == RINGC_OK || status == RINGC_LAGGED);
            if (status == RINGC_LAGGED)
                break;
        }
    }
    joined(thread);
    assert_true(B(received)(&s) + B(lagged)(&s) == B(published)(ch));
}
#define VISIBLE_TEST TEST(a_batch_becomes_visible_at_one_point),
#else
#define VISIBLE_TEST
#endif

/* Mistake 14: empty, then closed, without a second look. */
struct last_words {
    size_t n;
    struct dice dice;
};

static void *publish_last_words(void *arg)
{
    struct last_words *last = (struct last_words *)arg;

    for (uint32_t number = 0; number < last->n; ++number) {
        while (publish_number(number) == RINGC_FULL)
            ringc_yield();
        now_and_then_yield(&last->dice);
    }
    B(close)(ch);
    return NULL;
}

static void the_last_message_before_close_is_never_lost(void **state)
{
    struct dice dice = dice_of(99);
    const size_t rounds = 20 + stress_messages() / 20;

    (void)state;
    for (size_t round = 0; round < rounds; ++round) {
        struct last_words last = { 1 + roll(&dice, CAPACITY), dice_of(round) };
        pthread_t thread;
        ringc_status status;

        afresh();
        thread = started(publish_last_words, &last);
        if (roll(&dice, 2) == 0)
            ringc_yield();
        do {
            MESSAGE message;

            status = recv_by(&s, round % RECVS, &message, RINGC_FOREVER);
            if (status == RINGC_OK)
                REQUIRE(is_message(&message, (uint32_t)(B(received)(&s) + B(lagged)(&s) - 1)));
        } while (status != RINGC_CLOSED);
        joined(thread);
        REQUIRE(B(received)(&s) == last.n && B(lagged)(&s) == 0);
    }
}

static void closed_by_a_third_thread_every_publish_that_succeeded_counts(void **state)
{
    const size_t rounds = 5 + stress_messages() / 300;

    (void)state;
    for (size_t round = 0; round < rounds; ++round) {
        struct run run;
        struct publisher publisher = { &run, 0 };
        struct reading_thread reader;
        pthread_t threads[2];
        ringc_status status;

        afresh();
        memset(&run, 0, sizeof run);
        run.messages = UINT64_MAX / 2;
        run.style = round % (STYLES + 1);
        run.n_producers = 1;
        B(producer_close)(&p);
        B(unsubscribe)(&s);
        a_reader(&reader, &run, round, PLAIN_READING);
        threads[0] = started(read_all, &reader);
        threads[1] = started(publish_all, &publisher);
        ringc_sleep_ns(MS / 4);
        B(close)(ch);
        joined(threads[0]);
        joined(threads[1]);
        REQUIRE(B(published)(ch) == (ringc_seq)run.published[0]);
        do { /* what came after the subscriber was told of the close */
            const ringc_seq position = reader.by.position;
            MESSAGE message;

            status = B(try_recv)(&reader.by, &message);
            if (status == RINGC_OK)
                take(&reader, &message, position);
        } while (status != RINGC_CLOSED);
        REQUIRE(B(received)(&reader.by) + B(lagged)(&reader.by) == B(published)(ch));
        B(unsubscribe)(&reader.by);
    }
}

#if BROADCAST_GATED
/* A chain of three; plain variables follow the messages, for ThreadSanitizer to see. Mistakes 8, 9.
 */
static struct {
    ringc_place places[2];
    subscriber by[3];
    ringc_seq seen[3][CAPACITY];
} chain;

static void *process(void *arg)
{
    const size_t stage = (size_t)(uintptr_t)arg;
    subscriber by = chain.by[stage];
    struct dice dice = dice_of(stage);
    ringc_status status;

    do {
        const ringc_seq position = by.position;
        const size_t at = (size_t)(position % CAPACITY);
        const MESSAGE *shown;
        MESSAGE message;

        status = roll(&dice, 2) ? B(try_recv)(&by, &message) : B(peek)(&by, &shown);
        if (status == RINGC_OK) {
            REQUIRE(stage == 0 || chain.seen[stage - 1][at] == position + 1);
            now_and_then_yield(&dice);
            chain.seen[stage][at] = position + 1;
            REQUIRE(B(release)(&by, 1) == RINGC_OK);
        } else {
            REQUIRE(status != RINGC_LAGGED);
            ringc_yield();
        }
    } while (status != RINGC_CLOSED);
    chain.by[stage] = by;
    return NULL;
}

static void a_chain_of_dependants_works_on_each_message_in_turn(void **state)
{
    const uint64_t messages = stress_messages() / STRESS_SHARE / 2;
    pthread_t threads[3];

    (void)state;
    B(unsubscribe)(&s);
    memset(&chain, 0, sizeof chain);
    for (size_t i = 0; i < 3; ++i) {
        REQUIRE(B(subscribe)(ch, &chain.by[i], RINGC_GATING | RINGC_HOLDING) == RINGC_OK);
        if (i < 2)
            chain.places[i] = B(place)(&chain.by[i]);
        if (i > 0)
            B(follow)(&chain.by[i], &chain.places[i - 1], 1);
    }
    for (size_t i = 0; i < 3; ++i)
        threads[i] = started(process, (void *)(uintptr_t)i);
    for (uint32_t number = 0; number < messages; ++number) {
        const MESSAGE message = message_of(number);
        ringc_status status;

        while ((status = B(publish)(&p, &message)) == RINGC_FULL)
            ringc_yield();
        REQUIRE(status == RINGC_OK);
    }
    B(close)(ch);
    for (size_t i = 0; i < 3; ++i) {
        joined(threads[i]);
        assert_true(B(received)(&chain.by[i]) == (ringc_seq)messages);
        B(unsubscribe)(&chain.by[i]);
    }
}
#define CHAIN_TEST TEST(a_chain_of_dependants_works_on_each_message_in_turn),
#else
#define CHAIN_TEST
#endif

#define STRESS_TESTS                                                                               \
    TEST(subscribers_lose_double_and_tear_nothing_with_calls_that_do_not_wait),                    \
        TEST(subscribers_lose_double_and_tear_nothing_with_calls_that_wait),                       \
        TEST(subscribers_lose_double_and_tear_nothing_in_batches),                                 \
        TEST(subscribers_lose_double_and_tear_nothing_in_place),                                   \
        TEST(everything_at_once_for_a_time_loses_doubles_and_tears_nothing),                       \
        MORE_PRODUCERS_TEST JOINER_TEST VISIBLE_TEST CHAIN_TEST TEST(                              \
            the_last_message_before_close_is_never_lost),                                          \
        TEST(closed_by_a_third_thread_every_publish_that_succeeded_counts)
