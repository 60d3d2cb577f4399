/* full: reject. The queue suite on knobs that keep its contract: see knobs_under_test.h. */
#define QUEUE_POLICY reject
#define QUEUE_BLOCKS 0
#define QUEUE_EVICTS 0

#include "cmocka_support.h"

#include "knobs_under_test.h"

#include "queue_suite.h"
