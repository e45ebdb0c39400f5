#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/record/dataset.hpp"

namespace mhp::report {

using Ints = std::vector<std::int64_t>;
using Reals = std::vector<double>;
using Texts = std::vector<std::string>;

/// A group of a result file as far as it is there and sound. Asks for what may be absent: files of
/// earlier programs hold less. A variable is only given with the axes that were asked for and as
/// many values as these have.
class GroupView {
 public:
  GroupView(const record::FileContent& file, const std::string& name);

  explicit operator bool() const { return group_ != nullptr; }
  const record::Group& group() const { return *group_; }
  /// Entries along an axis; 0 without it.
  std::size_t extent(const std::string& axis) const;

  // Null if there is no such variable along these axes, or of another type, or with numbers that no
  // run has.
  const Ints* ints(const std::string& name, const std::vector<std::string>& dims) const;
  const Reals* reals(const std::string& name, const std::vector<std::string>& dims) const;
  const Texts* texts(const std::string& name, const std::vector<std::string>& dims) const;
  const record::Flags* flags(const std::string& name, const std::vector<std::string>& dims) const;
  const Ints* axis(const std::string& name) const { return ints(name, {name}); }
  const Texts* words(const std::string& name) const { return texts(name, {name}); }

 private:
  const record::Data* find(const std::string& name, const std::vector<std::string>& dims) const;

  const record::Group* group_ = nullptr;
};

/// The word of a value; empty if it has none.
const std::string& meaning(const record::Flags& flags, std::size_t i);

/// An attribute of the file that is a number; 0 without it.
std::int64_t number_attribute(const record::FileContent& file, const std::string& name);

}  // namespace mhp::report
