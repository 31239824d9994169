// The words by which the command line calls kinds of resources.
#pragma once

#include <string>

namespace gnomon::cli {

// The kind that a word stands for, such as "VirtualService" for "vs"; "" if for none.
std::string kind_of_word(const std::string& word);

}  // namespace gnomon::cli
