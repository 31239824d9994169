// Whether what is printed has colours.
#pragma once

namespace CLI {
class App;
}

namespace gnomon::cli {

// `color` is whether text written to the descriptor should have them: on a terminal, unless
// NO_COLOR is set or the verb is told --no-color.
void add_color_flag(CLI::App& verb, bool& color, int fd);

}  // namespace gnomon::cli
