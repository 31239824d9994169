#include "config/matchable_http_gateway.h"

#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<MatchableHttpGateway>& s) {
  s.field("matcher", &MatchableHttpGateway::matcher);
  s.field("httpGateway", &MatchableHttpGateway::http);
  s.ignored({"namespacedStatuses", "status"});
}

}  // namespace gnomon::config
