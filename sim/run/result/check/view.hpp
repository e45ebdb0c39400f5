#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/record/dataset.hpp"
#include "sim/run/result/check/file_check.hpp"

namespace mhp::run {

/// Sums and products of numbers of a file, which may be any.
__extension__ using Wide = __int128;

/// Columns of a group of a file. Those that it lacks are empty, and whole() is false from then on:
/// that they lack is said by the promises.
class GroupView {
 public:
  GroupView(const record::FileContent& file, const std::string& group) : group_(file.find(group)) {}

  using Ints = std::vector<std::int64_t>;
  using Reals = std::vector<double>;
  using Texts = std::vector<std::string>;

  const Ints& ints(const std::string& name) { return get<Ints>(name); }
  const Reals& reals(const std::string& name) { return get<Reals>(name); }
  const Texts& texts(const std::string& name) { return get<Texts>(name); }
  const record::Flags& flags(const std::string& name) { return get<record::Flags>(name); }
  bool there() const { return group_ != nullptr; }
  bool whole() const { return whole_; }
  const record::Group* group() const { return group_; }

 private:
  template <class T>
  const T& get(const std::string& name) {
    static const T none{};
    const record::Variable* v = group_ == nullptr ? nullptr : group_->find(name);
    const T* data = v == nullptr ? nullptr : std::get_if<T>(&v->data);
    whole_ = whole_ && data != nullptr;
    return data == nullptr ? none : *data;
  }

  const record::Group* group_;
  bool whole_ = true;
};

/// One thing that must hold throughout a file: says that it was looked at, and where it does not
/// hold, of many places the first.
class Law {
 public:
  Law(FileCheck& check, std::string says) : check_(check), says_(std::move(says)) {
    check_.looked_at.push_back(says_);
  }
  ~Law() {
    if (broken_ > kTold)
      check_.faults.push_back(
          fmt::format("... and {} places more where not: {}", broken_ - kTold, says_));
  }
  Law(const Law&) = delete;
  Law& operator=(const Law&) = delete;

  template <class... Args>
  void holds(bool it_does, fmt::format_string<Args...> where, Args&&... args) {
    if (it_does) return;
    if (++broken_ > kTold) return;
    check_.faults.push_back(
        fmt::format("{} (not so: {})", fmt::format(where, std::forward<Args>(args)...), says_));
  }

 private:
  static constexpr std::size_t kTold = 3;
  FileCheck& check_;
  std::string says_;
  std::size_t broken_ = 0;
};

/// 16 hexadecimal digits.
bool is_hex16(const std::string& text);

// The laws, one function a subject. Each looks at what the file has of it.
void zone_laws(const record::FileContent& file, FileCheck& check);
void hotplug_laws(const record::FileContent& file, FileCheck& check);
void ledger_laws(const record::FileContent& file, FileCheck& check);
void series_laws(const record::FileContent& file, FileCheck& check);
void traffic_laws(const record::FileContent& file, FileCheck& check);
void section_laws(const record::FileContent& file, FileCheck& check);
void span_laws(const record::FileContent& file, FileCheck& check);

}  // namespace mhp::run
