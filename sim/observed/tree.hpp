#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mhp::observed {

/// The files below a folder, read without following a link: none that the tree holds leads out of
/// it. What is no regular file is not read.
class Tree {
 public:
  explicit Tree(const std::string& root);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  /// errno of the folder itself; 0 if it is there.
  int error() const { return error_; }
  struct Text {
    std::string text;
    int error = 0;  ///< errno; EFBIG: the file is longer than `most`
    bool ok() const { return error == 0; }
  };
  Text read(const std::string& path, std::size_t most = std::size_t{1} << 20) const;
  /// The first line of a file, trimmed; nothing if it cannot be read.
  std::optional<std::string> line(const std::string& path) const;
  /// Names in a folder, in alphabetical order, links among them; none if it cannot be read.
  std::vector<std::string> names(const std::string& path) const;

 private:
  int open_below(const std::string& path, int flags) const;

  int root_ = -1;
  int error_ = 0;
};

}  // namespace mhp::observed
