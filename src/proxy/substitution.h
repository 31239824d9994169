// Renders what routing::Template has parsed.
#pragma once

#include <string>
#include <string_view>

#include "proxy/stream_facts.h"
#include "routing/substitution.h"

namespace gnomon::proxy {

// Appends a line's text: what is missing is "-", and whatever bytes a client sent, they end neither
// the line nor a quotation.
void append_log_text(std::string& out, const routing::Template& format, const StreamFacts& facts);

// Appends one JSON value: of a single operator its number or string, or null where it is missing;
// else a string.
void append_log_json(std::string& out, const routing::Template& format, const StreamFacts& facts);

// The value of a header, where what is missing is empty. False when the whole value is a single
// operator that yields nothing: the header is then not to be written at all.
bool render_header_value(std::string& out, const routing::Template& format,
                         const StreamFacts& facts);

}  // namespace gnomon::proxy
