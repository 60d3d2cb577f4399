/* full: block. One program per wait strategy and small capacity: see the Makefile. */
#define QUEUE_POLICY block
#define QUEUE_BLOCKS 1
#define QUEUE_EVICTS 0

#include "queue_suite.h"
