/* ringc_monitor as a function of its own, to be disassembled: most machines cannot run it. See monitor.py. */
#include "ringc.h"

void watch(const ringc_seq *word, ringc_seq seen);

void watch(const ringc_seq *word, ringc_seq seen)
{
    ringc_monitor(word, seen, 50, RINGC_FOREVER);
}
