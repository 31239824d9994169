#include "config/http_gateway.h"

#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<HttpGateway>& s) {
  s.field("virtualServices", &HttpGateway::virtual_services);
  s.field("virtualServiceSelector", &HttpGateway::selector);
  s.field("virtualServiceNamespaces", &HttpGateway::namespaces);
  s.field("virtualServiceExpressions", &HttpGateway::expressions);
  s.field("options", &HttpGateway::options);
}

}  // namespace gnomon::config
