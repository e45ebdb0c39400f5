#include "sim/config/size_requests.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "sim/core/units.hpp"

namespace mhp::config {

namespace {

constexpr const char* kRequestForm = R"(write "10s 4GiB", "free<1GiB 4GiB" or "free>8GiB 2GiB")";
constexpr std::string_view kFree = "free";

}  // namespace

Result<SizeRequest> parse_size_request(std::string_view text, const Location& where) {
  const auto refused = [&](std::string problem) {
    return fail(where, std::move(problem), kRequestForm);
  };
  const std::size_t space = text.find_first_of(" \t");
  const std::size_t word =
      space == std::string_view::npos ? space : text.find_first_not_of(" \t", space);
  if (word == std::string_view::npos)
    return refused(fmt::format("'{}' is no moment and a size", text));
  const std::string_view moment = text.substr(0, space);
  SizeRequest request;
  const auto size = parse_bytes(text.substr(word), where);
  if (!size) return refused(fmt::format("'{}' is no size", text.substr(word)));
  request.size = *size;
  if (moment.size() > kFree.size() && moment.substr(0, kFree.size()) == kFree &&
      (moment[kFree.size()] == '<' || moment[kFree.size()] == '>')) {
    const auto free = parse_bytes(moment.substr(kFree.size() + 1), where);
    if (!free) return refused(fmt::format("'{}' is no size", moment.substr(kFree.size() + 1)));
    request.when =
        moment[kFree.size()] == '<' ? SizeRequest::When::free_below : SizeRequest::When::free_above;
    request.free = *free;
    return request;
  }
  const auto at = parse_time(moment, where);
  if (!at || at->value < 0) return refused(fmt::format("'{}' is no time", moment));
  request.at = *at;
  return request;
}

}  // namespace mhp::config
