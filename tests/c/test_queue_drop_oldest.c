/* full: drop_oldest. One program per wait strategy and small capacity: see the Makefile. */
#define QUEUE_POLICY drop_oldest
#define QUEUE_BLOCKS 0
#define QUEUE_EVICTS 1

#include "queue_suite.h"
