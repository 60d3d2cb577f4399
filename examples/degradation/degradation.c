/*
 * degradation: a feed that goes on when a reader is slow, and when one is dead. One publisher at a
 * steady rate and three readers on one broadcast channel:
 *
 *     publisher --feed--+--> steady   (gating: gets every message, keeps up)
 *                       +--> sleepy   (gating: gets every message, until it stops reading)
 *                       +--> observer (lossy: looks four times a second)
 *
 * See README.md, and schemas/degradation.yaml for the channel.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "degradation/degradation.h"

#define NS_PER_MS UINT64_C(1000000)

enum {
    PERIOD_US = 500, /* from one message to the next */
    LOOK_MS =
        250,      /* from one look of the observer to the next: more messages than the ring holds */
    BEAT_MS = 10, /* a reader that has nothing to do says at least so often that it lives */
    TIMEOUT_MS = 100,    /* what the publisher waits for room before it looks who holds it */
    SILENT_TIMEOUTS = 4, /* so many in a row without a beat: dead */

    WELL = 2000,  /* messages until the sleepy reader stops reading */
    ALONE = 1000, /* that follow after it has been let go */
    AGAIN = 500   /* that follow after it has been woken */
};

enum { STEADY, SLEEPY, OBSERVER, READERS };

/* What a reader says of itself. Plain numbers: in memory that processes share, it would look the
 * same. */
struct pulse {
    uint64_t received; /* messages before this number are given back */
    uint64_t beats;    /* grows as long as it lives */
};

struct reader {
    const char *name;
    degradation_feed_subscriber feed; /* subscribed before the first message */
    ringc_place place;                /* by which it can be let go */
    pthread_t thread;
    _Alignas(128) struct pulse pulse; /* written by the reader, read by the publisher */

    /* What it got. For others to read once the thread has been joined. */
    _Alignas(128) uint64_t next_number; /* the least that the next message may have */
    uint64_t gaps;                      /* numbers that were missing between messages */
    uint64_t backward;                  /* messages whose number was not above the one before */
    uint64_t taken;
    uint64_t told;     /* times that it got RINGC_LAGGED */
    uint64_t told_sum; /* and the messages that it was told of */
    uint64_t received; /* by the ring's count */
    uint64_t lagged;
};

struct publisher {
    degradation_feed_producer feed;
    uint64_t published;
    uint64_t next_ns;       /* when the next message is due */
    uint64_t worst_ns;      /* that a publish took since this was last set to 0 */
    uint64_t worst_busy_ns; /* of these, on a processor: the rest it waited, or others ran */
    uint64_t refused;       /* publishes that had to wait, since this was last set to 0 */
    uint64_t full_at;       /* messages published when the publisher let a reader go */
    uint64_t let_go;        /* readers */
};

/* Alive as long as any thread. */
static degradation_feed feed;
static struct reader readers[READERS] = { { .name = "steady" },
                                          { .name = "sleepy" },
                                          { .name = "observer" } };
static struct publisher publisher;
static bool woken; /* the sleepy reader is to go on */

static void sleep_ns(uint64_t ns)
{
    struct timespec time = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

    nanosleep(&time, NULL);
}

/* Time that this thread has spent on a processor. */
static uint64_t busy_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* ---- readers ------------------------------------------------------------------------------ */

static void beat(struct reader *reader)
{
    __atomic_store_n(&reader->pulse.beats, reader->pulse.beats + 1, __ATOMIC_RELAXED);
}

/* Counts a message and what is missing before it. */
static void count(struct reader *reader, const degradation_update *update)
{
    if (update->number < reader->next_number)
        reader->backward++;
    else
        reader->gaps += update->number - reader->next_number;
    reader->next_number = update->number + 1;
    reader->taken++;
    __atomic_store_n(&reader->pulse.received, reader->next_number, __ATOMIC_RELAXED);
    beat(reader);
}

static void told(struct reader *reader, const degradation_feed_subscriber *subscriber)
{
    reader->told++;
    reader->told_sum += degradation_feed_missed(subscriber);
}

static void leave(struct reader *reader, degradation_feed_subscriber *subscriber)
{
    reader->received = degradation_feed_received(subscriber);
    reader->lagged = degradation_feed_lagged(subscriber);
    degradation_feed_unsubscribe(subscriber);
}

/* Stops reading, and gives no sign of life, until it is woken. For the publisher that is a dead
 * reader. */
static void play_dead(void)
{
    while (!__atomic_load_n(&woken, __ATOMIC_ACQUIRE))
        sleep_ns(NS_PER_MS);
}

/* A thread that gates. The sleepy one stops in the middle. */
static void *read_all(void *arg)
{
    struct reader *reader = arg;
    degradation_feed_subscriber subscriber = reader->feed; /* from here on, this thread's */
    degradation_update update;
    ringc_status status;

    while ((status = degradation_feed_recv_for(&subscriber, &update, BEAT_MS * NS_PER_MS)) !=
           RINGC_CLOSED) {
        if (status == RINGC_OK)
            count(reader, &update);
        else if (status == RINGC_LAGGED)
            told(reader, &subscriber); /* it was let go; the next call goes on with the oldest */
        else
            beat(reader); /* RINGC_TIMEOUT: nothing to do, and alive */
        if (reader == &readers[SLEEPY] && status == RINGC_OK && reader->taken == WELL)
            play_dead();
    }
    leave(reader, &subscriber);
    return NULL;
}

/* A degradation_feed_handler. */
static void observe(void *arg, const degradation_update *update, bool end_of_batch)
{
    (void)end_of_batch;
    count(arg, update);
}

/* The thread of the observer: lossy, and slower than the feed. */
static void *look_now_and_then(void *arg)
{
    struct reader *reader = arg;
    degradation_feed_subscriber subscriber = reader->feed;
    ringc_status status;

    while ((status = degradation_feed_drain(&subscriber, observe, reader)) != RINGC_CLOSED) {
        if (status == RINGC_LAGGED)
            told(reader, &subscriber); /* the next call goes on with the oldest that is there */
        else if (!degradation_feed_is_closed(&feed))
            sleep_ns(LOOK_MS * NS_PER_MS);
    }
    leave(reader, &subscriber);
    return NULL;
}

/* ---- the publisher ------------------------------------------------------------------------ */

/* What the publisher remembers of those that gate while it cannot go on. */
struct suspicion {
    uint64_t beats[READERS];
    unsigned silent[READERS]; /* timeouts in a row without a beat */
    bool let_go;              /* one was let go ... */
    unsigned in_vain;         /* ... and so many timeouts came after it */
};

/* Whether a reader is the one that the full ring waits for: its cursor is a whole ring behind. */
static bool holds(const struct reader *reader)
{
    return publisher.published - __atomic_load_n(&reader->pulse.received, __ATOMIC_RELAXED) >=
           degradation_feed_capacity(&feed);
}

/* After a timeout: lets those go that hold the ring and have given no sign of life for long enough.
 */
static void let_the_dead_go(struct suspicion *suspicion)
{
    suspicion->in_vain += suspicion->let_go;
    for (int i = 0; i < OBSERVER; i++) {
        const uint64_t beats = __atomic_load_n(&readers[i].pulse.beats, __ATOMIC_RELAXED);

        if (!holds(&readers[i]) || beats != suspicion->beats[i])
            suspicion->silent[i] = 0;
        else
            suspicion->silent[i]++;
        suspicion->beats[i] = beats;
        if (suspicion->silent[i] < SILENT_TIMEOUTS)
            continue;
        if (degradation_feed_let_go(&feed, readers[i].place) != RINGC_OK)
            continue; /* it has left by itself */
        printf("           %s stands at %" PRIu64 " of %" PRIu64
               " without a sign of life: let go\n",
               readers[i].name, __atomic_load_n(&readers[i].pulse.received, __ATOMIC_RELAXED),
               publisher.published);
        publisher.full_at = publisher.published;
        publisher.let_go++;
        suspicion->let_go = true;
    }
}

/* Publishes one message, whatever becomes of the readers. False if letting one go made no room. */
static bool publish(void)
{
    struct suspicion suspicion = { { 0 }, { 0 }, false, 0 };
    degradation_update update = DEGRADATION_UPDATE_INIT;
    ringc_status status;
    uint64_t took_ns, busy_since_ns, spent_ns;

    update.number = publisher.published;
    update.published_ns = ringc_now_ns();
    busy_since_ns = busy_ns();
    status = degradation_feed_try_publish(&publisher.feed, &update);
    publisher.refused += status == RINGC_FULL;
    while ((status == RINGC_FULL || status == RINGC_TIMEOUT) &&
           suspicion.in_vain <= SILENT_TIMEOUTS) {
        if (status == RINGC_TIMEOUT)
            let_the_dead_go(&suspicion);
        status = degradation_feed_publish_for(&publisher.feed, &update, TIMEOUT_MS * NS_PER_MS);
    }
    spent_ns = busy_ns() - busy_since_ns; /* inside the other: never more */
    took_ns = ringc_now_ns() - update.published_ns;
    if (took_ns > publisher.worst_ns) {
        publisher.worst_ns = took_ns;
        publisher.worst_busy_ns = spent_ns;
    }
    publisher.published += status == RINGC_OK;
    if (status != RINGC_OK)
        fprintf(stderr, "degradation: publisher: %s, with %" PRIu64 " readers let go\n",
                ringc_status_name(status), publisher.let_go);
    return status == RINGC_OK;
}

/* Publishes at a steady rate until `end` messages are out. What was late is not made up for. */
static bool publish_until(uint64_t end)
{
    publisher.worst_ns = 0;
    publisher.refused = 0;
    publisher.next_ns = ringc_now_ns();
    while (publisher.published < end) {
        const uint64_t now_ns = ringc_now_ns();

        if (now_ns < publisher.next_ns)
            sleep_ns(publisher.next_ns - now_ns);
        else
            publisher.next_ns = now_ns;
        publisher.next_ns += PERIOD_US * 1000;
        if (!publish())
            return false;
    }
    return true;
}

static void print_act(const char *what)
{
    printf("%9" PRIu64 "  %s\n", publisher.published, what);
    printf(
        "           worst publish %.3f ms, %.3f ms of it on a processor; waited for room: %" PRIu64
        "\n",
        (double)publisher.worst_ns / 1e6, (double)publisher.worst_busy_ns / 1e6, publisher.refused);
    fflush(stdout);
}

/* The run, in acts. The ring holds what the sleepy reader never gave back, and then it is full. */
static bool perform(void)
{
    const uint64_t full = WELL + (uint64_t)degradation_feed_capacity(&feed);

    puts("published");
    if (!publish_until(WELL))
        return false;
    print_act("all read, the observer slowly: nobody waits for it");
    if (!publish_until(full))
        return false;
    print_act("sleepy reads no more: the ring has filled");
    if (!publish_until(full + 1))
        return false;
    print_act("the next one found no room until sleepy was let go");
    if (!publish_until(full + ALONE))
        return false;
    print_act("the others read on");
    __atomic_store_n(&woken, true, __ATOMIC_RELEASE);
    if (!publish_until(full + ALONE + AGAIN))
        return false;
    print_act("sleepy is awake again, and reads on, too");
    return true;
}

/* ---- what is true at the end -------------------------------------------------------------- */

static bool agree(const char *who, const char *what, uint64_t a, uint64_t b)
{
    if (a != b)
        fprintf(stderr, "degradation: %s: %s: %" PRIu64 " is not %" PRIu64 "\n", who, what, a, b);
    return a == b;
}

/* Whether a reader got or knowingly missed every message, and the messages' own numbers say the
 * same. */
static bool reader_agrees(const struct reader *reader)
{
    const uint64_t gaps = reader->gaps + (publisher.published - reader->next_number);
    bool good = agree(reader->name, "published, and received + lagged", publisher.published,
                      reader->received + reader->lagged);

    good &= agree(reader->name, "received, and taken", reader->received, reader->taken);
    good &= agree(reader->name, "lagged, and the gaps between numbers", reader->lagged, gaps);
    good &=
        agree(reader->name, "lagged, and what it was told of", reader->lagged, reader->told_sum);
    good &= agree(reader->name, "out of order", reader->backward, 0);
    return good;
}

static bool counts_agree(void)
{
    const uint64_t capacity = degradation_feed_capacity(&feed);
    bool good = agree("feed", "published, by the ring's count",
                      (uint64_t)degradation_feed_published(&feed), publisher.published);

    good &= agree("feed", "published in all", publisher.published, WELL + capacity + ALONE + AGAIN);
    good &= agree("publisher", "readers let go", publisher.let_go, 1);
    good &= agree("publisher", "messages when it stood still", publisher.full_at, WELL + capacity);
    for (int i = 0; i < READERS; i++)
        good &= reader_agrees(&readers[i]);
    good &= agree("steady", "lagged", readers[STEADY].lagged, 0);
    if (readers[SLEEPY].lagged < ALONE) { /* the ring held as many as were not overwritten */
        fprintf(stderr, "degradation: sleepy: missed only %" PRIu64 "\n", readers[SLEEPY].lagged);
        good = false;
    }
    return good;
}

static void print_readers(void)
{
    printf("\n%-20s %10s %10s %10s %10s\n", "reader", "published", "received", "lagged", "told");
    for (int i = 0; i < READERS; i++)
        printf("%-8s %-11s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %9" PRIu64 "x\n",
               readers[i].name, i == OBSERVER ? "(lossy)" : "(gating)", publisher.published,
               readers[i].received, readers[i].lagged, readers[i].told);
}

/* ---- the run ------------------------------------------------------------------------------ */

/* Makes the channel and subscribes all, so that each has every message either received or missed.
 */
static bool open_all(void)
{
    if (degradation_feed_init(&feed, 0) != RINGC_OK ||
        degradation_feed_producer_open(&feed, &publisher.feed) != RINGC_OK)
        return false;
    for (int i = 0; i < READERS; i++) {
        const uint32_t reading = i == OBSERVER ? RINGC_LOSSY : RINGC_GATING;

        if (degradation_feed_subscribe(&feed, &readers[i].feed, reading) != RINGC_OK)
            return false;
        readers[i].place = degradation_feed_place(&readers[i].feed);
    }
    return true;
}

int main(void)
{
    bool good;

    if (!open_all()) {
        fputs("degradation: the channel is not aligned\n", stderr);
        return EXIT_FAILURE;
    }
    for (int i = 0; i < READERS; i++) {
        int error = pthread_create(&readers[i].thread, NULL,
                                   i == OBSERVER ? look_now_and_then : read_all, &readers[i]);

        if (error != 0) {
            fprintf(stderr, "degradation: cannot start a thread: %s\n", strerror(error));
            return EXIT_FAILURE;
        }
    }
    good = perform();
    __atomic_store_n(&woken, true, __ATOMIC_RELEASE); /* if it went wrong before that */
    degradation_feed_producer_close(&publisher.feed);
    degradation_feed_close(&feed);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i].thread, NULL);

    print_readers();
    good = counts_agree() && good;
    if (good)
        puts("\nevery message is accounted for: published = received + lagged for each reader");
    degradation_feed_destroy(&feed);
    return good && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
