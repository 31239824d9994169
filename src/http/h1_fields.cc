#include "http/h1_fields.h"

#include "http/h1_bytes.h"

namespace gnomon::http {

void FieldScanner::start(uint32_t offset, uint32_t fields_max) {
  phase_ = Phase::line;
  position_ = offset;
  fields_max_ = fields_max;
  fields_.clear();
}

Scan FieldScanner::scan(const char* base, size_t size, ProtocolError& error) {
  const char* p = base + position_;
  const char* const end = base + size;
  const auto at = [base](const char* q) { return static_cast<uint32_t>(q - base); };
  const auto more = [&] {
    position_ = at(end);
    return Scan::more;
  };
  const auto fail = [&error](uint16_t status, const char* detail) {
    error = {status, detail};
    return Scan::failed;
  };
  for (;;) {
    switch (phase_) {
      case Phase::line:
        if (p == end) return more();
        if (*p == '\r') {
          ++p;
          phase_ = Phase::end_lf;
          continue;
        }
        if (is_ows(*p)) return fail(400, "field line begins with whitespace");
        if (fields_.size() == fields_max_) return fail(431, "too many fields");
        name_ = at(p);
        phase_ = Phase::name;
        [[fallthrough]];
      case Phase::name:
        p = skip_token(p, end);
        if (p == end) return more();
        if (*p != ':') return fail(400, "bad byte in a field name");
        name_bytes_ = at(p) - name_;
        if (name_bytes_ == 0) return fail(400, "empty field name");
        ++p;
        phase_ = Phase::space;
        [[fallthrough]];
      case Phase::space:
        while (p != end && is_ows(*p)) ++p;
        if (p == end) return more();
        value_ = at(p);
        phase_ = Phase::value;
        [[fallthrough]];
      case Phase::value:
        p = skip_value(p, end);
        if (p == end) return more();
        if (*p != '\r') return fail(400, "bad byte in a field value");
        ++p;
        phase_ = Phase::value_lf;
        [[fallthrough]];
      case Phase::value_lf:
        if (p == end) return more();
        if (*p != '\n') return fail(400, "bare CR in a field line");
        ++p;
        finish_field(base, at(p) - 2 - value_);
        phase_ = Phase::line;
        continue;
      case Phase::end_lf:
        if (p == end) return more();
        if (*p != '\n') return fail(400, "bare CR at the end of a section");
        position_ = at(p + 1);
        return Scan::done;
    }
  }
}

void FieldScanner::finish_field(const char* base, uint32_t value_bytes) {
  const char* const value = base + value_;
  while (value_bytes > 0 && is_ows(value[value_bytes - 1])) --value_bytes;
  const Known known = known_header({base + name_, name_bytes_});
  fields_.emplace_back(name_, name_bytes_, value_, value_bytes, known);
}

}  // namespace gnomon::http
