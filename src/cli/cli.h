// The command line of gnomon: verbs and their flags.
#pragma once

namespace gnomon::cli {

// Returns the exit code: 0 good, 1 failed, 2 usage or configuration error.
int main(int argc, const char* const* argv);

}  // namespace gnomon::cli
