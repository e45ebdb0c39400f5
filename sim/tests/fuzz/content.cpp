#include "sim/tests/fuzz/content.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "sim/config/scenario.hpp"
#include "sim/core/invariant.hpp"
#include "sim/run/result/run_content.hpp"
#include "sim/run/run.hpp"
#include "workloads/trace/hdf5_trace.hpp"

namespace mhp::fuzz {
namespace {

using record::FileContent;
using record::Group;
using record::Variable;

/// Numbers that readers take for a size, a place or a time and had better not.
constexpr std::array<std::int64_t, 10> kOddNumbers{
    0,
    -1,
    1,
    255,
    256,
    std::int64_t{1} << 31,
    std::int64_t{1} << 52,
    std::int64_t{1} << 62,
    std::numeric_limits<std::int64_t>::max(),
    std::numeric_limits<std::int64_t>::min(),
};
const std::array<double, 8> kOddReals{
    0.0, -1.0, 1e300, -1e300, 1e-300, 0.5, std::numeric_limits<double>::infinity(), std::nan("")};

FileContent run_with(const std::vector<std::string>& settings) {
  const auto s =
      config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml", settings);
  MHP_INVARIANT(s.has_value(), "{}", s.error().front().text());
  run::RunOptions options{"", 1, 0, {}};
  options.record = true;
  return run::run_content(*s, run::simulate(*s, options));
}

FileContent trace() {
  workloads::TraceTable table;
  for (std::int64_t i = 0; i < 6; ++i)
    table.add({.alloc = i % 2 == 0,
               .time = SimTime{i * 1000},
               .pfn = Pfn{4096},
               .order = static_cast<int>(i % 4),
               .gfp_flags = i % 2 == 0 ? "GFP_KERNEL|__GFP_COMP" : ""});
  return std::move(table).content("a trace").value();
}

/// Edits that are used up one after the other; zeros from their end on.
class Edits {
 public:
  explicit Edits(const std::string& bytes) : bytes_(bytes) {}
  bool left() const { return at_ < bytes_.size(); }
  std::size_t byte() { return left() ? static_cast<unsigned char>(bytes_[at_++]) : 0; }
  std::size_t below(std::size_t n) {
    const std::size_t drawn = n > 256 ? byte() * 256 + byte() : byte();
    return n == 0 ? 0 : drawn % n;
  }
  std::string text() {
    std::string out;
    for (std::size_t n = below(12); n > 0; --n) out.push_back(static_cast<char>(byte()));
    return out;
  }

 private:
  const std::string& bytes_;
  std::size_t at_ = 0;
};

void put_odd(record::Data& data, Edits& in) {
  const std::size_t size = record::size_of(data);
  if (size == 0) return;
  const std::size_t at = in.below(size);
  if (auto* ints = std::get_if<std::vector<std::int64_t>>(&data))
    (*ints)[at] = kOddNumbers[in.below(kOddNumbers.size())];
  else if (auto* reals = std::get_if<std::vector<double>>(&data))
    (*reals)[at] = kOddReals[in.below(kOddReals.size())];
  else if (auto* flags = std::get_if<record::Flags>(&data))
    flags->values[at] = static_cast<std::uint8_t>(in.byte());
  else if (auto* texts = std::get_if<std::vector<std::string>>(&data))
    (*texts)[at] = in.text();
}

void resize(record::Data& data, std::size_t size) {
  if (auto* flags = std::get_if<record::Flags>(&data)) return flags->values.resize(size);
  if (auto* ints = std::get_if<std::vector<std::int64_t>>(&data)) return ints->resize(size);
  if (auto* reals = std::get_if<std::vector<double>>(&data)) return reals->resize(size);
  std::get<std::vector<std::string>>(data).resize(size);
}

record::Data of_type(std::size_t type, std::size_t size) {
  if (type == 0) return std::vector<std::int64_t>(size, 7);
  if (type == 1) return std::vector<double>(size, 0.5);
  if (type == 2) return std::vector<std::string>(size, "x");
  return record::Flags{std::vector<std::uint8_t>(size, 1), {"a", "b"}};
}

template <class T>
void erase(std::vector<T>& from, std::size_t at) {
  from.erase(from.begin() + static_cast<std::ptrdiff_t>(at));
}

void change_attributes(record::Attributes& attributes, Edits& in) {
  if (attributes.empty()) return;
  const std::size_t at = in.below(attributes.size());
  switch (in.below(4)) {
    case 0:
      return erase(attributes, at);
    case 1:
      attributes[at].value = in.text();
      return;
    case 2:
      attributes[at].value = kOddNumbers[in.below(kOddNumbers.size())];
      return;
    default:
      attributes.push_back(attributes[at]);
  }
}

void change_variable(Group& group, std::vector<Variable>& variables, std::size_t at, Edits& in) {
  Variable& v = variables[at];
  switch (in.below(10)) {
    case 0:
      return erase(variables, at);
    case 1:
      v.data = of_type(in.below(4), record::size_of(v.data));
      return;
    case 2:
      return resize(v.data, in.below(5));
    case 3:
      v.units = in.text();
      return;
    case 4:
      v.name = in.text();
      return;
    case 5:
      v.dims = group.coordinates.empty()
                   ? std::vector<std::string>{}
                   : std::vector<std::string>(
                         in.below(3), group.coordinates[in.below(group.coordinates.size())].name);
      return;
    case 6:
      return change_attributes(v.attributes, in);
    case 7:
      if (auto* flags = std::get_if<record::Flags>(&v.data)) flags->meanings.resize(in.below(4));
      return;
    default:
      put_odd(v.data, in);
  }
}

void change(FileContent& content, Edits& in) {
  if (content.groups.empty()) return;
  const std::size_t at = in.below(content.groups.size());
  Group& group = content.groups[at];
  switch (in.below(10)) {
    case 0:
      return erase(content.groups, at);
    case 1:
      return change_attributes(content.attributes, in);
    case 2:
      return change_attributes(group.attributes, in);
    case 3:  // the length of an axis, and of all that lies along it
      if (!group.coordinates.empty()) {
        const std::string axis = group.coordinates[in.below(group.coordinates.size())].name;
        const std::size_t size = in.below(4);
        for (auto* list : {&group.coordinates, &group.variables})
          for (Variable& v : *list)
            if (v.dims == std::vector<std::string>{axis}) resize(v.data, size);
      }
      return;
    case 4:
      if (!group.coordinates.empty())
        change_variable(group, group.coordinates, in.below(group.coordinates.size()), in);
      return;
    default:
      if (!group.variables.empty())
        change_variable(group, group.variables, in.below(group.variables.size()), in);
  }
}

}  // namespace

const std::vector<FileContent>& whole_contents() {
  static const std::vector<FileContent> all{
      run_with({"hotplug.0.size=256MiB", "settle=10ms"}),
      run_with({"hotplug.0.size=128MiB", "settle=10ms", "kernel.memmap_placement=hotplugged_range",
                "workload={kind=\"steady\",interval=\"10ms\",stream=\"1MiB\"}", "until=100ms"}),
      trace()};
  return all;
}

FileContent changed_content(const std::string& bytes) {
  Edits in(bytes);
  FileContent content = whole_contents()[in.below(whole_contents().size())];
  for (int n = 0; in.left() && n < 16; ++n) change(content, in);
  return content;
}

std::vector<std::string> content_seeds() {
  std::vector<std::string> seeds;
  for (std::size_t i = 0; i < whole_contents().size(); ++i) {
    const auto first = static_cast<char>(i);
    seeds.emplace_back(1, first);
    seeds.push_back(std::string(1, first) + "\x01\x05\x02\x08\x03\x04\x07\x01\x02\x08");
    seeds.push_back(std::string(1, first) + "\x09\x06\x01\x01\x02\x0a\x03\x01\x02\x05\x02\x02");
  }
  return seeds;
}

}  // namespace mhp::fuzz
