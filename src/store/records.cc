#include "store/records.h"

namespace gnomon::store {
namespace {

size_t bytes_of(const verdict::FieldKey& key) noexcept {
  return sizeof(key) + key.endpoint.size() + key.path.size() + key.kind.size();
}

}  // namespace

size_t Batch::bytes() const noexcept {
  size_t sum = 0;
  for (const EpochRecord& each : epochs) {
    sum += sizeof(each) + each.key.test.size() + each.cause.size();
    // Kept twice: in the table, and in its index.
    for (const verdict::Field& field : each.counters.fields.fields()) {
      sum += sizeof(field) + 2 * bytes_of(field.key);
    }
    sum += each.counters.endpoints.counts().size() * 128;
    sum += size_t{64} * 1024;  // histograms
  }
  for (const SampleRecord& each : samples) {
    sum += sizeof(each) + bytes_of(each.field) + each.body.size();
  }
  for (const RulingRecord& each : rulings) {
    sum += sizeof(each) + each.reason.size() + each.body.size();
  }
  return sum;
}

}  // namespace gnomon::store
