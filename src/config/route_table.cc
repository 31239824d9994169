#include "config/route_table.h"

#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<RouteTable>& s) {
  s.field("routes", &RouteTable::routes);
  s.field("weight", &RouteTable::weight);
  s.ignored({"namespacedStatuses", "status"});
}

}  // namespace gnomon::config
