#include "sim/cli/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>
#include <vector>

#include "sim/cli/reference.hpp"
#include "sim/config/shipped.hpp"

namespace mhp::cli {

namespace {

/// A word and what it means.
struct Word {
  std::string text;
  std::string doc;
};

/// What may follow a command, besides files.
struct Following {
  std::vector<Word> commands;
  std::vector<Word> options;
  std::vector<Word> names;          ///< of what ships
  std::vector<std::string> valued;  ///< options that a value follows
};

/// The kind of what ships that an argument takes; empty if none.
std::string kind_of(const CLI::Option& argument, const std::string& command) {
  const std::string& name = argument.get_name(true);
  if (name == "SCENARIO" || (name == "FILE" && command == "explain")) return "scenarios";
  if (name == "STUDY") return "studies";
  if (name == "QUESTION") return "questions";
  return "";
}

/// The first line of a text.
std::string line_of(const std::string& text) { return text.substr(0, text.find('\n')); }

Following following(const CLI::App& app, const std::string& called) {
  Following out;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    out.commands.push_back({sub->get_name(), line_of(sub->get_description())});
  for (const CLI::Option* o : app.get_options()) {
    if (o->get_positional()) {
      if (const std::string kind = kind_of(*o, called); !kind.empty())
        for (const auto& file : config::shipped_files(kind))
          out.names.push_back({file.name, line_of(file.doc)});
      continue;
    }
    std::vector<std::string> spelt;
    for (const std::string& name : o->get_snames()) spelt.push_back("-" + name);
    for (const std::string& name : o->get_lnames()) spelt.push_back("--" + name);
    for (const std::string& word : spelt) {
      out.options.push_back({word, line_of(o->get_description())});
      if (o->get_items_expected_max() > 0) out.valued.push_back(word);
    }
  }
  return out;
}

/// Every command with what may follow it, the program itself first, under an empty name.
std::vector<std::pair<std::string, Following>> all_following(const CLI::App& program) {
  std::vector<std::pair<std::string, Following>> all{{"", following(program, "")}};
  for_each_command(program, [&](const CLI::App& command, const std::string& called) {
    all.emplace_back(called, following(command, called));
  });
  return all;
}

std::string texts(const std::vector<Word>& words) {
  std::vector<std::string> out;
  for (const Word& w : words) out.push_back(w.text);
  return fmt::format("{}", fmt::join(out, " "));
}

/// A text in single quotes, for either shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// An array of zsh whose elements are words with their meaning, as _describe takes them.
std::string described(const char* array, const std::vector<Word>& words) {
  if (words.empty()) return "";
  std::string out = fmt::format("      {}=(\n", array);
  for (const Word& w : words) out += fmt::format("        {}\n", quoted(w.text + ":" + w.doc));
  return out + "      )\n";
}

/// The line of a case that knows every command by the words before the one to be completed.
std::string commands_pattern(const std::vector<std::pair<std::string, Following>>& all) {
  std::vector<std::string> names;
  for (const auto& [called, what] : all)
    if (!called.empty()) names.push_back(quoted(called));
  return fmt::format("{}", fmt::join(names, "|"));
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  const auto all = all_following(program);
  std::string cases;
  for (const auto& [called, what] : all) {
    std::string words = texts(what.commands);
    if (!words.empty()) words += ' ';
    cases +=
        fmt::format("    {}) words='{}' names='{}' valued='{}' ;;\n", quoted(called),
                    words + texts(what.options), texts(what.names), fmt::join(what.valued, " "));
  }
  return fmt::format(
      "# Completion of mhpsim for bash: source it, or put it where bash-completion looks.\n"
      "_mhpsim() {{\n"
      "  local called='' next word words='' names='' valued=''\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}\n"
      "  for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
      "    next=${{called:+$called }}$word\n"
      "    case $next in\n"
      "      {}) called=$next ;;\n"
      "    esac\n"
      "  done\n"
      "  case $called in\n{}  esac\n"
      "  if [[ \" $valued \" == *\" $before \"* ]]; then\n"
      "    COMPREPLY=()\n"
      "    return\n"
      "  fi\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words $names\" -- \"$current\")\n"
      "  if [[ -n $names && $current != -* ]]; then\n"
      "    compopt -o filenames 2>/dev/null\n"
      "    mapfile -t -O \"${{#COMPREPLY[@]}}\" COMPREPLY < <(compgen -f -- \"$current\")\n"
      "  fi\n"
      "}}\n"
      "complete -o default -F _mhpsim mhpsim\n",
      commands_pattern(all), cases);
}

std::string zsh_completion(const CLI::App& program) {
  const auto all = all_following(program);
  std::string cases;
  for (const auto& [called, what] : all)
    cases += fmt::format("    {})\n{}{}{}      valued=({})\n      ;;\n", quoted(called),
                         described("commands", what.commands), described("options", what.options),
                         described("names", what.names), fmt::join(what.valued, " "));
  return fmt::format(
      "#compdef mhpsim\n"
      "# Completion of mhpsim for zsh: source it, or put it into fpath as _mhpsim.\n"
      "_mhpsim() {{\n"
      "  local called='' next word\n"
      "  local -a commands options names valued\n"
      "  for word in \"${{(@)words[2,CURRENT-1]}}\"; do\n"
      "    next=${{called:+$called }}$word\n"
      "    case $next in\n"
      "      {}) called=$next ;;\n"
      "    esac\n"
      "  done\n"
      "  case $called in\n{}  esac\n"
      "  if (( ${{valued[(Ie)$words[CURRENT-1]]}} )); then\n"
      "    _files\n"
      "  elif [[ $words[CURRENT] == -* ]]; then\n"
      "    _describe -o option options\n"
      "  elif (( $#commands )); then\n"
      "    _describe command commands\n"
      "  else\n"
      "    (( $#names )) && _describe 'what ships' names\n"
      "    _files\n"
      "  fi\n"
      "}}\n"
      "if [[ $funcstack[1] == _mhpsim ]]; then\n"
      "  _mhpsim \"$@\"\n"
      "else\n"
      "  compdef _mhpsim mhpsim\n"
      "fi\n",
      commands_pattern(all), cases);
}

}  // namespace mhp::cli
