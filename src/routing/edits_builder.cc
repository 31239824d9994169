#include "routing/edits_builder.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "routing/secret_headers.h"

namespace gnomon::routing {
namespace {

// Its values are taken as they are: they hold no operators. As in Gloo, only requests get them.
void add_secret(const Place& place, const config::ResourceRef& ref, HeaderEdit::Op op,
                std::string_view name, std::vector<HeaderEdit>& out) {
  const std::string field = place.field(fmt::format("{}.headerSecretRef", name));
  if (name.contains("responseHeadersToAdd")) {
    return place.context.error(*place.owner, ref.at,
                               "only headers of requests can come from a Secret", field);
  }
  for (SecretHeader& header : secret_headers(place.context, *place.owner, ref, field)) {
    out.push_back({op, std::move(header.name), std::move(header.value), nullptr, true});
  }
}

// Removals before additions, as Envoy evaluates one level of headerManipulation.
void add_level(const Place& place, const std::vector<std::string>& remove,
               const std::vector<config::HeaderAdd>& add, std::string_view name,
               std::vector<HeaderEdit>& out) {
  for (const std::string& header : remove) {
    out.push_back({HeaderEdit::Op::remove, header, {}, nullptr});
  }
  for (size_t i = 0; i < add.size(); ++i) {
    const config::HeaderAdd& edit = add[i];
    const auto op = edit.append ? HeaderEdit::Op::append : HeaderEdit::Op::set;
    if (edit.secret) {
      add_secret(place, *edit.secret, op, fmt::format("headerManipulation.{}[{}]", name, i), out);
      continue;
    }
    auto format = Template::parse(edit.header.value);
    if (!format) {
      place.context.error(
          *place.owner, edit.at, format.error().message,
          place.field(fmt::format("headerManipulation.{}[{}].header.value", name, i)),
          "a literal percent sign is written %%");
    } else if (format->is_literal()) {
      out.push_back({op, edit.header.key, std::string(format->literal()), nullptr});
    } else {
      out.push_back(
          {op, edit.header.key, {}, std::make_shared<const Template>(std::move(*format))});
    }
  }
}

}  // namespace

HeaderEdits build_edits(const Place& place, const config::HeaderManipulation& headers) {
  HeaderEdits out;
  add_level(place, headers.request_remove, headers.request_add, "requestHeadersToAdd", out.request);
  add_level(place, headers.response_remove, headers.response_add, "responseHeadersToAdd",
            out.response);
  return out;
}

}  // namespace gnomon::routing
