#include "analysis/validation/published/passes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sim/kernel/boot/memmap_init.hpp"

namespace mhp::published {

namespace {

using kernel::Primitive;

/// Nothing if a name is wrong.
std::optional<kernel::Pass> read_pass(const std::string& text, const Location& where,
                                      Diagnostics& errors) {
  std::optional<kernel::Pass> pass;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('+', start), text.size());
    const std::string name = text.substr(start, end - start);
    const auto it = std::find(kernel::kPrimitiveNames.begin(), kernel::kPrimitiveNames.end(), name);
    if (it == kernel::kPrimitiveNames.end()) {
      errors.push_back(
          {where, fmt::format("no primitive '{}'", name), "see sim/kernel/primitives.hpp"});
      return std::nullopt;
    }
    const auto primitive = static_cast<Primitive>(it - kernel::kPrimitiveNames.begin());
    if (pass)
      pass->add(primitive);
    else
      pass = primitive;
    start = end + 1;
  }
  return pass;
}

}  // namespace

std::vector<kernel::Pass> read_passes(const std::vector<std::string>& texts,
                                      const kernel::KernelProfile& profile, const Location& where,
                                      Diagnostics& errors) {
  if (texts.empty()) return kernel::deferred_init_memmap(profile).passes;
  std::vector<kernel::Pass> passes;
  for (const std::string& text : texts)
    if (const auto pass = read_pass(text, where, errors)) passes.push_back(*pass);
  return passes;
}

}  // namespace mhp::published
