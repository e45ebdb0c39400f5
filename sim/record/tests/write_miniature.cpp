// Writes the files that test_xarray.py opens into the directory given.

#include <cstdio>

#include "sim/record/run_file.hpp"
#include "sim/record/tests/miniature.hpp"

namespace {

bool write(const mhp::record::FileContent& content, const std::string& path) {
  const auto written = mhp::record::write_file(content, path, /*force=*/false);
  if (written) return true;
  for (const mhp::Diagnostic& d : written.error().diagnostics) {
    std::fprintf(stderr, "%s\n", d.text().c_str());
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string directory = argv[1];
  const bool done = write(mhp::record::miniature(), directory + "/miniature.h5") &&
                    write(mhp::record::without_operations(), directory + "/without_operations.h5");
  return done ? 0 : 5;
}
