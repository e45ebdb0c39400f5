// libFuzzer's entry (./dev fuzz): every reader of texts, told apart by content.
#include <cstddef>
#include <cstdint>
#include <string>

#include "sim/observed/fuzz/one_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mhp::observed::read_one_input(std::string(data, data + size));
  return 0;
}
