// The database as its writer sees it: opened, mended, filled and kept within its bounds. Lives on
// the writer's thread.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>

#include "base/log.h"
#include "store/database.h"
#include "store/files.h"
#include "store/records.h"

namespace gnomon::store {

struct Bounds {
  uint64_t bytes = uint64_t{256} << 20;  // of the database
  Duration age = std::chrono::hours(24 * 30);
  size_t sampled_fields = 2000;  // of an epoch; of each the first and the latest sample
  size_t sample_bytes = size_t{256} << 10;
  size_t rulings = 1000;  // of an epoch
};

class Archive {
 public:
  Archive(std::string path, Bounds bounds, Log& log);

  // Makes or opens the file, moves aside what is broken and begins anew. Does nothing when it is
  // open.
  std::expected<void, Failure> open();
  bool is_open() const noexcept { return database_.has_value(); }

  // All of it, or nothing. `samples_refused` counts those that were too large or too many.
  std::expected<void, Failure> write(const Batch& batch, uint64_t& samples_refused);
  // Removes what is too old, and the least useful while it is too large. Rows removed.
  std::expected<uint64_t, Failure> prune(int64_t now_us);
  // After a failure that says the file is broken: closes it and moves it aside.
  void give_up(const std::string& why);
  void close() noexcept { database_.reset(); }

  // Files that were moved aside since the start.
  uint64_t moved_aside() const noexcept { return moved_aside_; }

 private:
  std::expected<void, Failure> open_file();
  std::expected<void, Failure> prepare_file();
  std::expected<int64_t, Failure> epoch_id(const EpochKey& key);
  std::expected<void, Failure> write_all(const Batch& batch, uint64_t& samples_refused);
  std::expected<void, Failure> write_epoch(const EpochRecord& record);
  std::expected<void, Failure> write_fields(int64_t epoch, const verdict::FieldTable& fields);
  std::expected<bool, Failure> write_sample(const SampleRecord& record);
  std::expected<void, Failure> write_ruling(const RulingRecord& record);
  std::expected<uint64_t, Failure> used_bytes() const;
  std::expected<uint64_t, Failure> remove(const std::string& sql);
  std::expected<uint64_t, Failure> remove_least_useful();

  const std::string path_;
  const Bounds bounds_;
  Log& log_;
  WriterLock lock_;
  std::optional<Database> database_;
  FileIdentity identity_;  // of what is open
  uint64_t moved_aside_ = 0;
};

}  // namespace gnomon::store
