#pragma once

/// How many pieces of memory this thread has asked for since it began.
unsigned long allocations_of_thread(void);
