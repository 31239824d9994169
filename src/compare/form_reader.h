// Bodies of forms: application/x-www-form-urlencoded and multipart/form-data, read as an object
// from names to values. Names may occur more than once.
#pragma once

#include <string>
#include <string_view>

#include "compare/document.h"

namespace gnomon::compare {

ReadStatus read_form(std::string_view body, const DocumentLimits& limits, Document& out);

// `boundary` as the content type gives it. A part that is a file or no text is an object of its
// "filename", "type", "length" and "digest"; every other part is the string that it holds.
ReadStatus read_multipart(std::string_view body, std::string_view boundary,
                          const DocumentLimits& limits, Document& out);

// What the text denotes: "%41+b" is "A b". Signs of percent without two digits stand for
// themselves.
std::string form_decoded(std::string_view text);

}  // namespace gnomon::compare
