/*
 * A pipe of the operating system, made as large as the ring where that is allowed. A write of up to
 * PIPE_BUF bytes goes in as a whole, so a message is never cut in two; a batch is written in as few
 * of them as will do.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "contender.h"

typedef struct queue {
    int ends[2];
} queue;
typedef queue *producer;
typedef queue *consumer;

enum { MOST = PIPE_BUF / BENCH_BYTES }; /* messages in a write */

static queue *queue_create(uint32_t slots)
{
    queue *q = malloc(sizeof *q);

    if (q == NULL || pipe(q->ends) != 0) {
        free(q);
        return NULL;
    }
    /* Refused above a limit of the system's: the pipe keeps its 64 KB then. */
    (void)fcntl(q->ends[1], F_SETPIPE_SZ, (int)(slots * sizeof(message)));
    return q;
}

static void queue_destroy(queue *q)
{
    close(q->ends[0]);
    close(q->ends[1]);
    free(q);
}

static bool queue_is_empty(queue *q)
{
    int bytes = 0;

    return ioctl(q->ends[0], FIONREAD, &bytes) == 0 && bytes == 0;
}

static producer producer_open(queue *q)
{
    return q;
}

static consumer consumer_open(queue *q)
{
    return q;
}

static void producer_close(producer *p)
{
    (void)p;
}

static void consumer_close(consumer *c)
{
    (void)c;
}

static uint32_t messages_in(ssize_t bytes)
{
    if (bytes < 0 && errno != EINTR)
        abort();
    return bytes < 0 ? 0 : (uint32_t)((size_t)bytes / sizeof(message));
}

#define BENCH_HAS_BATCH
static inline uint32_t push_n(producer *p, const message *m, uint32_t n)
{
    return messages_in(write((*p)->ends[1], m, (n < MOST ? n : MOST) * sizeof *m));
}

static inline uint32_t pop_n(consumer *c, message *m, uint32_t n)
{
    return messages_in(read((*c)->ends[0], m, n * sizeof *m));
}

static inline bool push(producer *p, const message *m)
{
    return push_n(p, m, 1) == 1;
}

static inline bool pop(consumer *c, message *m)
{
    return pop_n(c, m, 1) == 1;
}

#include "loops.h"
BENCH_CONTENDER(BENCH_STREAMS | BENCH_WAKES | BENCH_SLOW)
