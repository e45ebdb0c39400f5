#include "sim/core/parallel.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace mhp {

void parallel_for(std::size_t count, unsigned threads,
                  const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> others;
  for (unsigned t = 1; t < threads && t < count; ++t) others.emplace_back(take);
  take();
  for (std::thread& t : others) t.join();
}

}  // namespace mhp
