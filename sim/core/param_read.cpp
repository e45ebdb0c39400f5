#include "sim/core/param_read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sim/core/is_amount.hpp"
#include "sim/core/param_text.hpp"
#include "sim/core/units.hpp"
#include "sim/core/utf8.hpp"

namespace mhp {
namespace {

bool is_word(const ParamSpec& spec, const Value& value) {
  const std::string* text = value.string();
  return text != nullptr && !spec.word.empty() && *text == spec.word;
}

/// Turns one value into one type. Decides what a file may write for it.
class Reader {
 public:
  Reader(const ParamSpec& spec, const ParamPath& path, Diagnostics& errors)
      : spec_(spec), path_(path), errors_(errors) {}

  /// The value, or nothing after saying what is wrong with it.
  std::optional<ParamData> read(const Value& value) {
    std::optional<ParamData> data =
        std::visit([&](const auto& preset) { return read_as(value, preset); }, spec_.preset);
    if (!data) return std::nullopt;
    if (const auto n = out_of_range(spec_, *data)) {
      error(value,
            fmt::format("{} is {}, out of range", path_.text(), shown_text_as(spec_.preset, *n)),
            fmt::format("allowed is {}", range_text(spec_)));
      return std::nullopt;
    }
    if (const auto* text = std::get_if<std::string>(&*data))
      if (!check_text(value, *text) || !check_choice(value, *text)) return std::nullopt;
    if (auto* chosen = std::get_if<Chosen>(&*data)) {
      if (!check_choice(value, chosen->word)) return std::nullopt;
      *chosen = *choice_of(spec_, chosen->word);
    }
    return data;
  }

 private:
  void error(const Value& value, std::string problem, std::string remedy) {
    errors_.push_back({value.where, std::move(problem), std::move(remedy)});
  }

  std::nullopt_t wrong_kind(const Value& value, const char* wanted, std::string remedy = {}) {
    error(value, fmt::format("{} must be {}, not {}", path_.text(), wanted, value.kind_name()),
          std::move(remedy));
    return std::nullopt;
  }

  /// Texts go to terminals, file attributes and other programs: no control characters but the ends
  /// of lines, and names are one line.
  bool check_text(const Value& value, const std::string& text) {
    constexpr std::size_t kLongestName = 200;
    constexpr std::size_t kLongestText = 4096;
    const bool is_name = spec_.name == "name";
    const auto allowed = [&](char32_t c) {
      return !is_control(c) || (!is_name && (c == '\n' || c == '\t'));
    };
    std::string_view rest = text;
    while (!rest.empty() && allowed(first_character(rest).code))
      rest.remove_prefix(first_character(rest).bytes);
    const std::size_t letters = characters_in(text);
    const std::string remedy = is_name ? fmt::format("a line of at most {} letters", kLongestName)
                                       : fmt::format("text of at most {} letters", kLongestText);
    if (!rest.empty())
      return error(value,
                   fmt::format("{} holds the control character {}", path_.text(),
                               visible(rest.substr(0, first_character(rest).bytes))),
                   remedy),
             false;
    if (letters > (is_name ? kLongestName : kLongestText))
      return error(value, fmt::format("{} is {} letters long", path_.text(), letters), remedy),
             false;
    return true;
  }

  bool check_choice(const Value& value, const std::string& text) {
    if (spec_.choices.empty() || choice_of(spec_, text)) return true;
    if (text == "help") {
      std::string lines = list_choices(spec_.choices);
      lines.pop_back();
      error(value, fmt::format("choices of {}:\n{}", path_.text(), lines), {});
      return false;
    }
    std::vector<std::string> names;
    for (const Choice& choice : spec_.choices) names.push_back(choice.name);
    std::string remedy = did_you_mean(text, names);
    if (remedy.empty()) remedy = "the value help lists the choices";
    error(value, fmt::format("{} has no choice '{}'", path_.text(), text), std::move(remedy));
    return false;
  }

  std::optional<ParamData> read_as(const Value& value, const std::string&) {
    if (const std::string* text = value.string()) return *text;
    return wrong_kind(value, "a string", "put it in quotes");
  }
  std::optional<ParamData> read_as(const Value& value, const Chosen&) {
    if (const std::string* text = value.string()) return Chosen{0, *text};
    return wrong_kind(value, "a string", "put it in quotes");
  }
  std::optional<ParamData> read_as(const Value& value, bool) {
    if (const bool* flag = std::get_if<bool>(&value.data)) return *flag;
    return wrong_kind(value, "a boolean", "write true or false");
  }
  std::optional<ParamData> read_as(const Value& value, std::int64_t) {
    if (const auto* n = std::get_if<std::int64_t>(&value.data)) return *n;
    return wrong_kind(value, "an integer");
  }
  std::optional<ParamData> read_as(const Value& value, NodeId) {
    const auto* n = std::get_if<std::int64_t>(&value.data);
    if (n == nullptr) return wrong_kind(value, "a node number");
    if (*n < 0 || *n > kLargestNode) {
      error(value, fmt::format("{} is {}, no node number", path_.text(), *n),
            fmt::format("nodes are 0 .. {}", kLargestNode));
      return std::nullopt;
    }
    return NodeId{static_cast<std::int32_t>(*n)};
  }
  std::optional<ParamData> read_as(const Value& value, PageCount) {
    if (const auto* n = std::get_if<std::int64_t>(&value.data)) return PageCount{*n};
    return wrong_kind(value, "a number of 4 KiB pages");
  }
  std::optional<ParamData> read_as(const Value& value, Bytes) {
    return with_unit(value, Unit::byte, "a size in quotes, as in \"64GiB\"", parse_bytes);
  }
  std::optional<ParamData> read_as(const Value& value, SimTime) {
    return with_unit(value, Unit::ns, "a time in quotes, as in \"1.5ms\"", parse_time);
  }
  std::optional<ParamData> read_as(const Value& value, Picoseconds) {
    return with_unit(value, Unit::ps, "a cost in quotes, as in \"54.7ns\"", parse_picoseconds);
  }
  std::optional<ParamData> read_as(const Value& value, BytesPerSecond) {
    return with_unit(value, Unit::byte_per_second, "a bandwidth in quotes, as in \"90GiB/s\"",
                     parse_bandwidth);
  }
  template <class T>
  std::optional<ParamData> read_as(const Value& value, const std::vector<T>&) {
    const Value::Array* elements = value.array();
    if (elements == nullptr) return wrong_kind(value, "an array", "put it in [ ]");
    std::vector<T> list;
    bool good = true;
    for (const Value& element : *elements) {
      std::optional<ParamData> data = read_as(element, T{});
      if (data)
        list.push_back(std::get<T>(std::move(*data)));
      else
        good = false;
    }
    if (!good) return std::nullopt;
    return list;
  }

  template <class T>
  std::optional<ParamData> with_unit(const Value& value, Unit unit, const char* wanted,
                                     Result<T> (*parse)(std::string_view, const Location&)) {
    const Amount* number = value.amount();
    if (number != nullptr && number->unit == unit && number->number >= 0) return T{number->number};
    if (is_word(spec_, value)) return T{spec_.word_means};
    // Who converts amounts of another unit, or refuses one, is the reader of texts.
    const std::string written = number != nullptr ? number->text() : "";
    const std::string* text = number != nullptr ? &written : value.string();
    if (text == nullptr) return wrong_kind(value, wanted);
    Result<T> amount = parse(*text, value.where);
    if (amount) return *amount;
    for (Diagnostic& d : amount.error()) {
      d.problem = fmt::format("{}: {}", path_.text(), d.problem);
      if (!spec_.word.empty()) d.remedy += fmt::format(", or {}", spec_.word);
      errors_.push_back(std::move(d));
    }
    return std::nullopt;
  }

  /// Linux allows 2^CONFIG_NODES_SHIFT nodes, at most 1024 on x86-64 (arch/x86/Kconfig).
  static constexpr std::int64_t kLargestNode = 1023;

  const ParamSpec& spec_;
  const ParamPath& path_;
  Diagnostics& errors_;
};

}  // namespace

std::string ParamPath::text() const {
  return table.empty() ? std::string(name) : fmt::format("{}.{}", table, name);
}

std::optional<std::int64_t> out_of_range(const ParamSpec& spec, const ParamData& data) {
  const auto outside = [&spec](std::int64_t n) {
    if (!spec.word.empty() && n == spec.word_means) return false;
    return (spec.min && n < *spec.min) || (spec.max && n > *spec.max);
  };
  return std::visit(
      [&outside](const auto& v) -> std::optional<std::int64_t> {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
          const auto it = std::find_if(v.begin(), v.end(), outside);
          if (it != v.end()) return *it;
        } else if constexpr (kIsAmount<T>) {
          if (outside(v.value)) return v.value;
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          if (outside(v)) return v;
        }
        return std::nullopt;
      },
      data);
}

std::optional<Chosen> choice_of(const ParamSpec& spec, const std::string& name) {
  for (std::size_t i = 0; i < spec.choices.size(); ++i)
    if (spec.choices[i].name == name) return Chosen{i, name};
  return std::nullopt;
}

std::optional<ParamData> read_param(const ParamSpec& spec, const ParamPath& path,
                                    const Value& value, Diagnostics& errors) {
  return Reader(spec, path, errors).read(value);
}

}  // namespace mhp
