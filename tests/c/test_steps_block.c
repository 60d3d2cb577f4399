/* full: block, one side interrupting the other. One program per small capacity: see QUEUE_VARIANT in the Makefile. */
#define QUEUE_POLICY block
#define QUEUE_BLOCKS 1
#define QUEUE_EVICTS 0

#include "steps_suite.h"
