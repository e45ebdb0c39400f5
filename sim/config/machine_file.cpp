#include "sim/config/machine_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "sim/config/merge.hpp"
#include "sim/config/overrides.hpp"
#include "sim/config/scenario.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/core/crc32.hpp"
#include "sim/core/data_folder.hpp"
#include "sim/core/param_standing.hpp"
#include "sim/core/read_file.hpp"
#include "sim/observed/machine_table.hpp"
#include "sim/observed/snapshot_file.hpp"
#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/recognise.hpp"

namespace mhp::config {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFromMachine = "from_machine";
/// The family whose speeds are assumed where none is known: that of most published measurements.
constexpr const char* kUsualFamily = "cascade-lake";

std::string machines_folder() { return shipped("configs/machines"); }

/// The text of a file if it is no TOML but what a machine says of itself.
std::optional<std::string> observed_text(const std::string& path) {
  if (path.ends_with(".toml")) return std::nullopt;
  auto text = read_file_text(path, observed::kMostSnapshotBytes);
  if (!text) return std::nullopt;
  if (observed::is_snapshot(*text) || !observed::pieces_of(*text, {path, 1, 1}).empty())
    return std::move(*text);
  return std::nullopt;
}

std::string checksum(const std::string& text) {
  Crc32 crc;
  crc.add(std::as_bytes(std::span(text)));
  return fmt::format("{:08x}", crc.value());
}

/// Whether a processor is one of those that a family names.
bool is_of(const observed::Processors& p, const std::string& cpuid) {
  const std::string own =
      fmt::format("{} {} {}", p.vendor, p.family.value_or(-1), p.model_number.value_or(-1));
  const std::string arm = fmt::format("{} {}", p.vendor, p.model_number.value_or(-1));
  if (cpuid == own || cpuid == arm) return true;
  if (cpuid.starts_with(own + " ") && p.stepping) {
    const std::string steppings = cpuid.substr(own.size() + 1);
    const std::size_t dash = steppings.find('-');
    return dash != std::string::npos && std::stoll(steppings.substr(0, dash)) <= *p.stepping &&
           *p.stepping <= std::stoll(steppings.substr(dash + 1));
  }
  return cpuid.find(' ') == std::string::npos && p.model.starts_with(cpuid);
}

/// The file in parts of the family that a processor is of; nothing if there is none.
std::optional<std::string> family_of(const observed::Processors& processors) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(machines_folder() + "/parts", ignored))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const auto part = load_toml(machines_folder() + "/parts/" + name);
    if (!part) continue;
    const Value* cpuid = part->find("cpuid");
    if (cpuid == nullptr || cpuid->array() == nullptr) continue;
    for (const Value& one : *cpuid->array())
      if (one.string() != nullptr && is_of(processors, *one.string())) return name;
  }
  return std::nullopt;
}

/// A machine of two sockets of the family that the processors are of, or of the usual one.
Result<observed::Like> like(const observed::Processors& processors) {
  const auto family = family_of(processors);
  const std::string part = family.value_or(std::string(kUsualFamily) + ".toml");
  const Location where{machines_folder() + "/like.toml", 0, 0};
  const auto text = [&](std::string s) { return Value{std::move(s), where}; };
  const auto number = [&](std::int64_t n) { return Value{n, where}; };
  Value::Table socket{{"processor", text("parts/" + part), where},
                      {"count", number(2), where},
                      {"threads", number(processors.threads_per_core.value_or(1)), where},
                      {"memory", text("64GiB"), where}};
  Value machine{
      Value::Table{{"name", text("like"), where},
                   {"socket", Value{Value::Array{{std::move(socket), where}}, where}, where}},
      where};
  Value root{Value::Table{{"machine", std::move(machine), where}}, where};
  if (auto put = put_references(root); !put) return tl::unexpected<Diagnostics>(put.error());
  const auto named = load_toml(machines_folder() + "/parts/" + part);
  const Value* name = named ? named->find("name") : nullptr;
  return observed::Like{name != nullptr && name->string() != nullptr ? *name->string() : part,
                        family.has_value(), std::move(*root.find("machine"))};
}

std::vector<std::string> in_words(const std::vector<observed::Remark>& remarks) {
  std::vector<std::string> out;
  for (const observed::Remark& r : remarks) out.push_back(fmt::format("{}: {}", r.what, r.where));
  return out;
}

Value list_of(const std::vector<std::string>& texts, const Location& where) {
  Value::Array all;
  for (const std::string& text : texts) all.push_back({text, where});
  return {std::move(all), where};
}

void put(Value& table, const std::string& key, Value value) {
  const Location where = value.where;
  if (Value* member = table.find(key))
    *member = std::move(value);
  else
    table.table()->push_back({key, std::move(value), where});
}

/// Takes a value away, and what is said of it alone.
void forget(Value& table, const std::string& key) {
  std::erase_if(*table.table(), [&](const Value::Member& m) {
    return m.key == key || described_name(m.key) == key;
  });
}

bool is_of_command_line(const Value& v) { return v.where.file == kOverrideFile; }

/// Takes what the machine before has said of the kernel away.
void forget_machine_before(Value& kernel) {
  const Value* list = kernel.find(kFromMachine);
  if (list == nullptr || list->array() == nullptr) return;
  const Value::Array names = *list->array();
  for (const Value& name : names)
    if (const Value* v = name.string() ? kernel.find(*name.string()) : nullptr;
        v != nullptr && !is_of_command_line(*v))
      forget(kernel, *name.string());
  forget(kernel, kFromMachine);
}

/// `over`: what a file says of the kernel does not hold for this machine's.
void spread_kernel(Value& root, const Value& said, bool over) {
  const Location where = said.where;
  if (root.find("kernel") == nullptr)
    root.table()->push_back({"kernel", Value{Value::Table{}, where}, where});
  Value& kernel = *root.find("kernel");
  if (kernel.table() == nullptr) return;
  forget_machine_before(kernel);
  std::vector<std::string> from;
  for (const Value::Member& m : *said.table()) {
    if (is_standing_key(m.key)) continue;
    const Value* own = kernel.find(m.key);
    if (own != nullptr && (!over || is_of_command_line(*own))) continue;
    forget(kernel, m.key);
    put(kernel, m.key, m.value);
    for (const Value::Member& about : *said.table())
      if (described_name(about.key) == m.key) put(kernel, about.key, about.value);
    from.push_back(m.key);
  }
  put(kernel, kFromMachine, list_of(from, where));
}

void spread_hotplug(Value& root, const Value& said) {
  Value* tables = root.find("hotplug");
  if (tables == nullptr || tables->array() == nullptr) return;
  for (Value& table : *tables->array()) {
    if (table.table() == nullptr) continue;
    if (table.find("online") != nullptr || table.find("online_by") != nullptr) continue;
    for (const Value::Member& m : *said.table()) put(table, m.key, m.value);
  }
}

/// Puts a machine in that says itself what it is.
Result<void> spread(Value& root, const std::string& text, const std::string& path) {
  const Value& member = *root.find("machine");
  const bool over = member.where.file != root.where.file;
  const Location where{path, 1, 1};
  const auto observation = observed::observe({{path, text}});
  if (!observation) return tl::unexpected<Diagnostics>(observation.error());
  const observed::Observed& seen = *observation;
  auto speeds = like(seen.processors);
  if (!speeds) return tl::unexpected<Diagnostics>(speeds.error());
  auto parts = observed::parts_of(seen, *speeds, {path, 0, 0});
  if (!parts) return tl::unexpected<Diagnostics>(parts.error());
  const auto line = [&](std::string s) { return Value{std::move(s), where}; };
  Value origin{
      Value::Table{
          {"file", line(observed::printable(fs::path(path).filename().string(), 255)), where},
          {"crc32", line(checksum(text)), where},
          {"found", list_of(in_words(seen.found), where), where},
          {"assumed", list_of(in_words(parts->assumed), where), where}},
      where};
  parts->machine.table()->push_back({"origin", std::move(origin), where});
  put(root, "machine", std::move(parts->machine));
  spread_kernel(root, parts->kernel, over);
  spread_hotplug(root, parts->hotplug);
  return {};
}

}  // namespace

Result<void> merge_machine(Value& table, const std::string& key) {
  const Value* member = table.find(key);
  const std::string* named = member == nullptr ? nullptr : member->string();
  if (key != "machine" || named == nullptr) return merge_reference(table, key);
  const std::string path = referenced_file(*named, key, member->where);
  const auto text = observed_text(path);
  const Location where = member->where;
  if (!text) {
    auto merged = merge_reference(table, key);
    if (Value* kernel = table.find("kernel");
        merged && kernel != nullptr && kernel->table() != nullptr)
      forget_machine_before(*kernel);
    std::error_code ignored;
    if (merged || path.ends_with(".toml") || !fs::is_regular_file(path, ignored)) return merged;
    return named_by(
        {{{path, 0, 0},
          "this is no machine file (TOML), and no text in which a machine says what it is",
          fmt::format("known: {}", observed::known_texts())}},
        key, where);
  }
  auto done = spread(table, *text, path);
  if (!done) return named_by(std::move(done.error()), key, where);
  return {};
}

}  // namespace mhp::config
