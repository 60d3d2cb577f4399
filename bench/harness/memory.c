#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "contender.h"

void *bench_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    return memset(memory, 0, bytes); /* touches each page before a clock runs */
}

void bench_memory_free(void *memory, size_t bytes)
{
    munmap(memory, bytes);
}
