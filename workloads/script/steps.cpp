#include "workloads/script/steps.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "sim/core/units.hpp"

namespace mhp::workloads {

namespace {

std::vector<std::string_view> words_in(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = text.find_first_not_of(" \t", at);
    if (start == std::string_view::npos) break;
    at = std::min(text.find_first_of(" \t", start), text.size());
    words.push_back(text.substr(start, at - start));
  }
  return words;
}

/// Reads the words after the first, one after the other; the first that is wrong is kept.
class Operands {
 public:
  explicit Operands(std::vector<std::string_view> words) : words_(std::move(words)) {}

  std::size_t left() const { return words_.size() - next_; }
  /// A size that is not 0, unless it is a place.
  Bytes size(const char* what, bool place = false) {
    const auto read = next(what);
    if (!read) return {};
    const auto parsed = parse_bytes(*read);
    if (!parsed)
      refuse(parsed.error().front().problem);
    else if (parsed->value == 0 && !place)
      refuse(fmt::format("{} is 0", what));
    else
      return *parsed;
    return {};
  }
  SimTime time(const char* what) {
    const auto read = next(what);
    if (!read) return {};
    const auto parsed = parse_time(*read);
    if (parsed) return *parsed;
    refuse(parsed.error().front().problem);
    return {};
  }
  std::int64_t count(const char* what) {
    const auto read = next(what);
    std::int64_t n = 0;
    if (!read) return n;
    const auto [end, error] = std::from_chars(read->data(), read->data() + read->size(), n);
    if (error != std::errc{} || end != read->data() + read->size() || n < 1 || n > kMost)
      refuse(fmt::format("{} is '{}', no number of 1 .. {}", what, *read, kMost));
    return n;
  }
  bool flag(std::string_view word) {
    if (left() == 0 || words_[next_] != word) return false;
    ++next_;
    return true;
  }
  void end() {
    if (left() > 0 && problem_.empty()) refuse(fmt::format("'{}' is too much", words_[next_]));
  }
  const std::string& problem() const { return problem_; }

 private:
  static constexpr std::int64_t kMost = 1'000'000;

  const std::string_view* next(const char* what) {
    if (!problem_.empty()) return nullptr;
    if (left() > 0) return &words_[next_++];
    refuse(fmt::format("{} is missing", what));
    return nullptr;
  }
  void refuse(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  std::vector<std::string_view> words_;
  std::size_t next_ = 0;
  std::string problem_;
};

void read_operands(ScriptStep& step, Operands& in) {
  switch (step.kind) {
    case StepKind::read:
    case StepKind::map:
    case StepKind::write:
      if (in.left() > 1) step.from = in.size("FROM", true);
      step.size = in.size("SIZE");
      break;
    case StepKind::round:
      if (in.left() > 3) step.from = in.size("FROM", true);
      step.size = in.size("SIZE");
      step.chunk = in.size("CHUNK");
      step.time = in.time("PAUSE");
      break;
    case StepKind::hold:
      step.size = in.size("SIZE");
      step.thp = in.flag("thp");
      break;
    case StepKind::lock:
    case StepKind::drop:
      step.size = in.size("SIZE");
      break;
    case StepKind::unmovable:
      step.size = in.size("SIZE");
      step.keep = in.count("KEEP");
      break;
    case StepKind::sleep:
    case StepKind::until:
      step.time = in.time("TIME");
      break;
    case StepKind::touch:
    case StepKind::free:
      break;
  }
  in.end();
}

}  // namespace

Result<ScriptStep> parse_step(std::string_view text, std::string_view name, const Location& where) {
  auto words = words_in(text);
  const std::string first(words.empty() ? std::string_view{} : words.front());
  const auto kind = named<StepKind>(first);
  if (!kind)
    return fail(where, fmt::format("{} '{}' begins with no step", name, text),
                did_you_mean(first, all_words<StepKind>()));
  words.erase(words.begin());
  ScriptStep step;
  step.kind = *kind;
  Operands operands(std::move(words));
  read_operands(step, operands);
  if (operands.problem().empty()) return step;
  return fail(where, fmt::format("{} '{}': {}", name, text, operands.problem()),
              fmt::format("it is written: {}",
                          words_of(StepKind{}).at(static_cast<std::size_t>(*kind)).doc));
}

}  // namespace mhp::workloads
