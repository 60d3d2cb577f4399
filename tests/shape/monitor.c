/* ringc_monitor and ringc_monitor_pause_ as functions of their own, to be disassembled: most machines cannot run it. See monitor.py. */
#include "ringc.h"

void watch(const ringc_seq *word, ringc_seq seen);
void rest(void);

void watch(const ringc_seq *word, ringc_seq seen)
{
    ringc_monitor(word, seen, 50, RINGC_FOREVER);
}

void rest(void)
{
    ringc_monitor_pause_();
}
