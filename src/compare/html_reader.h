// HTML as a tree, as browsers would roughly see it: whatever the page, there is a tree. The
// document is the array of what it holds; an element is an object of its attributes ("@name") and,
// under its own name, the array of what it holds, in order. White space counts as one space,
// comments not at all.
//   <p class="a">Hi <b>you</b>   [{"@class": "a", "p": ["Hi ", {"b": ["you"]}]}]
#pragma once

#include <string_view>

#include "compare/document.h"

namespace gnomon::compare {

ReadStatus read_html(std::string_view body, const DocumentLimits& limits, Document& out);

}  // namespace gnomon::compare
