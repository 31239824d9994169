// What the tests of the store share.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/temporary_folder.h"
#include "store/reader.h"
#include "store/writer.h"

namespace gnomon::store {

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    // Not a file: the tests take the room for files away.
    EXPECT_EQ(::pipe2(log_ends_.data(), O_CLOEXEC | O_NONBLOCK), 0);
    log_.emplace(clock_, LogFormat::text, LogLevel::debug, log_ends_[1]);
  }
  ~StoreTest() override {
    for (const int end : log_ends_) ::close(end);
  }

  WriterSettings settings() const {
    WriterSettings settings{.path = path_.string()};
    settings.gather = Millis(5);
    return settings;
  }
  std::unique_ptr<Writer> writer() { return writer(settings()); }
  std::unique_ptr<Writer> writer(WriterSettings with) {
    return std::make_unique<Writer>(std::move(with), clock_, *log_);
  }
  // What it has said since the last time.
  std::string log_text() const {
    std::string text(1 << 16, '\0');
    const ssize_t n = ::read(log_ends_[0], text.data(), text.size());
    text.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return text;
  }

  static constexpr Millis kSoon{20'000};

  const TemporaryFolder temporary_;
  const std::filesystem::path folder_{temporary_.path()};
  std::filesystem::path path_{folder_ / "private" / "gnomon.db"};
  SystemClock clock_;
  std::array<int, 2> log_ends_{-1, -1};
  std::optional<Log> log_;
};

inline int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             SystemClock().wall().time_since_epoch())
      .count();
}

inline verdict::FieldKey field_named(std::string path) {
  return {"GET /pets/{id}", std::move(path), "value"};
}

// Of an epoch in which n requests were compared, all of them with a difference in one field.
inline EpochRecord epoch_of(const std::string& test, uint64_t number, uint64_t n) {
  EpochRecord record{.key = {test, number}, .began_us = now_us(), .updated_us = now_us()};
  record.cause = "first";
  record.elapsed_us = static_cast<int64_t>(n);
  record.counters.seen = n;
  record.counters.differing_to_control = {n, {n, 0, 0}};
  verdict::Field field{.key = field_named("$.price"), .first_seen_us = 77};
  field.count.candidate = n;
  record.counters.fields.restore(std::move(field));
  return record;
}

inline Batch counted(uint64_t n) {
  Batch batch;
  batch.epochs.push_back(epoch_of("petstore", 1, n));
  return batch;
}

inline Batch sampled(std::string path, std::string body, int64_t at_us = 1) {
  Batch batch;
  batch.samples.push_back({{"petstore", 1}, field_named(std::move(path)), at_us, std::move(body)});
  return batch;
}

inline Batch ruled(std::string ruling) {
  Batch batch;
  batch.rulings.push_back({{"petstore", 1}, 5, std::move(ruling), "why", 1.5, 10, "{}"});
  return batch;
}

}  // namespace gnomon::store
