#include "analysis/validation/captures/block_writes.hpp"

#include <algorithm>
#include <cerrno>

namespace mhp::validation {

std::int64_t errno_of(kernel::Status status) {
  switch (status) {
    case kernel::Status::ok:
      return 0;
    case kernel::Status::enomem:
    case kernel::Status::oom:
    case kernel::Status::oops:
      return ENOMEM;
    case kernel::Status::einval:
      return EINVAL;
    case kernel::Status::eexist:
      return EEXIST;
    case kernel::Status::ebusy:
      return EBUSY;
    case kernel::Status::eintr:
      return EINTR;
    case kernel::Status::e2big:
      return E2BIG;
    case kernel::Status::enodev:
      return ENODEV;
  }
  return 0;
}

void BlockWrites::done(BlockId block, kernel::Status status) {
  if (status == kernel::Status::ok)
    ++ok_;
  else
    refused_.emplace_back(block.value, errno_of(status));
}

void BlockWrites::compare(Score& score, const nlohmann::json& result) const {
  const auto recorded = [&](const char* name) { return result.value(name, std::int64_t{0}); };
  constexpr std::size_t kTold = 8;
  const auto failed = static_cast<std::int64_t>(refused_.size());
  score.exact("op/ok", recorded("ok"), ok_);
  score.exact("op/failed", recorded("failed"), failed);
  score.exact("op/absent", recorded("absent"), absent_);
  score.exact("op/first_errno", recorded("first_errno"), refused_.empty() ? 0 : refused_[0].second);
  if (recorded("failed") == 0 && failed == 0) return;
  const auto told = refused_.empty() ? std::pair<std::int64_t, std::int64_t>{}
                                     : refused_[std::min(kTold, refused_.size()) - 1];
  score.exact("op/fail_block", recorded("fail_block"), told.first);
  score.exact("op/errno", recorded("errno"), told.second);
}

}  // namespace mhp::validation
