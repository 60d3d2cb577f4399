/* The hot paths of one broadcast as functions of their own, to be disassembled; see broadcast.py and hot_paths.c. */
#include HEADER

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define CALL(verb) JOIN(CHANNEL, verb)

typedef JOIN(CHANNEL, _producer) producer;
typedef JOIN(CHANNEL, _subscriber) subscriber;

ringc_status publish(producer *p, const MESSAGE *message);
ringc_status recv(subscriber *s, MESSAGE *message);
size_t publish_loop(producer *handle, const MESSAGE *from, size_t n);
size_t recv_loop(subscriber *handle, MESSAGE *to, size_t n);

ringc_status publish(producer *p, const MESSAGE *message)
{
    return CALL(_try_publish)(p, message);
}

ringc_status recv(subscriber *s, MESSAGE *message)
{
    return CALL(_try_recv)(s, message);
}

/* As users write them: the handle in a local variable, the verb that waits. */
size_t publish_loop(producer *handle, const MESSAGE *from, size_t n)
{
    producer p = *handle;
    size_t i;

    for (i = 0; i < n; i++)
        if (CALL(_publish)(&p, &from[i]) != RINGC_OK)
            break;
    *handle = p;
    return i;
}

size_t recv_loop(subscriber *handle, MESSAGE *to, size_t n)
{
    subscriber s = *handle;
    size_t i;

    for (i = 0; i < n; i++)
        if (CALL(_recv)(&s, &to[i]) != RINGC_OK)
            break;
    *handle = s;
    return i;
}

int main(void)
{
    return 0;
}
