// Question files the whole way to what is searched.
#include "sim/config/toml_source.hpp"
#include "sim/study/question/question.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace questions_target {
namespace {

void read(const std::string& text) {
  auto root = config::parse_toml(text, MHP_SOURCE_DIR "/configs/questions/f.toml");
  if (checked(root)) checked(question::make_question(std::move(*root), {}));
}

}  // namespace
}  // namespace questions_target

void register_fuzz_target_questions(TargetRegistry& registry) {
  registry.add({"questions", "question files, the whole way to what is searched",
                [] { return files_at("configs/questions", ".toml"); }, questions_target::read,
                150});
}

}  // namespace mhp::fuzz
