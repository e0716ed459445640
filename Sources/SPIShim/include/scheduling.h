// Scheduling policy, affinity, and the accounts of a thread.
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "attributes.h"

/// Starts a thread with an explicit stack size. 0, or -errno.
int shim_thread_create(pthread_t *thread, uint64_t stack_bytes, void *(*body)(void *),
                       void *argument);

/// The kernel's name of the calling thread; at most 15 bytes are kept.
int shim_thread_name(const char *name);

/// The number by which the kernel and `ps -L` know the calling thread.
SHIM_REALTIME int shim_thread_id(void);

/// Sets the calling thread's policy (SCHED_OTHER 0, SCHED_FIFO 1, SCHED_RR 2, SCHED_BATCH 3,
/// SCHED_IDLE 5) and priority.
int shim_set_scheduler(int policy, int priority);

/// Makes the calling thread SCHED_DEADLINE.
int shim_set_deadline(uint64_t runtime_ns, uint64_t deadline_ns, uint64_t period_ns);

/// Policy and priority that the calling thread has now.
int shim_get_scheduler(int *policy, int *priority);

/// Sets policy and priority of any thread of the machine, the kernel's too. 0, or -errno.
int shim_set_thread_scheduler(int thread, int policy, int priority);

/// Whether the calling thread might be pinned to a CPU: tries, and puts it back. 0, or -errno.
int shim_may_run_on(int cpu);

/// Pins the calling thread to one CPU.
int shim_set_affinity(int cpu);

/// Lets the calling thread run on the CPUs whose flag is not 0.
int shim_set_affinity_mask(const uint8_t *flags, int count);

/// The CPU that the calling thread runs on.
int shim_current_cpu(void);

/// Fills `cpus` (0 or 1 each) with where this process may run; returns how many fitted.
int shim_allowed_cpus(uint8_t *cpus, int capacity);

/// Touches `bytes` of the calling thread's stack, so that they are there before they are needed.
void shim_prefault_stack(uint64_t bytes);

/// RLIMIT_RTPRIO and RLIMIT_MEMLOCK of this process; UINT64_MAX is unlimited.
uint64_t shim_limit_realtime_priority(void);
uint64_t shim_limit_locked_memory(void);

struct shim_usage {
  uint64_t minor_faults;
  uint64_t major_faults;
  uint64_t voluntary_switches;
  uint64_t involuntary_switches;
  uint64_t cpu_ns;
};

/// What the calling thread has used since it began.
int shim_thread_usage(struct shim_usage *usage);

/// What the whole process has used since it began.
int shim_process_usage(struct shim_usage *usage);
