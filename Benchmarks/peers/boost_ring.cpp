// The same two measurements as RingBenchmark.swift, with boost::lockfree::spsc_queue.
#include <pthread.h>
#include <sched.h>

#include <boost/lockfree/spsc_queue.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

struct Frame {
  uint64_t words[14];
};

constexpr uint64_t frames = 4000000, rounds = 200000;

static void fill(Frame &frame, uint64_t number) {
  for (uint64_t word = 0; word < 14; word++) frame.words[word] = number + word;
}

static uint64_t total(const Frame &frame) {
  uint64_t sum = 0;
  for (uint64_t word : frame.words) sum += word;
  return sum;
}

static void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

template <class Body>
static double seconds(Body body) {
  auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

static double throughput(int producer_cpu, int consumer_cpu) {
  static boost::lockfree::spsc_queue<Frame, boost::lockfree::capacity<1024>> queue;
  uint64_t sum = 0;
  double took = seconds([&] {
    std::thread consumer([&] {
      pin(consumer_cpu);
      Frame frame;
      for (uint64_t number = 0; number < frames;)
        if (queue.pop(frame)) {
          sum += total(frame);
          number++;
        }
    });
    std::thread producer([&] {
      pin(producer_cpu);
      Frame frame;
      for (uint64_t number = 0; number < frames; number++) {
        fill(frame, number);
        while (!queue.push(frame)) {
        }
      }
    });
    producer.join();
    consumer.join();
  });
  if (sum != frames * (frames - 1) / 2 * 14 + frames * 91) std::abort();
  return frames / took / 1e6;
}

static double round_trip(int first_cpu, int second_cpu) {
  static boost::lockfree::spsc_queue<Frame, boost::lockfree::capacity<4>> there, back;
  double took = 0;
  std::thread echo([&] {
    pin(second_cpu);
    Frame frame;
    for (uint64_t done = 0; done < rounds;)
      if (there.pop(frame)) {
        fill(frame, total(frame));
        while (!back.push(frame)) {
        }
        done++;
      }
  });
  std::thread caller([&] {
    pin(first_cpu);
    uint64_t sum = 0;
    took = seconds([&] {
      Frame frame;
      for (uint64_t done = 0; done < rounds; done++) {
        fill(frame, done);
        while (!there.push(frame)) {
        }
        while (!back.pop(frame)) {
        }
        sum += total(frame);
      }
    });
    if (sum == 1) std::abort();
  });
  caller.join();
  echo.join();
  return took / rounds * 1e9;
}

int main() {
  std::vector<int> cpus;
  cpu_set_t set;
  sched_getaffinity(0, sizeof set, &set);
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  int first = cpus.back(), second = cpus.size() > 1 ? cpus[cpus.size() - 2] : first;
  double a = throughput(first, second);
  double b = round_trip(first, second);
  std::printf("%f %f\n", a, b);
}
