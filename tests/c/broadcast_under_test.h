/*
 * Generic access to one generated broadcast. The program's file says the row of the matrix
 * (BROADCAST_ROW, BROADCAST_MULTI, BROADCAST_GATED, BROADCAST_BLOCKS); the Makefile the rest of the
 * channel's name (BROADCAST_VARIANT): a wait strategy, a capacity of 1 or 2, a feature, or a
 * message.
 */
#ifndef BROADCAST_UNDER_TEST_H
#define BROADCAST_UNDER_TEST_H

#include "bc/types.h"

#define JOIN3_(a, b, c) a##b##c
#define JOIN3(a, b, c)  JOIN3_(a, b, c)
#define TEXT_(...)      #__VA_ARGS__
#define TEXT(...)       TEXT_(__VA_ARGS__)

#define BROADCAST JOIN3(BROADCAST_ROW, _, BROADCAST_VARIANT)
/* A path, not a division. */
/* clang-format off */
#define BROADCAST_HEADER TEXT(bc/BROADCAST.h)
/* clang-format on */
#define BROADCAST_NAME TEXT(BROADCAST)

/* X(publish) is bc_single_block_park_publish. B(publish) is the same, out of line: see below. */
#define X(word) JOIN3(JOIN3(bc_, BROADCAST, _), word, )
#define B(word) out_of_line_##word

#define PARKS_park      1
#define PARKS_1         1
#define PARKS_2         1
#define PARKS_watermark 1
#define PARKS_all       1
#define PARKS_owned     1
#define MARK_watermark  2
#define ALL_all         1
#define ALL_owned       1
#define OWNS_owned      1
#define SPINS_spin      1
#define INTERRUPTS_odd  1
#define INJECTS_odd     1
#define INJECTS_line    1
#define INJECTS_over    1
#define INJECTS_pair    1

#define MESSAGE_spin      bc_item
#define MESSAGE_adaptive  bc_item
#define MESSAGE_park      bc_item
#define MESSAGE_1         bc_item
#define MESSAGE_2         bc_item
#define MESSAGE_watermark bc_item
#define MESSAGE_all       bc_item
#define MESSAGE_owned     bc_owned
#define MESSAGE_byte      bc_byte
#define MESSAGE_eight     bc_eight
#define MESSAGE_odd       bc_odd
#define MESSAGE_line      bc_line
#define MESSAGE_over      bc_over
#define MESSAGE_pair      bc_pair
#define MESSAGE_wide      bc_wide

#define MESSAGE JOIN3(MESSAGE_, BROADCAST_VARIANT, )

/* Subscribers sleep on a futex; so do producers, where they wait. */
#if JOIN3(PARKS_, BROADCAST_VARIANT, )
#define SUBSCRIBERS_PARK 1
#define PRODUCERS_PARK   BROADCAST_BLOCKS
#else
#define SUBSCRIBERS_PARK 0
#define PRODUCERS_PARK   0
#endif

/* Every subscriber gates: no lossy ones, and one producer builds in place. */
#if JOIN3(ALL_, BROADCAST_VARIANT, )
#define ALL_GATE 1
#else
#define ALL_GATE 0
#endif
#define IN_PLACE (ALL_GATE && !BROADCAST_MULTI)

#if JOIN3(OWNS_, BROADCAST_VARIANT, )
#define OWNS 1
#else
#define OWNS 0
#endif

#if JOIN3(MARK_, BROADCAST_VARIANT, )
#define WATERMARK JOIN3(MARK_, BROADCAST_VARIANT, )
#else
#define WATERMARK 0
#endif

/* Two sides that only spin hand over once a time slice where they share a core. */
#if JOIN3(SPINS_, BROADCAST_VARIANT, )
#define STRESS_SHARE 6
#else
#define STRESS_SHARE 1
#endif

/*
 * The variants of odd sizes are thrown off their course while `injecting` is set: in the middle of
 * any operation, a thread may have to wait before it stores.
 */
#if JOIN3(INJECTS_, BROADCAST_VARIANT, )
#define INJECTS 1
#undef RINGC_STORE
#define RINGC_STORE(p, v, order) (inject(), __atomic_store_n((p), (v), (order)))
#else
#define INJECTS 0
#endif

__attribute__((unused)) static uint32_t injecting;

static inline void inject(void)
{
    static __thread uint32_t stores;

    if (__atomic_load_n(&injecting, __ATOMIC_RELAXED) != 0 && ++stores % 13 == 0)
        ringc_yield();
}

/* What a test does between a reader's copy and its second look at the stamp, once. */
static void (*interruption)(void);

static inline void interrupt(int order)
{
    void (*const now)(void) = interruption;

    if (now == NULL || order != RINGC_ACQUIRE)
        return;
    interruption = NULL;
    now();
}

#undef RINGC_FENCE
#define RINGC_FENCE(order) (interrupt(order), __atomic_thread_fence(order))

#include BROADCAST_HEADER

typedef JOIN3(bc_, BROADCAST, ) channel;
typedef X(producer) producer;
typedef X(subscriber) subscriber;
typedef X(handler) handler;
typedef X(group) group_of_handlers;

/*
 * Every function of the header, out of line: the tests call each in many places, and inlining it
 * into all of them would take the compiler most of the tests' time.
 */
#define OUT_OF_LINE __attribute__((noinline, unused)) static

OUT_OF_LINE ringc_status B(init)(channel *ch, uint32_t flags)
{
    return X(init)(ch, flags);
}

OUT_OF_LINE ringc_status B(init_at)(channel *ch, uint32_t flags, ringc_seq first)
{
    return X(init_at)(ch, flags, first);
}

OUT_OF_LINE void B(destroy)(channel *ch)
{
    X(destroy)(ch);
}

OUT_OF_LINE void B(close)(channel *ch)
{
    X(close)(ch);
}

OUT_OF_LINE bool B(is_closed)(const channel *ch)
{
    return X(is_closed)(ch);
}

OUT_OF_LINE ringc_seq B(published)(const channel *ch)
{
    return X(published)(ch);
}

OUT_OF_LINE ringc_seq B(sequence)(const channel *ch)
{
    return X(sequence)(ch);
}

OUT_OF_LINE size_t B(capacity)(const channel *ch)
{
    return X(capacity)(ch);
}

OUT_OF_LINE ringc_status B(producer_open)(channel *ch, producer *p)
{
    return X(producer_open)(ch, p);
}

OUT_OF_LINE void B(producer_close)(producer *p)
{
    X(producer_close)(p);
}

OUT_OF_LINE ringc_status B(try_publish)(producer *p, const MESSAGE *m)
{
    return X(try_publish)(p, m);
}

OUT_OF_LINE ringc_status B(publish)(producer *p, const MESSAGE *m)
{
    return X(publish)(p, m);
}

OUT_OF_LINE ringc_status B(try_publish_n)(producer *p, const MESSAGE *m, size_t n, size_t *done)
{
    return X(try_publish_n)(p, m, n, done);
}

OUT_OF_LINE ringc_status B(publish_n)(producer *p, const MESSAGE *m, size_t n, size_t *done)
{
    return X(publish_n)(p, m, n, done);
}

OUT_OF_LINE ringc_status B(claim)(producer *p, MESSAGE **m)
{
    return X(claim)(p, m);
}

OUT_OF_LINE ringc_status B(commit)(producer *p)
{
    return X(commit)(p);
}

OUT_OF_LINE void B(abort)(producer *p)
{
    X(abort)(p);
}

OUT_OF_LINE ringc_status B(subscribe)(channel *ch, subscriber *s, uint32_t reading)
{
    return X(subscribe)(ch, s, reading);
}

OUT_OF_LINE ringc_status B(subscribe_oldest)(channel *ch, subscriber *s, uint32_t reading)
{
    return X(subscribe_oldest)(ch, s, reading);
}

OUT_OF_LINE ringc_status B(subscribe_back)(channel *ch, subscriber *s, size_t back,
                                           uint32_t reading)
{
    return X(subscribe_back)(ch, s, back, reading);
}

OUT_OF_LINE void B(unsubscribe)(subscriber *s)
{
    X(unsubscribe)(s);
}

OUT_OF_LINE ringc_place B(place)(const subscriber *s)
{
    return X(place)(s);
}

OUT_OF_LINE void B(follow)(subscriber *s, const ringc_place *upstreams, size_t n)
{
    X(follow)(s, upstreams, n);
}

OUT_OF_LINE ringc_status B(try_recv)(subscriber *s, MESSAGE *m)
{
    return X(try_recv)(s, m);
}

OUT_OF_LINE ringc_status B(recv)(subscriber *s, MESSAGE *m)
{
    return X(recv)(s, m);
}

OUT_OF_LINE ringc_status B(recv_for)(subscriber *s, MESSAGE *m, uint64_t timeout_ns)
{
    return X(recv_for)(s, m, timeout_ns);
}

OUT_OF_LINE ringc_status B(recv_with)(subscriber *s, MESSAGE *m, ringc_wait wait)
{
    return X(recv_with)(s, m, wait);
}

OUT_OF_LINE ringc_status B(try_recv_n)(subscriber *s, MESSAGE *m, size_t n, size_t *done)
{
    return X(try_recv_n)(s, m, n, done);
}

OUT_OF_LINE ringc_status B(recv_n)(subscriber *s, MESSAGE *m, size_t n, size_t *done)
{
    return X(recv_n)(s, m, n, done);
}

OUT_OF_LINE ringc_status B(latest)(subscriber *s, MESSAGE *m)
{
    return X(latest)(s, m);
}

OUT_OF_LINE ringc_status B(release)(subscriber *s, size_t n)
{
    return X(release)(s, n);
}

OUT_OF_LINE ringc_status B(drain_group)(subscriber *s, size_t max, const group_of_handlers *group,
                                        size_t n)
{
    return X(drain_group)(s, max, group, n);
}

OUT_OF_LINE ringc_status B(drain_n)(subscriber *s, size_t max, handler handle, void *arg)
{
    return X(drain_n)(s, max, handle, arg);
}

OUT_OF_LINE ringc_status B(drain)(subscriber *s, handler handle, void *arg)
{
    return X(drain)(s, handle, arg);
}

OUT_OF_LINE ringc_seq B(pending)(const subscriber *s)
{
    return X(pending)(s);
}

OUT_OF_LINE ringc_seq B(received)(const subscriber *s)
{
    return X(received)(s);
}

OUT_OF_LINE ringc_seq B(lagged)(const subscriber *s)
{
    return X(lagged)(s);
}

OUT_OF_LINE ringc_seq B(missed)(const subscriber *s)
{
    return X(missed)(s);
}

OUT_OF_LINE double B(receive_ratio)(const subscriber *s)
{
    return X(receive_ratio)(s);
}

#if BROADCAST_GATED

OUT_OF_LINE ringc_status B(peek)(subscriber *s, const MESSAGE **m)
{
    return X(peek)(s, m);
}

OUT_OF_LINE ringc_status B(let_go)(channel *ch, ringc_place place)
{
    return X(let_go)(ch, place);
}

#endif

#if BROADCAST_BLOCKS

OUT_OF_LINE ringc_status B(publish_for)(producer *p, const MESSAGE *m, uint64_t timeout_ns)
{
    return X(publish_for)(p, m, timeout_ns);
}

OUT_OF_LINE ringc_status B(publish_with)(producer *p, const MESSAGE *m, ringc_wait wait)
{
    return X(publish_with)(p, m, wait);
}

#endif

#define CAPACITY    LENGTH_OF(((channel *)0)->cells)
#define SUBSCRIBERS LENGTH_OF(((channel *)0)->places)
#define ROOM        (CAPACITY - WATERMARK)
/* How a subscriber reads that is like any other of this channel. */
#define PLAIN_READING (BROADCAST_GATED ? RINGC_GATING : RINGC_LOSSY)

/*
 * A message is its number, of which the first byte or the first 4 tell, and whose other bytes all
 * follow from it. Numbers have 32 bits, so that a word of 8 bytes has room for its own proof.
 */
static inline uint64_t word_of_message(uint32_t number, size_t i)
{
    const uint64_t word = mixed(number ^ (uint64_t)i << 32);

    return i == 0 ? (word & ~UINT64_C(0xffffffff)) | number : word;
}

OUT_OF_LINE MESSAGE message_of(uint32_t number)
{
    MESSAGE message;
    const uint64_t first = word_of_message(number, 0);
    unsigned char *bytes = (unsigned char *)&message;

    if (sizeof message == 1)
        bytes[0] = (unsigned char)number;
    else if (sizeof message >= sizeof first)
        for (size_t at = 0; at < sizeof message; at += 8) {
            const uint64_t word = word_of_message(number, at / 8);

            memcpy(bytes + at, &word, sizeof message - at < 8 ? sizeof message - at : 8);
        }
    return message;
}

OUT_OF_LINE bool is_message(const MESSAGE *message, uint32_t number)
{
    const MESSAGE expected = message_of(number);

    return memcmp(message, &expected, sizeof expected) == 0;
}

/* What the message says it is; of a byte, its number modulo 256. */
OUT_OF_LINE uint32_t number_of(const MESSAGE *message)
{
    uint64_t first = 0;

    if (sizeof *message == 1)
        return *(const unsigned char *)message;
    memcpy(&first, message, sizeof first < sizeof *message ? sizeof first : sizeof *message);
    return (uint32_t)first;
}

OUT_OF_LINE void messages_of(MESSAGE *messages, size_t n, uint32_t first)
{
    for (size_t i = 0; i < n; ++i)
        messages[i] = message_of(first + (uint32_t)i);
}

/* As the queues' tests, and around the sign of a stamp, which counts twice as fast. */
static const ringc_seq starts[] = {
    (ringc_seq)0,
    (ringc_seq)((UINT64_C(1) << 16) - 1),
    (ringc_seq)((UINT64_C(1) << 16) + 1),
    (ringc_seq)((UINT64_C(1) << 31) - 1),
    (ringc_seq)((UINT64_C(1) << 31) + 1),
    (ringc_seq)((UINT64_C(1) << 32) - 2),
    (ringc_seq)((UINT64_C(1) << 32) + 2),
    (ringc_seq)((UINT64_C(1) << 62) - 1),
    (ringc_seq)((UINT64_C(1) << 63) - 1),
    (ringc_seq)((UINT64_C(1) << 63) + 1),
    (ringc_seq)(UINT64_MAX - 11), /* a full ring on both sides of the wrap */
    (ringc_seq)(UINT64_MAX - 2),  /* 2^64 - 3 */
};

/* How each side may be told to wait, with few rounds of anything. */
static const ringc_wait strategies[] = {
    { RINGC_SPIN, 0, 0, 0, false },     { RINGC_SPIN_YIELD, 3, 0, 0, false },
    { RINGC_BACKOFF, 8, 0, 0, false },  { RINGC_ADAPTIVE, 3, 3, 5, false },
    { RINGC_ADAPTIVE, 0, 2, 0, false }, { RINGC_PARK, 0, 0, 0, false },
    { RINGC_PARK, 3, 0, 0, true },      { RINGC_SPIN, 0, 0, 0, true },
};

static inline bool subscriber_may(ringc_wait wait)
{
    return SUBSCRIBERS_PARK || wait.strategy != RINGC_PARK;
}

static inline bool producer_may(ringc_wait wait)
{
    return PRODUCERS_PARK || wait.strategy != RINGC_PARK;
}

#endif /* BROADCAST_UNDER_TEST_H */
