#include "sim/record/group_writer.hpp"
#include "sim/record/h5.hpp"
#include "sim/record/image.hpp"

namespace mhp::record {

using h5::Id;
using h5::Session;

Result<std::vector<std::byte>> encode(const FileContent& content, const std::string& file) {
  Diagnostics wrong = validate(content, file);
  if (!wrong.empty()) return tl::unexpected<Diagnostics>(std::move(wrong));
  Session s;
  std::vector<std::byte> image;
  {
    const Id id = h5::create_file(s, image);
    write_attributes(s, id, content.attributes);
    for (const Group& group : content.groups) write_group(s, id, group);
  }
  h5::trim_to_end_of_file(s, image);
  if (!s.ok()) return fail({file, 0, 0}, s.error());
  return image;
}

}  // namespace mhp::record
