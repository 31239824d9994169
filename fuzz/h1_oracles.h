// Other people's HTTP/1.1 parsers, asked about one message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gnomon::fuzz {

using FieldList = std::vector<std::pair<std::string, std::string>>;

struct Opinion {
  enum class Verdict { refused, incomplete, complete };
  Verdict verdict = Verdict::incomplete;
  size_t consumed = 0;  // when complete
  std::string method;
  std::string target;
  unsigned status = 0;
  FieldList fields;
  FieldList trailers;
  std::string body;
};

Opinion llhttp_request(std::string_view bytes);
Opinion beast_request(std::string_view bytes);

// `to_head`: the request was HEAD. `closed`: the peer closes behind `bytes`.
Opinion llhttp_response(std::string_view bytes, bool to_head, bool closed);
Opinion beast_response(std::string_view bytes, bool to_head, bool closed);

// For humans, when a fuzzer stops.
std::string describe(const Opinion& opinion);

}  // namespace gnomon::fuzz
