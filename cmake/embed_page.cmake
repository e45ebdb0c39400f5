# Writes the files FILES as arrays into the C++ source OUT: cmake -D OUT=... -D FILES=... -P embed_page.cmake
set(arrays "")
set(entries "")
set(number 0)
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "constexpr char kFile${number}[] = {${bytes}'\\0'};\n")
  string(APPEND entries "    {\"${name}\", {kFile${number}, sizeof kFile${number} - 1}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT}.new "// Generated from the files of sim/report/page.
#include <array>

#include \"sim/report/page.hpp\"

namespace mhp::report {

namespace {

${arrays}
constexpr std::array<PageFile, ${number}> kFiles{{
${entries}}};

}  // namespace

std::span<const PageFile> page_files() { return kFiles; }

}  // namespace mhp::report
")
file(RENAME ${OUT}.new ${OUT})
