/*
 * Part of queue_suite.h: two threads at full speed. Each message carries its number and a sum, so
 * the consumer alone can tell what was lost, doubled, torn or out of order. Yields are thrown in
 * at random, since on one core the threads would hardly meet otherwise.
 */

/* One run: what the producer did, and what the consumer is to do. */
struct run {
    size_t messages; /* to push, unless somebody closes first */
    uint64_t salt;   /* of the dice */
    size_t style;    /* of both sides: see push_some and pop_some; STYLES for any */
    bool closes;     /* the producer closes when it is done */
    uint64_t pushed; /* with RINGC_OK */
    uint64_t received;
    uint64_t next; /* the least number that may come next */
    uint32_t over; /* both sides have returned when this is 2 */
};

enum { STYLE_TRY, STYLE_WAIT, STYLE_BATCH, STYLE_IN_PLACE, STYLE_TIMED, STYLES };

static void now_and_then_yield(struct dice *dice)
{
    if (roll(dice, 16) == 0)
        ringc_yield();
}

/* Pushes once, in one of the ways: how many went in, and whether it is over. */
static size_t push_some(producer *by, const struct run *run, struct dice *dice,
                        ringc_status *status)
{
    const size_t style = run->style == STYLES ? roll(dice, STYLES) : run->style;
    MESSAGE items[2 * CAPACITY];
    size_t n = 1 + roll(dice, LENGTH_OF(items)), done = 0;

    if (n > run->messages - run->pushed)
        n = (size_t)(run->messages - run->pushed);
    messages_of(items, n, run->pushed);
    switch (style) {
    case STYLE_BATCH:
        *status =
            roll(dice, 2) ? Q(push_n)(by, items, n, &done) : Q(try_push_n)(by, items, n, &done);
        return done;
    case STYLE_WAIT:
        *status = Q(push)(by, items);
        return *status == RINGC_OK;
#if QUEUE_BLOCKS
    case STYLE_TIMED:
        *status = roll(dice, 2) ? Q(push_for)(by, items, roll(dice, 50000))
                                : Q(push_with)(by, items, ringc_wait_spin_yield(5));
        return *status == RINGC_OK;
#endif
#if !QUEUE_EVICTS
    case STYLE_IN_PLACE: {
        MESSAGE *slots = Q(reserve)(by, n, &done);

        if (done > 0 && roll(dice, 4) == 0)
            --done;
        if (slots != NULL)
            memcpy(slots, items, done * sizeof *slots);
        now_and_then_yield(dice);
        *status = Q(commit)(by, done);
        REQUIRE(*status == RINGC_OK);
        if (slots == NULL && Q(is_closed)(ch))
            *status = RINGC_CLOSED;
        return done;
    }
#endif
    default:
        *status = Q(try_push)(by, items);
        return *status == RINGC_OK;
    }
}

static void *produce(void *arg)
{
    struct run *run = (struct run *)arg;
    struct dice dice = dice_of(run->salt);
    producer mine = p;

    while (run->pushed < run->messages) {
        ringc_status status = RINGC_OK;
        const size_t done = push_some(&mine, run, &dice, &status);

        run->pushed += done;
        if (status == RINGC_CLOSED)
            break;
        REQUIRE(!QUEUE_EVICTS || done > 0);
        if (status == RINGC_FULL || status == RINGC_TIMEOUT || done == 0)
            ringc_yield();
        now_and_then_yield(&dice);
    }
    if (run->closes)
        Q(close)(ch);
    p = mine;
    __atomic_fetch_add(&run->over, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* Checks one message that came out. */
static void receive(struct run *run, const MESSAGE *item)
{
    const uint64_t number = number_of(item);

    REQUIRE(is_intact(item));                     /* else torn, or read from a slot that was free */
    REQUIRE(number >= run->next);                 /* else doubled, or out of order */
    REQUIRE(QUEUE_EVICTS || number == run->next); /* else lost */
    run->next = number + 1;
    run->received++;
}

struct drain_run {
    struct run *run;
    size_t n, ends;
};

static void receive_drained(void *arg, const MESSAGE *message, bool end_of_batch)
{
    struct drain_run *drain = (struct drain_run *)arg;

    REQUIRE(drain->ends == 0);
    receive(drain->run, message);
    drain->n++;
    drain->ends += end_of_batch;
}

static ringc_status pop_batch(consumer *by, struct run *run, struct dice *dice)
{
    MESSAGE items[CAPACITY + 2];
    struct drain_run drain = { run, 0, 0 };
    size_t done = 77;
    const size_t n = 1 + roll(dice, LENGTH_OF(items));
    ringc_status status;

    switch (roll(dice, 4)) {
    case 0:
        status = Q(drain)(by, receive_drained, &drain);
        REQUIRE((drain.n > 0) == (status == RINGC_OK) && drain.ends == (drain.n > 0));
        return status;
    case 1:
        status = Q(drain_n)(by, n, receive_drained, &drain);
        REQUIRE((drain.n > 0) == (status == RINGC_OK) && drain.ends == (drain.n > 0));
        REQUIRE(drain.n <= n);
        return status;
    case 2:
        status = Q(pop_n)(by, items, n, &done);
        break;
    default:
        status = Q(try_pop_n)(by, items, n, &done);
        break;
    }
    REQUIRE(done <= n && (done > 0) == (status == RINGC_OK));
    for (size_t i = 0; i < done; ++i)
        receive(run, &items[i]);
    return status;
}

static ringc_status pop_some(consumer *by, struct run *run, struct dice *dice)
{
    const size_t style = run->style == STYLES ? roll(dice, STYLES) : run->style;
    MESSAGE item;
    ringc_status status;

    switch (style) {
    case STYLE_BATCH:
        return pop_batch(by, run, dice);
    case STYLE_WAIT:
        status = Q(pop)(by, &item);
        break;
    case STYLE_TIMED:
        status = roll(dice, 2) ? Q(pop_for)(by, &item, roll(dice, 50000))
                               : Q(pop_with)(by, &item, ringc_wait_spin_yield(5));
        break;
#if !QUEUE_EVICTS
    case STYLE_IN_PLACE: {
        size_t got, n;
        const MESSAGE *slots = Q(peek)(by, &got);

        if (slots == NULL) { /* empty or over: try_pop tells */
            status = Q(try_pop)(by, &item);
            break;
        }
        n = 1 + roll(dice, got);
        for (size_t i = 0; i < n; ++i)
            receive(run, &slots[i]);
        now_and_then_yield(dice);
        status = Q(release)(by, n);
        REQUIRE(status == RINGC_OK);
        return status;
    }
#endif
    default:
        status = Q(try_pop)(by, &item);
        break;
    }
    if (status == RINGC_OK)
        receive(run, &item);
    return status;
}

static void *consume(void *arg)
{
    struct run *run = (struct run *)arg;
    struct dice dice = dice_of(run->salt + 1);
    consumer mine = c;

    for (;;) {
        const ringc_status status = pop_some(&mine, run, &dice);
        MESSAGE item;

        if (status == RINGC_CLOSED && Q(try_pop)(&mine, &item) == RINGC_CLOSED)
            break;
        /* Only a push that overlapped the close, or a peek that could not tell, comes this way. */
        REQUIRE(status != RINGC_CLOSED || !run->closes || run->style >= STYLE_IN_PLACE);
        if (status == RINGC_CLOSED)
            receive(run, &item);
        if (status != RINGC_OK)
            ringc_yield();
        now_and_then_yield(&dice);
    }
    c = mine;
    __atomic_fetch_add(&run->over, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* Mistakes 12 and 16: what anyone may read stays within its bounds while both sides run. */
static void observe(const struct run *run)
{
    ringc_seq dropped = 0;

    while (__atomic_load_n(&run->over, __ATOMIC_ACQUIRE) < 2) {
        REQUIRE(Q(size)(ch) <= CAPACITY);
        REQUIRE(Q(has_capacity)(ch, 0));
        REQUIRE(!Q(has_capacity)(ch, CAPACITY + 1));
        (void)Q(is_empty)(ch);
#if QUEUE_EVICTS
        {
            const ringc_seq now = Q(dropped)(ch);

            REQUIRE(now >= dropped);
            dropped = now;
        }
#else
        (void)dropped;
#endif
        ringc_yield();
    }
}

static uint64_t dropped_so_far(void)
{
#if QUEUE_EVICTS
    return Q(dropped)(ch);
#else
    return 0;
#endif
}

static void two_threads(size_t style)
{
    struct run run = { stress_messages() / STRESS_SHARE, 10 + style, style, true, 0, 0, 0, 0 };
    pthread_t threads[2];

    threads[0] = started(consume, &run);
    threads[1] = started(produce, &run);
    observe(&run);
    joined(threads[0]);
    joined(threads[1]);
    assert_true(run.pushed == run.messages);
    assert_true(run.received + dropped_so_far() == run.pushed);
    assert_inside(0);
}

/* Mistake 1: under drop_oldest both sides claim at once here. */
static void two_threads_lose_double_and_tear_nothing_with_calls_that_do_not_wait(void **state)
{
    (void)state;
    two_threads(STYLE_TRY);
}

static void two_threads_lose_double_and_tear_nothing_with_calls_that_wait(void **state)
{
    (void)state;
    two_threads(STYLE_WAIT);
}

static void two_threads_lose_double_and_tear_nothing_in_batches(void **state)
{
    (void)state;
    two_threads(STYLE_BATCH);
}

static void two_threads_lose_double_and_tear_nothing_with_all_verbs_mixed(void **state)
{
    (void)state;
    two_threads(STYLES);
}

#if !QUEUE_EVICTS
static void two_threads_lose_double_and_tear_nothing_in_place(void **state)
{
    (void)state;
    two_threads(STYLE_IN_PLACE);
}
#endif

/* Mistake 14: empty, then closed, without a second look. */
static void the_last_message_before_close_is_never_lost(void **state)
{
    struct dice dice = dice_of(99);
    const size_t rounds = 20 + stress_messages() / 20;

    (void)state;
    for (size_t round = 0; round < rounds; ++round) {
        struct run run = { 1 + roll(&dice, CAPACITY), 1000 + round, round % 3, true, 0, 0, 0, 0 };
        pthread_t producer_thread;

        the_end(NULL);
        an_open_queue(NULL);
        producer_thread = started(produce, &run);
        if (roll(&dice, 2) == 0)
            ringc_yield();
        consume(&run);
        joined(producer_thread);
        REQUIRE(run.received + dropped_so_far() == run.messages);
    }
}

static void closed_by_a_third_thread_every_push_that_succeeded_counts(void **state)
{
    const size_t rounds = 5 + stress_messages() / 200;

    (void)state;
    for (size_t round = 0; round < rounds; ++round) {
        struct run run = { SIZE_MAX / 2, 5000 + round, STYLES, false, 0, 0, 0, 0 };
        pthread_t threads[2];

        the_end(NULL);
        an_open_queue(NULL);
        threads[0] = started(consume, &run);
        threads[1] = started(produce, &run);
        ringc_sleep_ns(MS / 4);
        Q(close)(ch);
        joined(threads[0]);
        joined(threads[1]);
        REQUIRE(run.received + dropped_so_far() + Q(size)(ch) == run.pushed);
        while (run.received + dropped_so_far() < run.pushed) { /* left inside, in order */
            MESSAGE item;

            REQUIRE(Q(try_pop)(&c, &item) == RINGC_OK);
            receive(&run, &item);
        }
        assert_it_is_over();
    }
}

/* Handles that go from thread to thread; plain variables follow, for ThreadSanitizer to see. */
struct relay {
    uint64_t messages;
    uint64_t next_pushed;
    struct run run;
};

static void *produce_in_relay(void *arg)
{
    struct relay *relay = (struct relay *)arg;

    for (;;) {
        producer mine;
        bool done;

        if (Q(producer_open)(ch, &mine) != RINGC_OK) {
            ringc_yield();
            continue;
        }
        for (int i = 0; i < 7 && relay->next_pushed < relay->messages; ++i) {
            const MESSAGE item = message_of(relay->next_pushed);

            if (Q(try_push)(&mine, &item) != RINGC_OK)
                break;
            relay->next_pushed++;
        }
        done = relay->next_pushed == relay->messages;
        Q(producer_close)(&mine);
        if (done)
            break;
        ringc_yield();
    }
    Q(close)(ch);
    return NULL;
}

static void *consume_in_relay(void *arg)
{
    struct relay *relay = (struct relay *)arg;
    ringc_status status = RINGC_OK;

    while (status != RINGC_CLOSED) {
        consumer mine;
        MESSAGE item;

        if (Q(consumer_open)(ch, &mine) != RINGC_OK) {
            ringc_yield();
            continue;
        }
        for (int i = 0; i < 5 && (status = Q(try_pop)(&mine, &item)) == RINGC_OK; ++i)
            receive(&relay->run, &item);
        Q(consumer_close)(&mine);
        ringc_yield();
    }
    return NULL;
}

static void handles_that_pass_from_thread_to_thread_keep_order_and_count(void **state)
{
    struct relay relay;
    pthread_t threads[4];

    (void)state;
    memset(&relay, 0, sizeof relay);
    relay.messages = 100 + stress_messages() / 4;
    Q(producer_close)(&p);
    Q(consumer_close)(&c);
    for (size_t i = 0; i < 4; ++i)
        threads[i] = started(i % 2 ? produce_in_relay : consume_in_relay, &relay);
    for (size_t i = 0; i < 4; ++i)
        joined(threads[i]);
    assert_true(relay.run.received + dropped_so_far() == relay.messages);
    assert_status(Q(producer_open)(ch, &p), RINGC_OK);
    assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
}

#if QUEUE_EVICTS
#define IN_PLACE_STRESS_TEST
#else
#define IN_PLACE_STRESS_TEST TEST(two_threads_lose_double_and_tear_nothing_in_place),
#endif

#define STRESS_TESTS                                                                               \
    TEST(two_threads_lose_double_and_tear_nothing_with_calls_that_do_not_wait),                    \
        TEST(two_threads_lose_double_and_tear_nothing_with_calls_that_wait),                       \
        TEST(two_threads_lose_double_and_tear_nothing_in_batches),                                 \
        TEST(two_threads_lose_double_and_tear_nothing_with_all_verbs_mixed),                       \
        IN_PLACE_STRESS_TEST TEST(the_last_message_before_close_is_never_lost),                    \
        TEST(closed_by_a_third_thread_every_push_that_succeeded_counts),                           \
        TEST(handles_that_pass_from_thread_to_thread_keep_order_and_count)
