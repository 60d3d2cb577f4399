/*
 * The hot paths of one channel as functions of their own, to be disassembled. shape.py compiles this once per channel, with
 * CHANNEL and MESSAGE (C names), HEADER, and DROP_OLDEST 1 or 0.
 */
#include HEADER

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define CALL(verb) JOIN(CHANNEL, verb)

typedef JOIN(CHANNEL, _producer) producer;
typedef JOIN(CHANNEL, _consumer) consumer;

ringc_status push(producer *p, const MESSAGE *message);
ringc_status pop(consumer *c, MESSAGE *message);
size_t push_loop(producer *handle, const MESSAGE *from, size_t n);
size_t pop_loop(consumer *handle, MESSAGE *to, size_t n);

ringc_status push(producer *p, const MESSAGE *message)
{
    return CALL(_try_push)(p, message);
}

ringc_status pop(consumer *c, MESSAGE *message)
{
    return CALL(_try_pop)(c, message);
}

#if !DROP_OLDEST
void publish(producer *p);

void publish(producer *p)
{
    CALL(_publish_)(p, 1);
}
#endif

/* As a user writes them: the handle in a local variable, the verb that waits. */
size_t push_loop(producer *handle, const MESSAGE *from, size_t n)
{
    producer p = *handle;
    size_t i;

    for (i = 0; i < n; i++)
        if (CALL(_push)(&p, &from[i]) != RINGC_OK)
            break;
    *handle = p;
    return i;
}

size_t pop_loop(consumer *handle, MESSAGE *to, size_t n)
{
    consumer c = *handle;
    size_t i;

    for (i = 0; i < n; i++)
        if (CALL(_pop)(&c, &to[i]) != RINGC_OK)
            break;
    *handle = c;
    return i;
}

int main(void)
{
    return 0;
}
