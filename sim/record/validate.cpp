#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "sim/core/product.hpp"
#include "sim/core/utf8.hpp"
#include "sim/record/dataset.hpp"

namespace mhp::record {
namespace {

/// HDF5 keeps a small attribute in an object header message, which holds less than 64 KiB.
constexpr std::size_t kLongestAttribute = 60'000;

/// Below the 256 bytes of netCDF-4 (NC_MAX_NAME), with room for what wraps a name.
constexpr std::size_t kLongestName = 200;

/// UTF-8 without NUL: HDF5 ends a variable-length string at the first one.
bool storable(std::string_view text) {
  return is_utf8(text) && text.find('\0') == std::string_view::npos;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_name(std::string_view text) { return text.size() <= kLongestName && is_word(text); }

/// One word of a flag_meanings attribute (CF conventions 1.8, section 3.5).
bool is_flag_meaning(std::string_view text) {
  const auto inner = [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') ||
           std::string_view("_-.+@").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), inner);
}

/// Collects what is wrong with one file's content; decides nothing about what is done with it.
class Validator {
 public:
  explicit Validator(std::string file) : where_{std::move(file), 0, 0} {}

  void attributes(const std::string& owner, const Attributes& list) {
    std::set<std::string> names;
    for (const Attribute& a : list) {
      const std::string subject = fmt::format("attribute {} of {}", a.name, owner);
      name(subject, a.name, names);
      const auto* text = std::get_if<std::string>(&a.value);
      if (text && !storable(*text)) report(subject, "is not UTF-8 text without NUL");
      if (text && text->size() > kLongestAttribute) {
        report(subject, fmt::format("is longer than {} bytes", kLongestAttribute));
      }
    }
  }

  void group(const Group& g) {
    attributes(fmt::format("/{}", g.name), g.attributes);
    std::set<std::string> names;
    for (const Variable& c : g.coordinates) {
      if (c.dims != std::vector<std::string>{c.name}) {
        report(subject_of(g, c), "is a coordinate, so its only axis must be itself");
      }
      variable(g, c, names);
    }
    for (const Variable& v : g.variables) variable(g, v, names);
  }

  void name(const std::string& subject, const std::string& text, std::set<std::string>& taken) {
    if (!is_name(text))
      report(subject, "has a name that is not up to 200 letters, digits and underscores");
    if (!taken.insert(text).second) report(subject, "has a name that is taken already");
  }

  Diagnostics found;

 private:
  static std::string subject_of(const Group& g, const Variable& v) {
    return fmt::format("dataset /{}/{}", g.name, v.name);
  }

  void report(const std::string& subject, const std::string& problem) {
    found.push_back({where_, fmt::format("{} {}", subject, problem), {}});
  }

  void variable(const Group& g, const Variable& v, std::set<std::string>& names) {
    const std::string subject = subject_of(g, v);
    name(subject, v.name, names);
    if (v.units.empty()) report(subject, "has no units");
    if (v.long_name.empty()) report(subject, "has no long_name");
    if (!storable(v.units) || !storable(v.long_name)) {
      report(subject, "has units or long_name that are not UTF-8 text without NUL");
    }
    attributes(subject, v.attributes);
    for (const Attribute& a : v.attributes)
      if (reserved_attribute(a.name))
        report(subject, fmt::format("has an attribute {}, which has a meaning of its own", a.name));
    shape(g, v, subject);
    if (const auto* flags = std::get_if<Flags>(&v.data)) check_flags(*flags, subject);
    if (const auto* texts = std::get_if<std::vector<std::string>>(&v.data)) {
      if (!std::all_of(texts->begin(), texts->end(), storable)) {
        report(subject, "holds a string that is not UTF-8 text without NUL");
      }
    }
  }

  void shape(const Group& g, const Variable& v, const std::string& subject) {
    std::size_t expected = 1;
    std::set<std::string> seen;
    for (const std::string& axis : v.dims) {
      const std::optional<std::size_t> extent = g.extent(axis);
      if (!extent) return report(subject, fmt::format("has an axis {} without coordinate", axis));
      if (!seen.insert(axis).second) report(subject, fmt::format("has the axis {} twice", axis));
      expected = product_up_to(expected, *extent);
    }
    if (size_of(v.data) != expected) {
      report(subject, fmt::format("has {} values, but its axes ({}) make {}", size_of(v.data),
                                  fmt::join(v.dims, ", "), expected));
    }
  }

  void check_flags(const Flags& flags, const std::string& subject) {
    if (flags.meanings.empty() || flags.meanings.size() > 256) {
      report(subject, "has no flag meanings or more than 256");
    }
    if (!std::all_of(flags.meanings.begin(), flags.meanings.end(), is_flag_meaning)) {
      report(subject, "has a flag meaning that is not one word of letters, digits and _-.+@");
    }
    for (std::uint8_t value : flags.values) {
      if (value >= flags.meanings.size()) {
        return report(subject, fmt::format("holds the flag {}, which has no meaning", value));
      }
    }
  }

  Location where_;
};

}  // namespace

bool reserved_attribute(std::string_view name) {
  constexpr std::string_view kReserved[] = {
      "units", "long_name",  "flag_values",    "flag_meanings",  "CLASS",
      "NAME",  "_FillValue", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS"};
  return std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved) ||
         name.starts_with("_Netcdf4");
}

Diagnostics validate(const FileContent& content, const std::string& file) {
  Validator validator(file);
  validator.attributes("the file", content.attributes);
  std::set<std::string> names;
  for (const Group& g : content.groups) {
    validator.name(fmt::format("group /{}", g.name), g.name, names);
    validator.group(g);
  }
  return std::move(validator.found);
}

}  // namespace mhp::record
