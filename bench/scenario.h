/*
 * One scenario: three queues of one message type and one capacity, each with a producer and a
 * consumer thread. Included once per scenario, with
 *     SCENARIO    name of the generated channel, such as m8_1k
 *     MESSAGE     name of its message, such as m8
 *     CAPACITY    its slots
 *     BYTES       of a message
 * It defines scenario_SCENARIO, a table of three contestants. No include guard, on purpose.
 *
 * All three wait in the same way where they spin (one pause a round), keep what they can in
 * registers, start empty, and carry the same messages: the number of the message in every word.
 */
#define PASTE_(a, b)  a##b
#define PASTE(a, b)   PASTE_(a, b)
#define LOCAL(name)   PASTE(PASTE(SCENARIO, _), name)
#define CHANNEL(name) PASTE(PASTE(PASTE(bench_, SCENARIO), _), name)
#define CHANNEL_TYPE  PASTE(bench_, SCENARIO)
#define MESSAGE_TYPE  PASTE(bench_, MESSAGE)

static inline MESSAGE_TYPE LOCAL(make)(uint64_t number)
{
    MESSAGE_TYPE message;
    uint64_t *words = (uint64_t *)(void *)&message;

    for (size_t i = 0; i < BYTES / 8; i++)
        words[i] = number;
    return message;
}

/* 0 if every word of the message is `number`. */
static inline uint64_t LOCAL(difference)(const MESSAGE_TYPE *message, uint64_t number)
{
    const uint64_t *words = (const uint64_t *)(const void *)message;
    uint64_t difference = 0;

    for (size_t i = 0; i < BYTES / 8; i++)
        difference |= words[i] ^ number;
    return difference;
}

/* ---- ours: the generated queue ------------------------------------------------------------ */

static CHANNEL_TYPE LOCAL(ours);

static void LOCAL(ours_reset)(void)
{
    memset(&LOCAL(ours), 0, sizeof LOCAL(ours)); /* and every page is there */
    check(CHANNEL(init)(&LOCAL(ours), 0) == RINGC_OK, "init");
}

static void LOCAL(ours_produce)(uint64_t n)
{
    CHANNEL(producer) p;

    check(CHANNEL(producer_open)(&LOCAL(ours), &p) == RINGC_OK, "producer_open");
    for (uint64_t i = 0; i < n; i++) {
        const MESSAGE_TYPE message = LOCAL(make)(i);

        while (CHANNEL(try_push)(&p, &message) != RINGC_OK)
            ringc_pause();
    }
    CHANNEL(producer_close)(&p);
}

static uint64_t LOCAL(ours_consume)(uint64_t from, uint64_t n)
{
    CHANNEL(consumer) c;
    uint64_t wrong = 0;

    check(CHANNEL(consumer_open)(&LOCAL(ours), &c) == RINGC_OK, "consumer_open");
    for (uint64_t i = from; i < from + n; i++) {
        MESSAGE_TYPE message;

        while (CHANNEL(try_pop)(&c, &message) != RINGC_OK)
            ringc_pause();
        wrong |= LOCAL(difference)(&message, i);
    }
    CHANNEL(consumer_close)(&c);
    return wrong;
}

/* ---- plain: the ring of the textbook, which reads the other side's index every time --------- */

static struct {
    RINGC_ALIGNAS(128) uint64_t tail;
    RINGC_ALIGNAS(128) uint64_t head;
    RINGC_ALIGNAS(128) MESSAGE_TYPE slots[CAPACITY];
} LOCAL(plain);

static void LOCAL(plain_reset)(void)
{
    memset(&LOCAL(plain), 0, sizeof LOCAL(plain));
}

static void LOCAL(plain_produce)(uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        const MESSAGE_TYPE message = LOCAL(make)(i);

        while (i - __atomic_load_n(&LOCAL(plain).head, __ATOMIC_ACQUIRE) == CAPACITY)
            ringc_pause();
        LOCAL(plain).slots[i % CAPACITY] = message;
        __atomic_store_n(&LOCAL(plain).tail, i + 1, __ATOMIC_RELEASE);
    }
}

static uint64_t LOCAL(plain_consume)(uint64_t from, uint64_t n)
{
    uint64_t wrong = 0;

    for (uint64_t i = from; i < from + n; i++) {
        MESSAGE_TYPE message;

        while (__atomic_load_n(&LOCAL(plain).tail, __ATOMIC_ACQUIRE) == i)
            ringc_pause();
        message = LOCAL(plain).slots[i % CAPACITY];
        __atomic_store_n(&LOCAL(plain).head, i + 1, __ATOMIC_RELEASE);
        wrong |= LOCAL(difference)(&message, i);
    }
    return wrong;
}

/* ---- locked: a mutex and a condition variable, signalled only when somebody waits ---------- */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* one will do: a ring is not full and empty at once */
    uint64_t tail;
    uint64_t head;
    bool waiting;
    RINGC_ALIGNAS(128) MESSAGE_TYPE slots[CAPACITY];
} LOCAL(locked);

static void LOCAL(locked_reset)(void)
{
    memset(&LOCAL(locked), 0, sizeof LOCAL(locked));
    pthread_mutex_init(&LOCAL(locked).mutex, NULL);
    pthread_cond_init(&LOCAL(locked).changed, NULL);
}

/* With the mutex held: sleeps until the other side has changed something. */
static void LOCAL(locked_wait)(void)
{
    LOCAL(locked).waiting = true;
    pthread_cond_wait(&LOCAL(locked).changed, &LOCAL(locked).mutex);
}

/* Gives the mutex up, and wakes the other side if it sleeps. */
static void LOCAL(locked_leave)(void)
{
    const bool waiting = LOCAL(locked).waiting;

    LOCAL(locked).waiting = false;
    pthread_mutex_unlock(&LOCAL(locked).mutex);
    if (waiting)
        pthread_cond_signal(&LOCAL(locked).changed);
}

static void LOCAL(locked_produce)(uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        const MESSAGE_TYPE message = LOCAL(make)(i);

        pthread_mutex_lock(&LOCAL(locked).mutex);
        while (LOCAL(locked).tail - LOCAL(locked).head == CAPACITY)
            LOCAL(locked_wait)();
        LOCAL(locked).slots[LOCAL(locked).tail++ % CAPACITY] = message;
        LOCAL(locked_leave)();
    }
}

static uint64_t LOCAL(locked_consume)(uint64_t from, uint64_t n)
{
    uint64_t wrong = 0;

    for (uint64_t i = from; i < from + n; i++) {
        MESSAGE_TYPE message;

        pthread_mutex_lock(&LOCAL(locked).mutex);
        while (LOCAL(locked).tail == LOCAL(locked).head)
            LOCAL(locked_wait)();
        message = LOCAL(locked).slots[LOCAL(locked).head++ % CAPACITY];
        LOCAL(locked_leave)();
        wrong |= LOCAL(difference)(&message, i);
    }
    return wrong;
}

/* ---- the table ------------------------------------------------------------------------------ */

static const struct contestant PASTE(scenario_, SCENARIO)[CONTESTANTS] = {
    { LOCAL(ours_reset), LOCAL(ours_produce), LOCAL(ours_consume), LOCK_FREE_MESSAGES },
    { LOCAL(plain_reset), LOCAL(plain_produce), LOCAL(plain_consume), LOCK_FREE_MESSAGES },
    { LOCAL(locked_reset), LOCAL(locked_produce), LOCAL(locked_consume), LOCKED_MESSAGES },
};

#undef PASTE_
#undef PASTE
#undef LOCAL
#undef CHANNEL
#undef CHANNEL_TYPE
#undef MESSAGE_TYPE
#undef SCENARIO
#undef MESSAGE
#undef CAPACITY
#undef BYTES
