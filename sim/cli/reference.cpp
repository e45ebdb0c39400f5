#include "sim/cli/reference.hpp"

#include <fmt/format.h>

#include <functional>

#include "sim/core/version.hpp"

namespace mhp::cli {

namespace {

/// Calls `visit` with each subcommand and how it is called: "verify captures".
void for_each_command(const CLI::App& app, const std::string& path,
                      const std::function<void(const CLI::App&, const std::string&)>& visit) {
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    const std::string called = path.empty() ? sub->get_name() : path + " " + sub->get_name();
    visit(*sub, called);
    for_each_command(*sub, called, visit);
  }
}

/// Text that groff takes as it stands.
std::string plain(const std::string& text) {
  std::string out;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    begins = c == '\n';
  }
  return out;
}

std::string options_of(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* o : app.get_options()) {
    const std::string type = o->get_items_expected_max() == 0 ? "" : " " + o->get_type_name();
    const std::string name = o->get_positional() ? o->get_name(true) : o->get_name(false, true);
    out += fmt::format(".TP\n.B {}\n{}\n", plain(name + type), plain(o->get_description()));
  }
  return out;
}

std::string footer_of(const CLI::App& app) {
  return app.get_footer().empty() ? ""
                                  : fmt::format(".PP\n.nf\n{}\n.fi\n", plain(app.get_footer()));
}

}  // namespace

std::string man_page(const CLI::App& program) {
  std::string out =
      fmt::format(".TH MHPSIM 1 \"\" \"mhpsim {}\" \"User Commands\"\n", kProgramVersion);
  out += ".SH NAME\nmhpsim \\- simulate memory hot\\-add of Linux\n";
  out += ".SH SYNOPSIS\n.B mhpsim\n.I COMMAND\n[\\fIOPTIONS\\fR]\n";
  out += fmt::format(".SH DESCRIPTION\n{}\n", plain(program.get_description()));
  out += ".SH COMMANDS\n";
  for_each_command(program, "", [&](const CLI::App& command, const std::string& called) {
    out += fmt::format(".SS {}\n{}\n", plain(called), plain(command.get_description()));
    out += options_of(command) + footer_of(command);
  });
  return out + ".SH EXAMPLES AND EXIT STATUS\n" + footer_of(program);
}

// Words that are options are looked up under the subcommand that the words before them name; what
// is no option completes as a file.
std::string bash_completion(const CLI::App& program) {
  const auto words = [](const CLI::App& app) {
    std::string out;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
      out += sub->get_name() + " ";
    for (const CLI::Option* o : app.get_options())
      for (const std::string& name : o->get_lnames()) out += "--" + name + " ";
    if (!out.empty()) out.pop_back();
    return out;
  };
  std::string cases = fmt::format("    '') words='{}' ;;\n", words(program));
  std::string paths;
  for_each_command(program, "", [&](const CLI::App& command, const std::string& called) {
    cases += fmt::format("    '{}') words='{}' ;;\n", called, words(command));
    paths += fmt::format("      '{}') path=$next ;;\n", called);
  });
  return fmt::format(
      "_mhpsim() {{\n"
      "  local path='' next word words=''\n"
      "  for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
      "    next=${{path:+$path }}$word\n"
      "    case $next in\n{}    esac\n"
      "  done\n"
      "  case $path in\n{}  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"${{COMP_WORDS[COMP_CWORD]}}\"))\n"
      "}}\n"
      "complete -o default -F _mhpsim mhpsim\n",
      paths, cases);
}

}  // namespace mhp::cli
