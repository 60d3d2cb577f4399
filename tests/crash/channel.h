/*
 * What the driver (crash.c) knows of a channel and of the operations that are stepped through.
 * channel.c is compiled once for each channel and makes one `struct channel`.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "stepping.h"

/* Shared by the two processes, beside the channel. */
struct stage {
    uint32_t phase;
    uint32_t evicted;    /* push_evict: messages handed back, in out */
    size_t n;            /* at DONE: messages pushed in all, or taken in all, in out */
    q_item out[OUT_MAX]; /* where a stepped consumer copies to */
};

enum { HANDS_BACK = FLAG_OF_ITS_OWN }; /* of an operation: what it evicts lies in out */

/* A channel and the survivor's calls, each on the one handle that the driver's process has. */
struct channel {
    struct subject is;
    size_t capacity;
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
};

#endif /* CHANNEL_H */
