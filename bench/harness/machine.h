/* What the machine is, and how the benchmark was built: printed first, and written beside the
 * figures. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdbool.h>

typedef struct bench_machine {
    char cpu[128], kernel[128], hugepages[32], clock[64], date[32];
    int cores;
    bool hypervisor;
    double load; /* of the last minute, when the benchmark began; -1: not known */
} bench_machine;

void bench_describe_machine(bench_machine *machine);

#endif
