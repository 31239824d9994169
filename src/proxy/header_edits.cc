#include "proxy/header_edits.h"

#include <string>

#include "proxy/substitution.h"
#include "routing/rewrite.h"

namespace gnomon::proxy {
namespace {

// What a client sent may quote anything; a line break in it would end the field.
bool is_writable(std::string_view value) noexcept {
  return value.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos;
}

}  // namespace

void apply_edits(Headers& headers, std::span<const routing::HeaderEdit> edits,
                 const StreamFacts& facts) {
  for (const routing::HeaderEdit& edit : edits) {
    if (edit.format == nullptr) {
      routing::apply_edits(headers, {&edit, 1});
      continue;
    }
    std::string value;
    if (!render_header_value(value, *edit.format, facts) || !is_writable(value)) continue;
    if (edit.op == routing::HeaderEdit::Op::set) {
      headers.set(edit.name, value);
    } else {
      headers.add(edit.name, value);
    }
  }
}

}  // namespace gnomon::proxy
