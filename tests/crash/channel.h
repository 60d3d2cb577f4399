/*
 * What the driver (crash.c) knows of a channel and of the operations that are stepped through.
 * channel.c is compiled once for each channel and makes one `struct channel`.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "../c/support.h"

#define OUT_MAX 64

/* Where the process that is stepped through has got to. */
enum phase { BEFORE, INSIDE, AFTER, DONE };

/* Shared by the two processes, beside the channel. */
struct stage {
    uint32_t phase;
    uint32_t evicted;    /* push_evict: messages handed back, in out */
    size_t n;            /* at DONE: messages pushed in all, or taken in all, in out */
    q_item out[OUT_MAX]; /* where a stepped consumer copies to */
};

enum side { PRODUCER, CONSUMER };

#define COUNT(n) (1u << (n))

enum {
    MAY_FAIL = 1,   /* it may time out instead */
    CLOSES = 2,     /* it closes the channel */
    SLEEPER = 4,    /* meanwhile the other side sleeps in pop_for or push_for */
    HANDS_BACK = 8, /* what it evicts lies in out */
};

/* An operation that is stepped through. */
struct operation {
    const char *name;
    enum side side;
    size_t before;    /* messages inside when it begins, numbered from 0 */
    size_t n;         /* messages that it pushes or takes */
    unsigned counts;  /* set of COUNT: how many of them may show at some boundary */
    ringc_seq first;  /* sequence of the channel's first message */
    unsigned flags;
    void (*body)(void *channel, struct stage *stage, const struct operation *op);
};

/* A channel and the survivor's calls, each on the one handle that the driver's process has. */
struct channel {
    const char *name;
    size_t bytes, capacity;
    bool evicts, blocks;
    void (*init)(void *channel, ringc_seq first);
    size_t (*size)(const void *channel);
    bool (*is_empty)(const void *channel);
    bool (*is_closed)(const void *channel);
    bool (*is_parked)(const void *channel); /* whether a side sleeps, or is about to */
    ringc_seq (*dropped)(const void *channel);
    void (*close)(void *channel);
    ringc_status (*producer_open)(void *channel);
    ringc_status (*consumer_open)(void *channel);
    void (*producer_close)(void);
    void (*consumer_close)(void);
    void (*bury_consumer)(void *channel); /* takes a dead consumer's handle away, as no user can */
    ringc_status (*try_push)(const q_item *item);
    ringc_status (*push_for)(const q_item *item, uint64_t timeout_ns);
    ringc_status (*try_pop)(q_item *item);
    ringc_status (*pop_for)(q_item *item, uint64_t timeout_ns);
    const struct operation *operations;
    size_t n_operations;
};

#endif /* CHANNEL_H */
