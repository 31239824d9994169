// An HTTP message as a text: what `curl -i` prints, what somebody wrote by hand, what passed over a
// wire.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "compare/answer.h"

namespace gnomon::cli {

struct HttpDump {
  bool is_request = false;
  std::string method;              // of a request
  std::string target;              // the same: path and query
  compare::Answer message;         // without chunks; `status` is 0 in a request
  std::vector<std::string> notes;  // what was guessed and may be wrong
};

// Whether the text says that it is one: whether it can be read is another matter.
bool is_http_dump(std::string_view text) noexcept;

// Of several responses in a row (interim ones, redirects that were followed) the last one counts.
// A head says how its body was sent, but programs that print it have often undone that: a body that
// is not in chunks, or not in the content coding, that the head names is taken as it is.
std::expected<HttpDump, std::string> read_http_dump(std::string_view text);

}  // namespace gnomon::cli
