/* full: block, one side interrupting the other; the Makefile gives the capacity. */
#define QUEUE_POLICY block
#define QUEUE_BLOCKS 1
#define QUEUE_EVICTS 0

#include "steps_suite.h"
