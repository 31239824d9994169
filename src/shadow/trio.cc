#include "shadow/trio.h"

#include <utility>

namespace gnomon::shadow {

void Trio::clear() noexcept {
  pay_back();
  RequestHead none;
  std::swap(none.headers, request.headers);
  none.headers.clear();
  request = std::move(none);
  for (compare::Answer& answer : answers) {
    compare::Answer fresh;
    std::swap(fresh.headers, answer.headers);
    fresh.headers.clear();
    std::swap(fresh.body.chunks, answer.body.chunks);
    fresh.body.chunks.clear();
    answer = std::move(fresh);
  }
  first_attempt.reset();
  has_control = passed_over = false;
  client = 0;
  began = {};
  taken = TimePoint::max();
  stash.clear();
}

void Trio::prefetch_contents() const noexcept {
  request.headers.prefetch();
  for (const compare::Answer& answer : answers) {
    answer.headers.prefetch();
    prefetch_to_write(answer.body.chunks.data(), answer.body.chunks.capacity() * sizeof(Chunk));
  }
  stash.prefetch();
}

}  // namespace gnomon::shadow
