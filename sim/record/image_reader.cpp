#include <fmt/format.h>
#include <hdf5_hl.h>

#include <algorithm>

#include "sim/record/h5.hpp"
#include "sim/record/image.hpp"

namespace mhp::record {
namespace {

using h5::Id;
using h5::Session;

/// Deflate makes data at most 1032 times smaller (zlib's technical details); a dataset that claims
/// more than this times its stored size is damaged, and must not make us allocate what it claims.
constexpr std::uint64_t kMostDeflated = 1100;

/// What a group holds, and where in the file.
struct Link {
  std::string name;
  haddr_t address;
};
using Links = std::vector<Link>;

/// A scale that is asked for its name, among these.
struct NamedScale {
  const Links& links;
  std::string name;
};

/// Reads one file. The first failure of the library is kept by the session, that of the content
/// by this class; after either, what is returned is without meaning.
class Reader {
 public:
  Reader(std::span<const std::byte> image, std::string file)
      : file_name_(std::move(file)), file_(h5::open_image(s_, image)) {}

  Attributes root_attributes() { return attributes(file_); }
  std::vector<std::string> group_names() { return names(file_, "the file"); }
  Group group(const std::string& name);

  bool ok() const { return s_.ok() && problem_.empty(); }
  tl::unexpected<Diagnostics> failure() const {
    return fail({file_name_, 0, 0}, s_.ok() ? problem_ : s_.error());
  }

 private:
  Attributes attributes(hid_t owner);
  /// Of what is in a group, in its order; who is called what is known until the next call.
  std::vector<std::string> names(hid_t group, const std::string& subject);
  Variable variable(hid_t dataset, const std::string& name, const std::string& subject);
  Data data(hid_t dataset, std::size_t size, const std::string& subject);
  std::vector<std::string> strings(hid_t dataset, std::size_t size, const std::string& subject);
  std::size_t stored_values(hid_t dataset, hid_t space, hid_t type, const std::string& subject);

  template <class T>
  std::vector<T> numbers(hid_t dataset, hid_t type, std::size_t size, const std::string& subject) {
    std::vector<T> values(size);
    if (size > 0) {
      s_.check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "read",
               subject);
    }
    return values;
  }

  void report(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  std::string file_name_;
  Session s_;
  std::string problem_;
  Id file_;
  Links links_;  ///< of the group that was listed last
};

herr_t keep_link(hid_t, const char* name, const H5L_info_t* link, void* links) {
  const haddr_t address = link->type == H5L_TYPE_HARD ? link->u.address : HADDR_UNDEF;
  static_cast<Links*>(links)->push_back({name, address});
  return 0;
}

herr_t keep_attribute_name(hid_t, const char* name, const H5A_info_t*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

// The library would look for its name in the whole file; most often it is in the same group.
herr_t keep_scale_name(hid_t, unsigned, hid_t scale, void* into) {
  NamedScale& named = *static_cast<NamedScale*>(into);
  H5O_info_t info;
  if (H5Oget_info2(scale, &info, H5O_INFO_BASIC) < 0) return -1;
  for (const Link& link : named.links)
    if (link.address == info.addr) {
      named.name = link.name;
      return 1;
    }
  char path[512] = {};
  if (H5Iget_name(scale, path, sizeof(path)) <= 0) return -1;
  const std::string text(path);
  named.name = text.substr(text.rfind('/') + 1);
  return 1;
}

std::vector<std::string> Reader::names(hid_t group, const std::string& subject) {
  links_.clear();
  s_.check(H5Literate(group, H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, keep_link, &links_), "list",
           subject);
  std::vector<std::string> found;
  for (const Link& link : links_) found.push_back(link.name);
  return found;
}

// Of a dataset, those that have no meaning of their own (see reserved_attribute).
Attributes Reader::attributes(hid_t owner) {
  std::vector<std::string> found;
  s_.check(
      H5Aiterate2(owner, H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, keep_attribute_name, &found),
      "list", "attributes");
  Attributes list;
  const bool of_dataset = H5Iget_type(owner) == H5I_DATASET;
  for (const std::string& name : found) {
    if (of_dataset && reserved_attribute(name)) continue;
    const Id id(s_, H5Aopen(owner, name.c_str(), H5P_DEFAULT), H5Aclose, "open attribute", name);
    const Id type(s_, H5Aget_type(id), H5Tclose, "read type of attribute", name);
    const Id space(s_, H5Aget_space(id), H5Sclose, "read space of attribute", name);
    const bool scalar = H5Sget_simple_extent_type(space) == H5S_SCALAR;
    if (scalar && H5Tget_class(type) == H5T_STRING) {
      list.push_back({name, h5::read_text_attribute(s_, owner, name)});
    } else if (scalar && H5Tget_class(type) == H5T_INTEGER) {
      std::int64_t value = 0;
      s_.check(H5Aread(id, H5T_NATIVE_INT64, &value), "read attribute", name);
      list.push_back({name, value});
    } else {
      report(fmt::format("attribute {} is neither a text nor an integer", name));
    }
  }
  return list;
}

// The number of values of a dataset, 0 when it cannot hold as many as it claims.
std::size_t Reader::stored_values(hid_t dataset, hid_t space, hid_t type,
                                  const std::string& subject) {
  const hssize_t count = s_.check(H5Sget_simple_extent_npoints(space), "read shape of", subject);
  const std::uint64_t room = H5Dget_storage_size(dataset) * kMostDeflated;
  const std::size_t value_bytes = H5Tget_size(type);
  if (count <= 0) return 0;
  if (value_bytes == 0 || static_cast<std::uint64_t>(count) > room / value_bytes) {
    report(fmt::format("{} claims {} values, more than are stored", subject, count));
    return 0;
  }
  return static_cast<std::size_t>(count);
}

std::vector<std::string> Reader::strings(hid_t dataset, std::size_t size,
                                         const std::string& subject) {
  if (size == 0) return {};
  const Id type = h5::string_type(s_);
  const Id space(s_, H5Dget_space(dataset), H5Sclose, "read space of", subject);
  std::vector<char*> texts(size, nullptr);
  std::vector<std::string> values;
  if (s_.check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()), "read",
               subject) < 0) {
    return {};
  }
  // The library reads an empty string back as a null pointer.
  for (const char* text : texts) values.emplace_back(text ? text : "");
  s_.check(H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts.data()), "release", subject);
  return values;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> found;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    found.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return found;
}

Data Reader::data(hid_t dataset, std::size_t size, const std::string& subject) {
  const Id type(s_, H5Dget_type(dataset), H5Tclose, "read type of", subject);
  const H5T_class_t kind = H5Tget_class(type);
  const std::size_t bytes = H5Tget_size(type);
  if (kind == H5T_INTEGER && bytes == sizeof(std::int64_t)) {
    return numbers<std::int64_t>(dataset, H5T_NATIVE_INT64, size, subject);
  }
  if (kind == H5T_FLOAT && bytes == sizeof(double)) {
    return numbers<double>(dataset, H5T_NATIVE_DOUBLE, size, subject);
  }
  if (kind == H5T_INTEGER && bytes == sizeof(std::uint8_t)) {
    return Flags{numbers<std::uint8_t>(dataset, H5T_NATIVE_UINT8, size, subject),
                 words(h5::read_text_attribute(s_, dataset, "flag_meanings"))};
  }
  if (kind == H5T_STRING && H5Tis_variable_str(type) > 0) return strings(dataset, size, subject);
  report(fmt::format("{} is of a type that no result file uses", subject));
  return {};
}

Variable Reader::variable(hid_t dataset, const std::string& name, const std::string& subject) {
  Variable v;
  v.name = name;
  v.units = h5::read_text_attribute(s_, dataset, "units");
  v.long_name = h5::read_text_attribute(s_, dataset, "long_name");
  v.attributes = attributes(dataset);
  const Id space(s_, H5Dget_space(dataset), H5Sclose, "read space of", subject);
  const Id type(s_, H5Dget_type(dataset), H5Tclose, "read type of", subject);
  const bool is_scale = s_.check(H5DSis_scale(dataset), "examine", subject) > 0;
  const int rank = s_.check(H5Sget_simple_extent_ndims(space), "read rank of", subject);
  for (int axis = 0; axis < rank; ++axis) {
    NamedScale scale{links_, is_scale ? name : std::string()};
    if (!is_scale) {
      s_.check(H5DSiterate_scales(dataset, static_cast<unsigned>(axis), nullptr, keep_scale_name,
                                  &scale),
               "read the scales of", subject);
    }
    if (scale.name.empty()) report(fmt::format("axis {} of {} has no scale", axis, subject));
    v.dims.push_back(std::move(scale.name));
  }
  v.data = data(dataset, stored_values(dataset, space, type, subject), subject);
  return v;
}

Group Reader::group(const std::string& name) {
  Group g;
  g.name = name;
  const Id id(s_, H5Gopen2(file_, name.c_str(), H5P_DEFAULT), H5Gclose, "open group", name);
  g.attributes = attributes(id);
  for (const std::string& member : names(id, name)) {
    const std::string subject = fmt::format("/{}/{}", name, member);
    const Id dataset(s_, H5Dopen2(id, member.c_str(), H5P_DEFAULT), H5Dclose, "open", subject);
    if (!ok()) break;
    const bool is_scale = H5DSis_scale(dataset) > 0;
    (is_scale ? g.coordinates : g.variables).push_back(variable(dataset, member, subject));
  }
  return g;
}

}  // namespace

Result<FileContent> decode(std::span<const std::byte> image, const std::string& file) {
  FileContent content;
  {
    Reader reader(image, file);
    content.attributes = reader.root_attributes();
    for (const std::string& name : reader.group_names()) {
      if (!reader.ok()) break;
      content.groups.push_back(reader.group(name));
    }
    if (!reader.ok()) return reader.failure();
  }
  Diagnostics wrong = validate(content, file);
  if (!wrong.empty()) return tl::unexpected<Diagnostics>(std::move(wrong));
  return content;
}

Result<void> verify(std::span<const std::byte> image, const FileContent& content,
                    const std::string& file) {
  Reader reader(image, file);
  const auto differs = [&](const std::string& what) {
    return fail({file, 0, 0}, fmt::format("does not hold what was to be written: {}", what));
  };
  std::string difference = first_difference(content.attributes, reader.root_attributes());
  const std::size_t groups = reader.group_names().size();
  if (!reader.ok()) return reader.failure();
  if (groups != content.groups.size()) return differs("the number of groups");
  for (const Group& meant : content.groups) {
    if (!difference.empty()) break;
    const Group found = reader.group(meant.name);
    if (!reader.ok()) return reader.failure();
    difference = first_difference(meant, found);
  }
  if (!difference.empty()) return differs(difference);
  return {};
}

}  // namespace mhp::record
