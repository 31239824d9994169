#include "shadow/passed_over.h"

#include <string_view>

#include "shadow/copy_head.h"
#include "shadow/trio_shelf.h"

namespace gnomon::shadow {
namespace {

// Of a path. What names an endpoint is shorter.
constexpr size_t kPathBytesMax = size_t{2} << 10;
// What one takes beside its bytes.
constexpr size_t kOverheadBytes = sizeof(Trio) + Block::kSmall;

RequestHead without_details(const RequestHead& asked) {
  RequestHead few;
  few.method = asked.method;
  few.method_name = asked.method_name;
  few.path = asked.path.substr(0, asked.path.find('?')).substr(0, kPathBytesMax);
  const std::string_view type = asked.headers.get("content-type").substr(0, kPathBytesMax);
  if (!type.empty()) few.headers.add_view("content-type", type, Known::none);
  return few;
}

}  // namespace

void PassedOver::add(std::unique_ptr<Trio> trio, const RequestHead& asked, uint64_t budget) {
  ByteStash stash;
  RequestHead kept;
  copy_into(kept, without_details(asked), stash);
  const uint16_t status = trio->of(Leg::live).status;
  const TimePoint taken = trio->taken;
  trio->clear();
  const uint64_t bytes = kOverheadBytes + stash.memory();
  if (sink_ == nullptr || !trio->limits->bytes.take(bytes, budget)) {
    return TrioShelf::put_back(std::move(trio));
  }
  trio->charged = bytes;
  trio->request = std::move(kept);
  trio->stash = std::move(stash);
  trio->of(Leg::live).status = status;
  trio->taken = taken;
  trio->passed_over = true;
  waiting_.push_back(std::move(trio));
  loop_.schedule(task_, net::Lane::background);
}

// A sink without room counts on without them.
void PassedOver::hand_over() {
  for (std::unique_ptr<Trio>& trio : waiting_) static_cast<void>(sink_->take(std::move(trio)));
  waiting_.clear();
}

}  // namespace gnomon::shadow
