/*
 * Generic access to one generated queue. The program's file says the policy (QUEUE_POLICY,
 * QUEUE_BLOCKS, QUEUE_EVICTS), and with QUEUE_OWNS that messages are q_owned instead of q_item; the
 * Makefile the rest of the channel's name (QUEUE_VARIANT: a wait strategy, or a capacity of 1, 2 or
 * 4, which parks; of q_owned the policy).
 */
#ifndef QUEUE_UNDER_TEST_H
#define QUEUE_UNDER_TEST_H

#ifndef QUEUE_OWNS
#define QUEUE_OWNS 0
#endif

#define JOIN3_(a, b, c) a##b##c
#define JOIN3(a, b, c)  JOIN3_(a, b, c)
#define TEXT_(...)      #__VA_ARGS__
#define TEXT(...)       TEXT_(__VA_ARGS__)

#define QUEUE JOIN3(QUEUE_POLICY, _, QUEUE_VARIANT)
/* A path, not a division. */
/* clang-format off */
#define QUEUE_HEADER TEXT(q/QUEUE.h)
/* clang-format on */
#define QUEUE_NAME TEXT(QUEUE)

/* Q(push) is q_block_park_push. */
#define Q(word) JOIN3(JOIN3(q_, QUEUE, _), word, )

#define PARKS_park    1
#define PARKS_monitor 1
#define PARKS_1       1
#define PARKS_2       1
#define PARKS_4       1
#if QUEUE_OWNS
#define PARKS_reject      1
#define PARKS_block       1
#define PARKS_drop_oldest 1
#endif
#define SPINS_spin    1
#define SPINS_backoff 1

#if JOIN3(PARKS_, QUEUE_VARIANT, )
#define CONSUMER_PARKS 1
#define PRODUCER_PARKS QUEUE_BLOCKS
#else
#define CONSUMER_PARKS 0
#define PRODUCER_PARKS 0
#endif

/* Two sides that only spin hand over once a time slice where they share a core. */
#if JOIN3(SPINS_, QUEUE_VARIANT, )
#define STRESS_SHARE 4
#else
#define STRESS_SHARE 1
#endif

#include QUEUE_HEADER

typedef JOIN3(q_, QUEUE, ) queue;
typedef Q(producer) producer;
typedef Q(consumer) consumer;

/* What it carries: messages that tell their number and whether they are whole. */
#if QUEUE_OWNS

#define MESSAGE q_owned

static inline MESSAGE message_of(uint64_t number)
{
    const q_owned message = { number, mixed(number) };

    return message;
}

static inline uint64_t number_of(const MESSAGE *message)
{
    return message->id;
}

static inline bool is_intact(const MESSAGE *message)
{
    return message->check == mixed(message->id);
}

#else

#define MESSAGE q_item

static inline MESSAGE message_of(uint64_t number)
{
    return item_of(1, number);
}

static inline uint64_t number_of(const MESSAGE *message)
{
    return message->seq;
}

static inline bool is_intact(const MESSAGE *message)
{
    return is_whole(message) && message->producer == 1;
}

#endif

static inline void messages_of(MESSAGE *messages, size_t n, uint64_t first)
{
    for (size_t i = 0; i < n; ++i)
        messages[i] = message_of(first + i);
}

#define CAPACITY (sizeof(((queue *)0)->slots) / sizeof(MESSAGE))

/* How each side may be told to wait, with few rounds of anything. */
static const ringc_wait strategies[] = {
    { RINGC_SPIN, 0, 0, 0, false },     { RINGC_SPIN_YIELD, 3, 0, 0, false },
    { RINGC_BACKOFF, 8, 0, 0, false },  { RINGC_ADAPTIVE, 3, 3, 5, false },
    { RINGC_ADAPTIVE, 0, 2, 0, false }, { RINGC_PARK, 0, 0, 0, false },
    { RINGC_PARK, 3, 0, 0, true },      { RINGC_SPIN, 0, 0, 0, true },
};

static inline bool consumer_may(ringc_wait wait)
{
    return CONSUMER_PARKS || wait.strategy != RINGC_PARK;
}

static inline bool producer_may(ringc_wait wait)
{
    return PRODUCER_PARKS || wait.strategy != RINGC_PARK;
}

#endif /* QUEUE_UNDER_TEST_H */
