#include "analysis/validation/captures/page_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace mhp::validation {

namespace {

using kernel::MigrateType;
using kernel::PageEvent;
using Kind = PageEvent::Kind;

constexpr std::string_view kLetters = "LAFDX";  // in the order of Kind

void append_run(const char* text, std::vector<Pfn>& out) {
  char* at = nullptr;
  const std::int64_t start = std::strtoll(text, &at, 10);
  const std::int64_t count = *at == ':' ? std::strtoll(at + 1, &at, 10) : 1;
  const std::int64_t step = *at == ':' ? std::strtoll(at + 1, &at, 10) : 0;
  for (std::int64_t i = 0; i < count; ++i) out.emplace_back(start + i * step);
}

/// What a key says: letter, order (or five numbers of a fallback), m type, c CPU.
LoggedEvent parse_key(const std::string& key) {
  LoggedEvent logged;
  PageEvent& e = logged.event;
  e.kind = static_cast<Kind>(std::min(kLetters.find(key[0]), kLetters.size() - 1));
  char* at = nullptr;
  e.order = static_cast<int>(std::strtol(key.c_str() + 1, &at, 10));
  if (e.kind == Kind::fallback) {
    e.fallback_order = static_cast<int>(std::strtol(at + 1, &at, 10));
    e.type = static_cast<MigrateType>(std::strtol(at + 1, &at, 10));
    e.fallback_type = static_cast<MigrateType>(std::strtol(at + 1, &at, 10));
    e.change_ownership = std::strtol(at + 1, &at, 10) != 0;
  } else if (*at == 'm') {
    e.type = static_cast<MigrateType>(std::strtol(at + 1, &at, 10));
  }
  if (*at == 'c') logged.cpu = CpuId{static_cast<std::int32_t>(std::strtol(at + 1, &at, 10))};
  return logged;
}

/// Freeing says nothing of the type; work that belongs to hot-plug, nothing of the CPU.
bool same(const LoggedEvent& recorded, const LoggedEvent& model) {
  const PageEvent& a = recorded.event;
  const PageEvent& b = model.event;
  return a.kind == b.kind && a.pfn == b.pfn && a.order == b.order &&
         (a.kind == Kind::freed || a.type == b.type) &&
         (!model.cpu.valid() || recorded.cpu == model.cpu) &&
         a.fallback_order == b.fallback_order &&
         (a.kind != Kind::fallback || a.fallback_type == b.fallback_type) &&
         a.change_ownership == b.change_ownership;
}
bool same(Pfn a, Pfn b) { return a == b; }

std::string text(Pfn pfn) { return fmt::to_string(pfn.value); }
std::string text(const LoggedEvent& l) {
  const PageEvent& e = l.event;
  std::string out = fmt::format("{}{}", kLetters[static_cast<std::size_t>(e.kind)], e.order);
  if (e.kind == Kind::fallback)
    out += fmt::format("/{}/{}/{}/{}", e.fallback_order, static_cast<int>(e.type),
                       static_cast<int>(e.fallback_type), e.change_ownership ? 1 : 0);
  else if (e.kind != Kind::freed)
    out += fmt::format("m{}", static_cast<int>(e.type));
  return fmt::format("{}c{} {}", out, l.cpu.value, e.pfn.value);
}

template <class T>
void compare(Score& score, const char* quantity, const std::vector<T>& recorded,
             const std::vector<T>& model, std::int64_t given) {
  const std::size_t most = std::max(recorded.size(), model.size());
  ClassCount count{static_cast<std::int64_t>(most), 0};
  std::size_t first = most;
  for (std::size_t i = 0; i < most; ++i) {
    if (i < recorded.size() && i < model.size() && same(recorded[i], model[i]))
      ++count.passed;
    else
      first = std::min(first, i);
  }
  count.checks -= given;
  count.passed = std::max<std::int64_t>(0, count.passed - given);
  const auto at = [&](const std::vector<T>& list) {
    return first < list.size() ? fmt::format("#{} {}", first, text(list[first]))
                               : fmt::format("#{} nothing", first);
  };
  score.exact_list(quantity, count, at(recorded), at(model));
}

}  // namespace

std::vector<Pfn> parse_frames(const std::string& text) {
  std::vector<Pfn> frames;
  for (std::size_t at = 0; at < text.size(); at = std::min(text.find(' ', at), text.size()) + 1)
    append_run(text.c_str() + at, frames);
  return frames;
}

std::vector<LoggedEvent> parse_log(const nlohmann::json& lines) {
  std::vector<LoggedEvent> events;
  for (const auto& line : lines) {
    const std::string whole = line.get<std::string>();
    const auto blank = whole.find(' ');
    std::vector<Pfn> frames;
    append_run(whole.c_str() + blank + 1, frames);
    const std::string key = whole.substr(0, blank);
    LoggedEvent logged = parse_key(key);
    logged.by_other = key.find('~') != std::string::npos;
    for (const Pfn pfn : frames) {
      logged.event.pfn = pfn;
      events.push_back(logged);
    }
  }
  return events;
}

std::int64_t leave_out_others(std::vector<LoggedEvent>& recorded,
                              const std::vector<LoggedEvent>& model) {
  std::vector<LoggedEvent> kept;
  for (const LoggedEvent& l : recorded)
    if (!l.by_other || (kept.size() < model.size() && same(l, model[kept.size()])))
      kept.push_back(l);
  recorded.swap(kept);
  return std::ssize(kept) - std::ssize(recorded);
}

void compare_log(Score& score, const std::vector<LoggedEvent>& recorded,
                 const std::vector<LoggedEvent>& model, std::int64_t given) {
  compare(score, "trace", recorded, model, given);
}

void compare_frames(Score& score, const std::vector<Pfn>& recorded, const std::vector<Pfn>& model) {
  compare(score, "pfns", recorded, model, 0);
}

}  // namespace mhp::validation
