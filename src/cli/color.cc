#include "cli/color.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace gnomon::cli {
namespace {

bool wants_color(int fd) {
  const char* refused = std::getenv("NO_COLOR");
  return (refused == nullptr || *refused == '\0') && isatty(fd) == 1;
}

}  // namespace

void add_color_flag(CLI::App& verb, bool& color, int fd) {
  color = wants_color(fd);
  verb.add_flag_callback(
      "--no-color", [&color] { color = false; }, "No colours, whatever the terminal");
}

}  // namespace gnomon::cli
