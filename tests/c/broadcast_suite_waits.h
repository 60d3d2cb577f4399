/*
 * Part of broadcast_suite.h: one side waits while the main thread does something to it. Times have
 * lower bounds only; a wait that nothing ends is caught by the watchdog.
 */

#define BRIEFLY MS /* long enough for another thread to fall asleep, mostly */

/* One blocking call, made by a thread of its own. */
struct waiter {
    bool publishes;   /* or receives */
    size_t way;       /* how: see wait_in_thread */
    uint64_t time_ns; /* for the calls that take one */
    uint32_t started;
    ringc_status status;
    MESSAGE message;
    uint64_t took_ns;
};

static struct waiter a_waiter(bool publishes, size_t way, uint64_t time_ns)
{
    struct waiter w;

    memset(&w, 0, sizeof w);
    w.publishes = publishes;
    w.way = way;
    w.time_ns = time_ns;
    w.status = RINGC_INVALID;
    w.message = message_of(ROOM);
    return w;
}

#if BROADCAST_BLOCKS
enum { PUBLISHES = 4 };

static ringc_status publish_by(producer *by, size_t way, const MESSAGE *message,
                               uint64_t timeout_ns)
{
    size_t done = 7;
    ringc_status status;

    switch (way) {
    case 0:
        return B(publish)(by, message);
    case 1:
        return B(publish_for)(by, message, timeout_ns);
    case 2:
        return B(publish_with)(by, message,
                               PRODUCERS_PARK ? ringc_wait_park(0) : ringc_wait_backoff(4));
    default:
        status = B(publish_n)(by, message, 1, &done);
        REQUIRE(done == (status == RINGC_OK));
        return status;
    }
}
#endif

/* Ways beyond the plain calls are `_with` each strategy. */
static void *wait_in_thread(void *arg)
{
    struct waiter *w = (struct waiter *)arg;
    const uint64_t start_ns = ringc_now_ns();

    RAISE_FLAG(&w->started);
#if BROADCAST_BLOCKS
    if (w->publishes) {
        producer mine = p; /* the main thread lends its handle until the join */

        w->status = w->way < PUBLISHES
                        ? publish_by(&mine, w->way, &w->message, w->time_ns)
                        : B(publish_with)(&mine, &w->message, strategies[w->way - PUBLISHES]);
        p = mine;
    }
#endif
    if (!w->publishes) {
        subscriber mine = s;

        w->status = w->way < RECVS ? recv_by(&mine, w->way, &w->message, w->time_ns)
                                   : B(recv_with)(&mine, &w->message, strategies[w->way - RECVS]);
        s = mine;
    }
    w->took_ns = ringc_now_ns() - start_ns;
    return NULL;
}

static bool may_wait(const struct waiter *w)
{
#if BROADCAST_BLOCKS
    if (w->publishes)
        return w->way < PUBLISHES || producer_may(strategies[w->way - PUBLISHES]);
#endif
    return w->way < RECVS || subscriber_may(strategies[w->way - RECVS]);
}

/* Runs one call in a thread, lets it wait for a while, and then does `act`. */
static void waits_until(struct waiter *w, void (*act)(void))
{
    pthread_t thread = started(wait_in_thread, w);

    await_flag(&w->started);
    ringc_sleep_ns(BRIEFLY);
    act();
    joined(thread);
}

static void close_it(void)
{
    B(close)(ch);
}

static void publish_17(void)
{
    REQUIRE(publish_number(17) == RINGC_OK);
}

static void a_recv_waits_until_a_message_comes(void **state)
{
    (void)state;
    for (size_t way = 0; way < RECVS + LENGTH_OF(strategies); ++way) {
        struct waiter w = a_waiter(false, way, RINGC_FOREVER);

        if (!may_wait(&w))
            continue;
        waits_until(&w, publish_17);
        assert_status(w.status, RINGC_OK);
        assert_message(&w.message, 17);
    }
}

/* Mistake 14. */
static void close_wakes_a_subscriber_that_waits(void **state)
{
    (void)state;
    for (size_t way = 0; way < RECVS + LENGTH_OF(strategies); ++way) {
        struct waiter w = a_waiter(false, way, RINGC_FOREVER);

        if (!may_wait(&w))
            continue;
        afresh();
        waits_until(&w, close_it);
        assert_status(w.status, RINGC_CLOSED);
    }
}

static void a_recv_times_out_when_its_time_is_over_and_not_before(void **state)
{
    static const uint64_t times_ns[] = { 0, 1, 1000, 3 * MS };
    MESSAGE message;

    (void)state;
    for (size_t i = 0; i < LENGTH_OF(times_ns); ++i) {
        const uint64_t start_ns = ringc_now_ns();

        assert_status(B(recv_for)(&s, &message, times_ns[i]), RINGC_TIMEOUT);
        assert_true(ringc_now_ns() - start_ns >= times_ns[i]);
        assert_counts(&s, 0, 0);
    }
    publish(1); /* and the next one is none the worse for it */
    assert_status(B(recv_for)(&s, &message, 0), RINGC_OK);
    assert_message(&message, 0);
}

static void a_recv_that_is_given_time_takes_what_comes_in_time(void **state)
{
    static const uint64_t times_ns[] = { PATIENCE_NS, RINGC_FOREVER - 1, RINGC_FOREVER };

    (void)state;
    for (size_t i = 0; i < LENGTH_OF(times_ns); ++i) {
        struct waiter w = a_waiter(false, 1, times_ns[i]);

        waits_until(&w, publish_17);
        assert_status(w.status, RINGC_OK);
        assert_message(&w.message, 17);
        assert_true(w.took_ns < PATIENCE_NS);
    }
}

static void on_signal(int number)
{
    (void)number;
}

static void catch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal; /* no SA_RESTART: system calls return EINTR */
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
}

static void disturb(pthread_t thread)
{
    for (int i = 0; i < 6; ++i) {
        ringc_sleep_ns(MS / 2);
        pthread_kill(thread, SIGUSR1);
    }
}

static void a_signal_neither_ends_nor_shortens_a_recv(void **state)
{
    (void)state;
    catch_signals();
    for (size_t way = 0; way < 2; ++way) {
        struct waiter w = a_waiter(false, way, 8 * MS);
        pthread_t thread = started(wait_in_thread, &w);

        await_flag(&w.started);
        disturb(thread);
        if (way == 0)
            publish_17();
        joined(thread);
        assert_status(w.status, way == 0 ? RINGC_OK : RINGC_TIMEOUT);
        assert_true(way == 0 || w.took_ns >= 8 * MS);
    }
}

/* Several sleep on one word: all have to hear of each message. */
static void *recv_a_few(void *arg)
{
    subscriber *by = (subscriber *)arg;
    MESSAGE message;

    for (uint32_t number = 0; number < 20; ++number) {
        REQUIRE(B(recv)(by, &message) == RINGC_OK);
        REQUIRE(is_message(&message, number));
    }
    REQUIRE(B(recv)(by, &message) == RINGC_CLOSED);
    return NULL;
}

static void one_message_wakes_all_subscribers_that_wait_for_it(void **state)
{
    subscriber more[SUBSCRIBERS];
    pthread_t threads[SUBSCRIBERS];

    (void)state;
    for (size_t i = 1; i < SUBSCRIBERS; ++i) {
        assert_status(B(subscribe)(ch, &more[i], FOLLOWED), RINGC_OK);
        threads[i] = started(recv_a_few, &more[i]);
    }
    for (uint32_t number = 0; number < 20; ++number) {
        bool waiting = true;

        ringc_sleep_ns(number % 4 == 0 ? BRIEFLY : 0);
        while (publish_number(number) == RINGC_FULL)
            ringc_yield();
        while (waiting) { /* nobody may lag, so the next message comes when all have this one */
            waiting = false;
            for (size_t i = 1; i < SUBSCRIBERS; ++i) {
                const ringc_seq at =
                    __atomic_load_n(&ch->places[more[i].place.index].cursor, __ATOMIC_ACQUIRE);

                waiting = waiting || at - first_sequence <= number;
            }
            ringc_yield();
        }
        receive_from(&s, number, 1);
    }
    ringc_sleep_ns(BRIEFLY);
    B(close)(ch);
    for (size_t i = 1; i < SUBSCRIBERS; ++i) {
        joined(threads[i]);
        B(unsubscribe)(&more[i]);
    }
}

/* ---- Waiting for an upstream --------------------------------------------------------------- */

static subscriber upstream;

static void release_one(void)
{
    MESSAGE message;

    REQUIRE(B(try_recv)(&upstream, &message) == RINGC_OK);
    REQUIRE(B(release)(&upstream, 1) == RINGC_OK);
}

static void leave_upstream(void)
{
    B(unsubscribe)(&upstream);
}

static void a_dependant_waits_until_its_upstream_has_released(void **state)
{
    ringc_place place;

    (void)state;
    assert_status(B(subscribe)(ch, &upstream, FOLLOWED | RINGC_HOLDING), RINGC_OK);
    place = B(place)(&upstream);
    B(follow)(&s, &place, 1);
    for (size_t way = 0; way < RECVS + LENGTH_OF(strategies); ++way) {
        struct waiter w = a_waiter(false, way, RINGC_FOREVER);
        const uint64_t start_ns = ringc_now_ns();

        if (!may_wait(&w))
            continue;
        publish(1);
        waits_until(&w, release_one);
        assert_status(w.status, RINGC_OK);
        assert_message(&w.message, published - 1);
        assert_true(ringc_now_ns() - start_ns >= BRIEFLY);
    }
    publish(1);
    {
        struct waiter w = a_waiter(false, 0, 0);

        waits_until(&w, leave_upstream);
        assert_status(w.status, RINGC_OK);
        assert_message(&w.message, published - 1);
    }
    B(follow)(&s, NULL, 0);
}

static void a_dependant_times_out_and_hears_of_the_close(void **state)
{
    static const uint64_t times_ns[] = { 0, 1000, 2 * MS };
    ringc_place place;
    MESSAGE message;

    (void)state;
    assert_status(B(subscribe)(ch, &upstream, FOLLOWED | RINGC_HOLDING), RINGC_OK);
    place = B(place)(&upstream);
    B(follow)(&s, &place, 1);
    publish(1);
    for (size_t i = 0; i < LENGTH_OF(times_ns); ++i) {
        const uint64_t start_ns = ringc_now_ns();

        assert_status(B(recv_for)(&s, &message, times_ns[i]), RINGC_TIMEOUT);
        assert_true(ringc_now_ns() - start_ns >= times_ns[i]);
    }
    release_one();
    receive_from(&s, 0, 1);
    for (size_t way = 0; way < RECVS; ++way) {
        struct waiter w = a_waiter(false, way, RINGC_FOREVER);

        if (way == 0)
            waits_until(&w, close_it);
        else
            wait_in_thread(&w);
        assert_status(w.status, RINGC_CLOSED);
    }
    B(unsubscribe)(&upstream);
}

static void a_dependant_whose_upstream_holds_a_message_hears_of_the_close(void **state)
{
    ringc_place place;

    (void)state;
    assert_status(B(subscribe)(ch, &upstream, FOLLOWED | RINGC_HOLDING), RINGC_OK);
    place = B(place)(&upstream);
    B(follow)(&s, &place, 1);
    publish(1);
    B(close)(ch);
    for (size_t way = 0; way < RECVS; ++way) {
        struct waiter w = a_waiter(false, way, RINGC_FOREVER);

        wait_in_thread(&w);
        assert_status(w.status, RINGC_EMPTY);
    }
    release_one();
    receive_from(&s, 0, 1);
    B(unsubscribe)(&upstream);
}

/* ---- Waiting for room ---------------------------------------------------------------------- */

#if BROADCAST_BLOCKS

static void recv_0(void)
{
    receive_from(&s, 0, 1);
}

static void release_0(void)
{
    const MESSAGE *shown;

    REQUIRE(B(peek)(&s, &shown) == RINGC_OK);
    REQUIRE(B(release)(&s, 1) == RINGC_OK);
}

static void recv_n_0(void)
{
    MESSAGE message;
    size_t done;

    REQUIRE(B(try_recv_n)(&s, &message, 1, &done) == RINGC_OK);
}

static void drain_0(void)
{
    REQUIRE(B(drain_group)(&s, 1, NULL, 0) == RINGC_OK);
}

static void leave(void)
{
    B(unsubscribe)(&s);
}

static void let_it_go(void)
{
    REQUIRE(B(let_go)(ch, B(place)(&s)) == RINGC_OK);
}

static void a_publish_waits_until_there_is_room(void **state)
{
    (void)state;
    for (size_t way = 0; way < PUBLISHES + LENGTH_OF(strategies); ++way) {
        struct waiter w = a_waiter(true, way, RINGC_FOREVER);

        if (!may_wait(&w))
            continue;
        afresh();
        publish(ROOM);
        waits_until(&w, recv_0);
        assert_status(w.status, RINGC_OK);
        receive_from(&s, 1, ROOM);
    }
}

/* Mistake 11 is among them. */
static void whatever_frees_a_slot_wakes_a_producer_that_waits(void **state)
{
    static void (*const acts[])(void) = { recv_0, release_0, recv_n_0, drain_0, leave, let_it_go };

    (void)state;
    for (size_t i = 0; i < LENGTH_OF(acts); ++i) {
        struct waiter w = a_waiter(true, 0, 0);

        afresh();
        publish(ROOM);
        waits_until(&w, acts[i]);
        assert_status(w.status, RINGC_OK);
        assert_true(B(published)(ch) == ROOM + 1);
    }
}

/* Mistake 14. */
static void close_wakes_a_producer_that_waits_and_nothing_of_its_publish_goes_in(void **state)
{
    (void)state;
    for (size_t way = 0; way < PUBLISHES + LENGTH_OF(strategies); ++way) {
        struct waiter w = a_waiter(true, way, RINGC_FOREVER);

        if (!may_wait(&w))
            continue;
        afresh();
        publish(ROOM);
        waits_until(&w, close_it);
        assert_status(w.status, RINGC_CLOSED);
        receive_from(&s, 0, ROOM);
        assert_it_is_over(&s);
    }
}

static void a_publish_times_out_when_its_time_is_over_and_not_before(void **state)
{
    static const uint64_t times_ns[] = { 0, 1, 1000, 3 * MS };
    const MESSAGE message = message_of(99);

    (void)state;
    publish(ROOM);
    for (size_t i = 0; i < LENGTH_OF(times_ns); ++i) {
        const uint64_t start_ns = ringc_now_ns();

        assert_status(B(publish_for)(&p, &message, times_ns[i]), RINGC_TIMEOUT);
        assert_true(ringc_now_ns() - start_ns >= times_ns[i]);
        assert_true(B(published)(ch) == ROOM);
    }
    receive_from(&s, 0, ROOM);
    publish(1);
    receive_from(&s, ROOM, 1);
}

static void a_signal_does_not_end_the_wait_of_a_publish(void **state)
{
    struct waiter w = a_waiter(true, 1, 8 * MS);
    pthread_t thread;

    (void)state;
    catch_signals();
    publish(ROOM);
    thread = started(wait_in_thread, &w);
    await_flag(&w.started);
    disturb(thread);
    joined(thread);
    assert_status(w.status, RINGC_TIMEOUT);
    assert_true(w.took_ns >= 8 * MS);
    receive_from(&s, 0, ROOM);
}

#if BROADCAST_MULTI
/* One slot that comes free is heard of by all who wait for one. */
static void *publish_one(void *arg)
{
    const MESSAGE message = message_of(1000);
    producer mine;

    REQUIRE(B(producer_open)(ch, &mine) == RINGC_OK);
    *(ringc_status *)arg = B(publish)(&mine, &message);
    B(producer_close)(&mine);
    return NULL;
}

static void several_producers_that_wait_all_go_on(void **state)
{
    ringc_status statuses[3];
    pthread_t threads[3];

    (void)state;
    for (int closes = 0; closes < 2; ++closes) {
        afresh();
        publish(ROOM);
        for (size_t i = 0; i < 3; ++i)
            threads[i] = started(publish_one, &statuses[i]);
        ringc_sleep_ns(2 * BRIEFLY);
        if (closes)
            B(close)(ch);
        else
            for (size_t i = 0; i < ROOM + 3; ++i) {
                MESSAGE message;

                assert_status(B(recv)(&s, &message), RINGC_OK);
                assert_message(&message, i < ROOM ? (uint32_t)i : 1000);
                ringc_sleep_ns(BRIEFLY / 4);
            }
        for (size_t i = 0; i < 3; ++i) {
            joined(threads[i]);
            assert_status(statuses[i], closes ? RINGC_CLOSED : RINGC_OK);
        }
    }
}
#define PRODUCERS_TEST TEST(several_producers_that_wait_all_go_on),
#else
#define PRODUCERS_TEST
#endif

/* A batch of four times the capacity, published by a thread of its own. */
struct batch {
    MESSAGE messages[4 * CAPACITY];
    uint32_t started;
    ringc_status status;
    size_t done;
};

static void *publish_batch_in_thread(void *arg)
{
    struct batch *batch = (struct batch *)arg;
    producer mine = p;

    RAISE_FLAG(&batch->started);
    batch->status = B(publish_n)(&mine, batch->messages, LENGTH_OF(batch->messages), &batch->done);
    p = mine;
    return NULL;
}

/* Mistake 10: a batch that goes round the backpressure. */
static void a_batch_larger_than_the_ring_goes_in_whole_and_in_order(void **state)
{
    static struct batch batch;
    pthread_t thread;

    (void)state;
    memset(&batch, 0, sizeof batch);
    messages_of(batch.messages, LENGTH_OF(batch.messages), 0);
    thread = started(publish_batch_in_thread, &batch);
    await_flag(&batch.started);
    for (uint32_t number = 0; number < LENGTH_OF(batch.messages); ++number) {
        MESSAGE message;

        REQUIRE(B(recv)(&s, &message) == RINGC_OK);
        REQUIRE(is_message(&message, number));
        REQUIRE(B(pending)(&s) <= ROOM);
        if (number % 7 == 0)
            ringc_sleep_ns(MS / 4);
    }
    joined(thread);
    assert_status(batch.status, RINGC_OK);
    assert_int_equal(batch.done, LENGTH_OF(batch.messages));
    assert_nothing_for(&s);
}

static void close_ends_a_batch_that_waits_and_tells_how_many_went_in(void **state)
{
    static struct batch batch;
    pthread_t thread;

    (void)state;
    memset(&batch, 0, sizeof batch);
    messages_of(batch.messages, LENGTH_OF(batch.messages), 0);
    thread = started(publish_batch_in_thread, &batch);
    await_flag(&batch.started);
    while (B(published)(ch) < ROOM)
        ringc_yield();
    ringc_sleep_ns(BRIEFLY);
    B(close)(ch);
    joined(thread);
    assert_status(batch.status, RINGC_CLOSED);
    assert_int_equal(batch.done, ROOM);
    receive_from(&s, 0, ROOM);
    assert_it_is_over(&s);
}

#endif /* BROADCAST_BLOCKS */

/* ---- Sleeping ------------------------------------------------------------------------------ */

#if SUBSCRIBERS_PARK

/* Waits until who sleeps on `parked` has announced it, and gives it time to fall asleep. */
static void await_sleeper(uint32_t *parked)
{
    while (!IS_RAISED(parked) || !IS_RAISED(&futex_waits))
        ringc_yield();
    ringc_sleep_ns(A_WHILE);
}

static void a_sleeper_costs_one_wake_up_and_those_awake_none(void **state)
{
    static const size_t ways[] = { 0, 1, 3, 4, 0 }; /* of recv_by, all that park */

    (void)state;
    for (size_t i = 0; i < LENGTH_OF(ways); ++i) {
        struct waiter w = a_waiter(false, ways[i], RINGC_FOREVER);
        pthread_t thread;

        afresh();
        thread = started(wait_in_thread, &w);
        await_sleeper(&ch->subscriber_parked);
        publish_17();
        joined(thread);
        assert_status(w.status, RINGC_OK);
        assert_int_equal(futex_wakes, 1);
        for (size_t k = 0; k < 3; ++k) {
            publish_17();
            receive_from(&s, 17, 1);
        }
        assert_int_equal(futex_wakes, 1);
    }
}

static void a_wake_up_for_nothing_does_not_end_a_wait(void **state)
{
    (void)state;
    for (size_t way = 0; way < 2; ++way) {
        struct waiter w = a_waiter(false, way, 8 * MS);
        pthread_t thread = started(wait_in_thread, &w);

        await_flag(&w.started);
        for (int i = 0; i < 6; ++i) {
            ringc_sleep_ns(MS / 2);
            if (i % 2 == 0)
                __atomic_store_n(&ch->subscriber_parked, 0u, __ATOMIC_RELAXED); /* a late waker */
            __real_ringc_futex_wake(&ch->subscriber_parked, 1, init_flags);
        }
        if (way == 0)
            publish_17();
        joined(thread);
        assert_status(w.status, way == 0 ? RINGC_OK : RINGC_TIMEOUT);
        assert_true(way == 0 || w.took_ns >= 8 * MS);
    }
}

static void the_futex_is_shared_between_processes_only_where_init_says_so(void **state)
{
    const uint32_t as_it_was = init_flags;

    (void)state;
    for (uint32_t flags = 0; flags <= RINGC_SHARED; flags += RINGC_SHARED) {
        struct waiter w = a_waiter(false, 0, 0);
        pthread_t thread;

        init_flags = flags;
        afresh();
        futex_flags = 77;
        thread = started(wait_in_thread, &w);
        await_sleeper(&ch->subscriber_parked);
        publish_17();
        joined(thread);
        assert_int_equal(futex_flags, flags);
    }
    init_flags = as_it_was;
}

#if BROADCAST_BLOCKS
static void a_producer_that_sleeps_is_woken_once(void **state)
{
    (void)state;
    for (size_t way = 0; way < PUBLISHES; ++way) {
        struct waiter w = a_waiter(true, way, RINGC_FOREVER);
        pthread_t thread;

        afresh();
        publish(ROOM);
        thread = started(wait_in_thread, &w);
        await_sleeper(&ch->producer_parked);
        receive_from(&s, 0, 1);
        joined(thread);
        assert_status(w.status, RINGC_OK);
        assert_int_equal(futex_wakes, 1);
        receive_from(&s, 1, ROOM);
        assert_int_equal(futex_wakes, 1);
    }
}
#define SLEEPING_PRODUCER_TEST TEST(a_producer_that_sleeps_is_woken_once),
#else
#define SLEEPING_PRODUCER_TEST
#endif

#define PARK_TESTS                                                                                 \
    SLEEPING_PRODUCER_TEST TEST(a_sleeper_costs_one_wake_up_and_those_awake_none),                 \
        TEST(a_wake_up_for_nothing_does_not_end_a_wait),                                           \
        TEST(the_futex_is_shared_between_processes_only_where_init_says_so),
#else
#define PARK_TESTS
#endif

static void a_subscriber_told_to_wait_without_parking_makes_no_futex_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(strategies); ++i) {
        struct waiter w = a_waiter(false, RECVS + i, 0);

        if (strategies[i].strategy == RINGC_PARK)
            continue;
        waits_until(&w, publish_17);
        assert_status(w.status, RINGC_OK);
        assert_int_equal(futex_waits, 0);
        assert_int_equal(futex_wakes, 0);
    }
}

/* ---- Memory ------------------------------------------------------------------------------- */

static void works_in_memory(void *where, size_t bytes)
{
    channel *other = (channel *)where;
    producer op;
    subscriber os;
    MESSAGE message;

    memset(where, 0xff, bytes);
    assert_status(B(init_at)(other, init_flags, first_sequence), RINGC_OK);
    assert_status(B(producer_open)(other, &op), RINGC_OK);
    assert_status(B(subscribe)(other, &os, PLAIN_READING), RINGC_OK);
    for (uint32_t number = 0; number < 5 * CAPACITY; ++number) {
        message = message_of(number);
        assert_status(B(publish)(&op, &message), RINGC_OK);
        message = message_of(0);
        assert_status(B(recv)(&os, &message), RINGC_OK);
        assert_message(&message, number);
    }
    B(producer_close)(&op);
    B(unsubscribe)(&os);
    B(close)(other);
    B(destroy)(other);
    dropped = 0;
}

static void the_memory_may_be_on_the_heap_or_mapped(void **state)
{
    void *where = aligned_alloc(RINGC_ALIGNOF(channel), sizeof(channel));

    (void)state;
    assert_non_null(where);
    works_in_memory(where, sizeof(channel));
    free(where);
    where = mmap(NULL, sizeof(channel), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(where != MAP_FAILED);
    works_in_memory(where, sizeof(channel));
    munmap(where, sizeof(channel));
}

#if BROADCAST_BLOCKS
#define BLOCK_WAIT_TESTS                                                                           \
    TEST(a_publish_waits_until_there_is_room),                                                     \
        TEST(whatever_frees_a_slot_wakes_a_producer_that_waits),                                   \
        TEST(close_wakes_a_producer_that_waits_and_nothing_of_its_publish_goes_in),                \
        TEST(a_publish_times_out_when_its_time_is_over_and_not_before),                            \
        TEST(a_signal_does_not_end_the_wait_of_a_publish),                                         \
        PRODUCERS_TEST TEST(a_batch_larger_than_the_ring_goes_in_whole_and_in_order),              \
        TEST(close_ends_a_batch_that_waits_and_tells_how_many_went_in),
#else
#define BLOCK_WAIT_TESTS
#endif

#define WAIT_TESTS                                                                                 \
    TEST(a_recv_waits_until_a_message_comes), TEST(close_wakes_a_subscriber_that_waits),           \
        TEST(a_recv_times_out_when_its_time_is_over_and_not_before),                               \
        TEST(a_recv_that_is_given_time_takes_what_comes_in_time),                                  \
        TEST(a_signal_neither_ends_nor_shortens_a_recv),                                           \
        TEST(one_message_wakes_all_subscribers_that_wait_for_it),                                  \
        TEST(a_dependant_waits_until_its_upstream_has_released),                                   \
        TEST(a_dependant_times_out_and_hears_of_the_close),                                        \
        TEST(a_dependant_whose_upstream_holds_a_message_hears_of_the_close),                       \
        BLOCK_WAIT_TESTS PARK_TESTS TEST(                                                          \
            a_subscriber_told_to_wait_without_parking_makes_no_futex_call),                        \
        TEST(the_memory_may_be_on_the_heap_or_mapped)
