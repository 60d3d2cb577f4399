/*
 * What the driver (broadcast.c) knows of a broadcast and of the operations that are stepped
 * through. broadcast_channel.c is compiled once for each channel and makes one `struct broadcast`.
 */
#ifndef BROADCAST_CHANNEL_H
#define BROADCAST_CHANNEL_H

#include "stepping.h"

#include "bc/types.h"

/* Shared by the two processes, beside the channel. */
struct stage {
    uint32_t phase;
    size_t n;             /* at DONE: messages published in all, or received in all, in out */
    size_t done;          /* of a subscriber: those that the operation itself received */
    size_t start;         /* messages before its start */
    size_t position;      /* the same, and those received and missed */
    ringc_place place;    /* of one who had it before the operation */
    bc_item out[OUT_MAX]; /* where a stepped subscriber copies to */
    size_t at[OUT_MAX];   /* how many messages came before each */
    RINGC_ALIGNAS(16) unsigned char handle[256]; /* of one who joins: it tells its place */
};

enum {
    LOSSY = FLAG_OF_ITS_OWN, /* the subscriber is lossy, and not gating */
    IS_LAPPED = 64,          /* it is lapped while it is frozen */
    JOINS = 128,             /* the operation is its subscribing ... */
    LEAVES = 256,            /* ... or its leaving */
    PASSES_OVER = 512,       /* it takes the newest only */
    FULL = 1024,             /* the survivors receive nothing before the operation */
    LET_GO = 2048,           /* it gates, and is let go and lapped while it is frozen */
};

/* What else may show: of a reader whom the operation laps, and of many producers. */
#define LAGS  COUNT(8)
#define KEEPS COUNT(9)
#define HOLE  COUNT(10)

/* ---- Messages: what the producer has published so far, and words that follow from that ------- */

#define OTHERS 1000 /* numbers of a second producer begin there */

static inline bc_item message_of(uint64_t number)
{
    const bc_item message = { number, { mixed(number), mixed(mixed(number)) } };

    return message;
}

static inline bool message_is_whole(const bc_item *message)
{
    const bc_item whole = message_of(message->number);

    return memcmp(message, &whole, sizeof whole) == 0;
}

/* ---- A channel and the survivor's calls ------------------------------------------------------ */

#define SUBSCRIBERS 4 /* places of every channel here */

/* Each call on the one producer handle or on one of the subscriber handles that the driver has. */
struct broadcast {
    struct subject is;
    size_t capacity; /* and room */
    bool is_multi;   /* has many producers */
    bool is_gated;   /* may be full */
    bool all_gate;   /* has no lossy subscribers */
    void (*init)(void *channel, ringc_seq first);
    size_t (*published)(const void *channel);
    bool (*is_closed)(const void *channel);
    bool (*is_parked)(const void *channel); /* whether a side sleeps, or is about to */
    void (*close)(void *channel);
    ringc_status (*let_go)(void *channel, ringc_place place);
    ringc_place (*place_in)(const struct stage *with_handle); /* by it */
    ringc_status (*producer_open)(void *channel);
    void (*producer_close)(void);
    ringc_status (*try_publish)(const bc_item *message);
    ringc_status (*publish)(const bc_item *message,
                            uint64_t timeout_ns); /* overwrite: no timeout */
    ringc_status (*subscribe)(void *channel, size_t who, uint32_t reading);
    void (*unsubscribe)(size_t who);
    ringc_status (*try_recv)(size_t who, bc_item *message);
    ringc_status (*recv_for)(size_t who, bc_item *message, uint64_t timeout_ns);
    ringc_status (*latest)(size_t who, bc_item *message);
    size_t (*received)(size_t who);
    size_t (*lagged)(size_t who);
    size_t (*missed)(size_t who);
};

#endif /* BROADCAST_CHANNEL_H */
