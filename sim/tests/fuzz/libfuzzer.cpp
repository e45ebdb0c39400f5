// libFuzzer's entry (./dev fuzz). The environment says which target: MHP_FUZZ_TARGET. With
// MHP_FUZZ_SEEDS the program writes the target's seeds into that folder and ends; without a target
// it names them all.
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "sim/tests/fuzz/target.hpp"

namespace {

const mhp::fuzz::Target& chosen() {
  static const mhp::fuzz::Target& target = [&]() -> const mhp::fuzz::Target& {
    const char* name = std::getenv("MHP_FUZZ_TARGET");
    const mhp::fuzz::Target* found = name == nullptr ? nullptr : mhp::fuzz::targets().find(name);
    if (found == nullptr) {
      fmt::print("{}", mhp::fuzz::targets().listing());
      std::fflush(stdout);
      std::_Exit(name == nullptr ? 0 : 2);
    }
    return *found;
  }();
  return target;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  const mhp::fuzz::Target& target = chosen();
  const char* folder = std::getenv("MHP_FUZZ_SEEDS");
  if (folder == nullptr) return 0;
  int number = 0;
  for (const std::string& seed : target.seeds())
    std::ofstream(fmt::format("{}/{:04}", folder, number++), std::ios::binary) << seed;
  std::_Exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen().read(std::string(data, data + size));
  return 0;
}
