#define _GNU_SOURCE
#include "harness/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "harness/clock.h"

/* Copies what stands after the colon. */
static void copy_value(const char *line, char *value, size_t bytes)
{
    const char *colon = strchr(line, ':');

    if (colon == NULL)
        return;
    colon += 1 + strspn(colon + 1, " \t");
    snprintf(value, bytes, "%.*s", (int)strcspn(colon, "\n"), colon);
}

static void read_cpuinfo(bench_machine *machine)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[8192];

    snprintf(machine->cpu, sizeof machine->cpu, "unknown");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "model name", 10) == 0)
            copy_value(line, machine->cpu, sizeof machine->cpu);
        if (strncmp(line, "flags", 5) == 0)
            machine->hypervisor = strstr(line, " hypervisor") != NULL;
    }
    if (file != NULL)
        fclose(file);
}

/* The system's mode stands in brackets. No contender asks for huge pages by itself. */
static void read_hugepages(bench_machine *machine)
{
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    char line[128];

    snprintf(machine->hugepages, sizeof machine->hugepages, "unknown");
    if (file == NULL)
        return;
    if (fgets(line, sizeof line, file) != NULL) {
        const char *mode = strchr(line, '[');

        if (mode != NULL)
            snprintf(machine->hugepages, sizeof machine->hugepages, "%.*s",
                     (int)strcspn(mode + 1, "]"), mode + 1);
    }
    fclose(file);
}

void bench_describe_machine(bench_machine *machine)
{
    const time_t now = time(NULL);
    struct utsname system;

    memset(machine, 0, sizeof *machine);
    read_cpuinfo(machine);
    read_hugepages(machine);
    machine->cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (uname(&system) == 0)
        snprintf(machine->kernel, sizeof machine->kernel, "%.60s %.60s", system.sysname,
                 system.release);
    if (getloadavg(&machine->load, 1) != 1)
        machine->load = -1;
    snprintf(machine->clock, sizeof machine->clock, BENCH_CLOCK " %.3g %s",
             bench_ns_per_tick() > 1 ? 1e3 / bench_ns_per_tick() : 1 / bench_ns_per_tick(),
             bench_ns_per_tick() > 1 ? "MHz" : "GHz");
    strftime(machine->date, sizeof machine->date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
}
