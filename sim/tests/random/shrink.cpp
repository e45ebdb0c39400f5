#include "sim/tests/random/shrink.hpp"

namespace mhp::random {
namespace {

/// Takes each element away that can go; whether any did.
template <class Holder>
bool take_away(Draft& draft, const std::function<bool(const Draft&)>& fails, Holder&& holder) {
  bool any = false;
  for (std::size_t i = holder(draft).size(); i-- > 0;) {
    Draft less = draft;
    auto& list = holder(less);
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
    if (!fails(less)) continue;
    draft = std::move(less);
    any = true;
  }
  return any;
}

}  // namespace

Draft shrink(Draft draft, const std::function<bool(const Draft&)>& fails) {
  for (bool any = true; any;) {
    any = take_away(
        draft, fails, [](Draft & d) -> auto& { return d.tables; });
    for (std::size_t t = 0; t < draft.tables.size(); ++t)
      any = take_away(
                draft, fails, [t](Draft & d) -> auto& { return d.tables[t].lines; }) ||
            any;
  }
  return draft;
}

}  // namespace mhp::random
