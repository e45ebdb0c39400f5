// The bytes of result files: what lies around HDF5 (the seal) as it is, and HDF5 itself with a
// right seal, which the process that reads for others may die of, but not this one.
#include "sim/core/scratch_folder.hpp"
#include "sim/record/guarded_read.hpp"
#include "sim/record/image.hpp"
#include "sim/record/plain_content.hpp"
#include "sim/record/seal.hpp"
#include "sim/tests/fuzz/content.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace hdf5_files_target {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void read_sealed(const std::string& text) { checked(record::unseal(bytes_of(text), "f.h5")); }

void read_image(const std::string& text) {
  checked(record::guarded_decode(bytes_of(text), "f.h5"));
}

/// What comes from the process that reads for others.
void read_plain(const std::string& text) {
  std::size_t at = 0;
  Result<record::FileContent> into;
  const bool whole = record::get_plain(
      [&](std::span<std::byte> wanted) {
        if (wanted.size() > text.size() - at) return false;
        std::copy_n(bytes_of(text).begin() + static_cast<std::ptrdiff_t>(at), wanted.size(),
                    wanted.begin());
        at += wanted.size();
        return true;
      },
      std::size_t{1} << 20, into);
  if (whole && into) record::validate(*into, "f.h5");
}

std::vector<std::string> images() {
  std::vector<std::string> all;
  for (const record::FileContent& content : {whole_contents().back(), whole_contents().front()})
    all.push_back(text_of(record::encode(content, "f.h5").value()));
  return all;
}

std::vector<std::string> sealed() {
  std::vector<std::byte> bytes(100, std::byte{7});
  record::seal(bytes);
  return {text_of(bytes)};
}

std::vector<std::string> plain() {
  std::string out;
  record::put_plain(whole_contents().back(), [&](std::span<const std::byte> bytes) {
    out += text_of(bytes);
    return true;
  });
  return {out};
}

}  // namespace
}  // namespace hdf5_files_target

void register_fuzz_target_hdf5_files(TargetRegistry& registry) {
  registry.add({"hdf5_files", "bytes of HDF5 files, read by a process of their own",
                hdf5_files_target::images, hdf5_files_target::read_image, 60});
  registry.add({"plain_contents", "what comes from the process that reads HDF5",
                hdf5_files_target::plain, hdf5_files_target::read_plain, 5000});
  registry.add({"seals", "ends of result files", hdf5_files_target::sealed,
                hdf5_files_target::read_sealed, 5000});
}

}  // namespace mhp::fuzz
