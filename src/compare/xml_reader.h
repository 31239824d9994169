// XML as a tree. An element is an object of its attributes ("@name"), its text ("#text") and, for
// each name among its child elements, the array of those; an element that is nothing but text is
// that text. The order of children of different names is not kept. No entities but the predefined
// ones, nothing external.
//   <pet id="7"><tag>a</tag><tag>b</tag></pet>   {"pet": {"@id": "7", "tag": ["a", "b"]}}
#pragma once

#include <string_view>

#include "compare/document.h"

namespace gnomon::compare {

ReadStatus read_xml(std::string_view body, const DocumentLimits& limits, Document& out);

}  // namespace gnomon::compare
