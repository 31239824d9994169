#include "routing/secret_headers.h"

#include <fmt/format.h>

#include "config/text_rules.h"

namespace gnomon::routing {

std::vector<SecretHeader> secret_headers(BuildContext& context, const config::Metadata& owner,
                                         const config::ResourceRef& ref, std::string_view field) {
  warn_of_missing_namespace(context, ref, owner, field);
  const std::string title = full_name(ref, owner);
  const config::Secret* secret = context.secrets.find(title);
  if (secret == nullptr) {
    context.warning(owner, ref.at, fmt::format("there is no Secret {}; no header is added", title),
                    field, "put the Secret beside the other files");
    return {};
  }
  const auto headers = secret->headers();
  if (headers.empty()) {
    context.error(owner, ref.at, fmt::format("the Secret {} holds no headers", title), field);
  }
  std::vector<SecretHeader> out;
  for (const auto& [name, value] : headers) {
    // What is wrong with the value is not for a message to say.
    if (const char* problem = config::header_problem(name, value)) {
      context.error(owner, ref.at, fmt::format("\"{}\" of Secret {} {}", name, title, problem),
                    field);
    } else {
      out.push_back({std::string(name), std::string(value)});
    }
  }
  return out;
}

}  // namespace gnomon::routing
