#define _GNU_SOURCE
#include "scheduling.h"

#include <alloca.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int shim_thread_create(pthread_t *thread, uint64_t stack_bytes, void *(*body)(void *),
                       void *argument) {
  pthread_attr_t attributes;
  int result = pthread_attr_init(&attributes);
  if (result) return -result;
  result = pthread_attr_setstacksize(&attributes, stack_bytes);
  if (!result) result = pthread_create(thread, &attributes, body, argument);
  pthread_attr_destroy(&attributes);
  return -result;
}

int shim_thread_name(const char *name) {
  char kept[16];
  strncpy(kept, name, sizeof kept - 1);
  kept[sizeof kept - 1] = 0;
  return -pthread_setname_np(pthread_self(), kept);
}

int shim_thread_id(void) { return (int)syscall(SYS_gettid); }

int shim_set_scheduler(int policy, int priority) {
  struct sched_param parameter = {.sched_priority = priority};
  return sched_setscheduler(0, policy, &parameter) < 0 ? -errno : 0;
}

// glibc before 2.41 has neither the call nor the struct.
struct deadline_attributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

int shim_set_deadline(uint64_t runtime_ns, uint64_t deadline_ns, uint64_t period_ns) {
  struct deadline_attributes attributes = {
      .size = sizeof attributes,
      .policy = 6,
      .runtime = runtime_ns,
      .deadline = deadline_ns,
      .period = period_ns,
  };
  return syscall(SYS_sched_setattr, 0, &attributes, 0) < 0 ? -errno : 0;
}

int shim_get_scheduler(int *policy, int *priority) {
  struct sched_param parameter;
  int found = sched_getscheduler(0);
  if (found < 0 || sched_getparam(0, &parameter) < 0) return -errno;
  *policy = found;
  *priority = parameter.sched_priority;
  return 0;
}

int shim_set_thread_scheduler(int thread, int policy, int priority) {
  struct sched_param parameter = {.sched_priority = priority};
  return sched_setscheduler(thread, policy, &parameter) < 0 ? -errno : 0;
}

int shim_set_affinity(int cpu) {
  if (cpu < 0 || cpu >= CPU_SETSIZE) return -EINVAL;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}

int shim_may_run_on(int cpu) {
  cpu_set_t before;
  if (sched_getaffinity(0, sizeof before, &before) < 0) return -errno;
  int result = shim_set_affinity(cpu);
  if (result == 0 && sched_setaffinity(0, sizeof before, &before) < 0) return -errno;
  return result;
}

int shim_set_affinity_mask(const uint8_t *flags, int count) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int cpu = 0; cpu < count && cpu < CPU_SETSIZE; cpu++)
    if (flags[cpu]) CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}

int shim_current_cpu(void) {
  int cpu = sched_getcpu();
  return cpu < 0 ? -errno : cpu;
}

int shim_allowed_cpus(uint8_t *cpus, int capacity) {
  cpu_set_t set;
  if (sched_getaffinity(getpid(), sizeof set, &set) < 0) return -errno;
  int count = capacity < CPU_SETSIZE ? capacity : CPU_SETSIZE;
  for (int cpu = 0; cpu < count; cpu++) cpus[cpu] = CPU_ISSET(cpu, &set) ? 1 : 0;
  return count;
}

__attribute__((noinline)) void shim_prefault_stack(uint64_t bytes) {
  volatile uint8_t *stack = alloca(bytes);
  for (uint64_t offset = 0; offset < bytes; offset += 1024) stack[offset] = 0;
}

static uint64_t limit(int resource) {
  struct rlimit found;
  if (getrlimit(resource, &found) < 0) return 0;
  return found.rlim_cur == RLIM_INFINITY ? UINT64_MAX : found.rlim_cur;
}

uint64_t shim_limit_realtime_priority(void) { return limit(RLIMIT_RTPRIO); }

uint64_t shim_limit_locked_memory(void) { return limit(RLIMIT_MEMLOCK); }

static uint64_t nanoseconds(struct timeval time) {
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_usec * 1000;
}

static int usage_of(int who, struct shim_usage *usage) {
  struct rusage found;
  if (getrusage(who, &found) < 0) return -errno;
  *usage = (struct shim_usage){
      .minor_faults = (uint64_t)found.ru_minflt,
      .major_faults = (uint64_t)found.ru_majflt,
      .voluntary_switches = (uint64_t)found.ru_nvcsw,
      .involuntary_switches = (uint64_t)found.ru_nivcsw,
      .cpu_ns = nanoseconds(found.ru_utime) + nanoseconds(found.ru_stime),
  };
  return 0;
}

int shim_thread_usage(struct shim_usage *usage) { return usage_of(RUSAGE_THREAD, usage); }

int shim_process_usage(struct shim_usage *usage) { return usage_of(RUSAGE_SELF, usage); }
