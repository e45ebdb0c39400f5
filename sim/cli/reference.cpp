#include "sim/cli/reference.hpp"

#include <fmt/format.h>

#include "sim/core/data_folder.hpp"
#include "sim/core/version.hpp"

namespace mhp::cli {

namespace {

void visit_all(const CLI::App& app, const std::string& path, const CommandVisitor& visit) {
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    const std::string called = path.empty() ? sub->get_name() : path + " " + sub->get_name();
    visit(*sub, called);
    visit_all(*sub, called, visit);
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

void for_each_command(const CLI::App& program, const CommandVisitor& visit) {
  visit_all(program, "", visit);
}

std::string man_page(const CLI::App& program) {
  std::string out =
      fmt::format(".TH MHPSIM 1 \"\" \"mhpsim {}\" \"User Commands\"\n", kProgramVersion);
  out += ".SH NAME\nmhpsim \\- simulate memory hot\\-add of Linux\n";
  out += ".SH SYNOPSIS\n.B mhpsim\n.I COMMAND\n[\\fIOPTIONS\\fR]\n";
  out += fmt::format(".SH DESCRIPTION\n{}\n", plain(program.get_description()));
  out += ".SH COMMANDS\n";
  for_each_command(program, [&](const CLI::App& command, const std::string& called) {
    out += fmt::format(".SS {}\n{}\n", plain(called), plain(command.get_description()));
    out += options_of(command) + footer_of(command);
  });
  out += ".SH ENVIRONMENT\n.TP\n.B " + std::string(kDataVariable) + "\n" +
         plain(
             "the folder of what ships (scenarios, machines, recordings), in place of the one "
             "that was installed with the program\n");
  out += ".SH FILES\n.TP\n.I share/mhpsim/configs\n" +
         plain(
             "of the place that the program was installed to: scenarios, studies, questions, "
             "machines, kernels, costs, devices. A scenario of one's own names them as those "
             "there do, or by their plain names: machine = \"two-socket-server\"\n");
  return out + ".SH EXAMPLES AND EXIT STATUS\n" + footer_of(program);
}

}  // namespace mhp::cli
