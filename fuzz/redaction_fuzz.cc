// Redaction. The first byte says where the rest stands: in a request's target, a header, or a body
// of some kind. Each byte 0x7f of it becomes a mark that an expression of the policy matches, and
// which must then be nowhere in what is kept.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "compare/body_capture.h"
#include "compare/redacted_body.h"
#include "compare/redactor.h"

namespace gnomon::fuzz {
namespace {

using compare::RedactionSpec;
using compare::Redactor;

constexpr std::string_view kMark = "CANARY7";

Redactor make_redactor() {
  const RedactionSpec specs[] = {{RedactionSpec::Place::regex, std::string(kMark)},
                                 {RedactionSpec::Place::path, "$..x"},
                                 {RedactionSpec::Place::query, "q"}};
  const auto policy = compare::RedactionPolicy::compile(specs, compare::RedactionMode::rules);
  return {*policy, compare::RedactionKey({})};
}

std::string marked(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '\x7f' ? kMark : std::string_view(&c, 1));
  return out;
}

std::string kept_header(const Redactor& redactor, uint8_t choice, std::string_view value) {
  static constexpr std::string_view kNames[] = {"cookie", "set-cookie", "authorization", "location",
                                                "link",   "x-api-key",  "x-other"};
  Headers headers;
  headers.add(kNames[choice % std::size(kNames)], value);
  std::string out;
  for (const Field& field : redactor.headers(headers)) out.append(field.name).append(field.value);
  return out;
}

std::string kept_body(const Redactor& redactor, uint8_t choice, std::string_view bytes) {
  static constexpr std::string_view kTypes[] = {"application/json",
                                                "application/x-ndjson",
                                                "text/xml",
                                                "text/html",
                                                "application/x-www-form-urlencoded",
                                                "multipart/form-data; boundary=B",
                                                "application/grpc",
                                                "text/plain",
                                                ""};
  static compare::TreeReader reader;
  static compare::Document scratch;
  compare::BodyCapture capture;
  capture.append(Chunk::copy_of(bytes));
  const compare::CapturedBody body = capture.take();
  const std::string_view type = kTypes[choice % std::size(kTypes)];
  return compare::redacted_body(redactor, {body, type, {}, {}, {}, {}}, reader, scratch).text;
}

std::string kept(const Redactor& redactor, uint8_t choice, std::string_view text) {
  const uint8_t detail = choice / 3;
  if (choice % 3 == 0) return redactor.target(text, "GET /a/{}");
  if (choice % 3 == 1) return kept_header(redactor, detail, text);
  return kept_body(redactor, detail, text);
}

}  // namespace
}  // namespace gnomon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gnomon::fuzz;
  static const Redactor redactor = make_redactor();
  if (size == 0) return 0;
  const std::string text = marked({reinterpret_cast<const char*>(data) + 1, size - 1});
  if (kept(redactor, data[0], text).find(kMark) != std::string::npos) std::abort();
  return 0;
}
