// Reads the store, beside its writer and without disturbing it. One thread uses it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "store/database.h"
#include "store/files.h"
#include "store/records.h"

namespace gnomon::store {

class Reader {
 public:
  template <typename T>
  using Answer = std::expected<T, Failure>;

  struct EpochLine {
    EpochKey key;
    int64_t began_us = 0;
    int64_t updated_us = 0;
    int64_t elapsed_us = 0;
    std::string cause;
  };

  // Where a sample stands among those of its epoch, whether it is still there or not.
  struct SamplePlace {
    verdict::FieldKey field;
    bool latest = false;
  };
  struct SampleQuery {
    std::optional<verdict::FieldKey> field;  // of one, or of all
    std::optional<SamplePlace> after;
    size_t most = 100;
    size_t bytes = SIZE_MAX;  // of them, with what names them; one is answered however long it is
  };
  struct SamplePage {
    std::vector<SampleRecord> samples;
    std::optional<SamplePlace> last;  // behind which there are more
  };

  explicit Reader(std::string path) : path_(std::move(path)) {}

  // A file that does not exist holds nothing; that is no failure.
  Answer<std::vector<std::string>> tests();
  // The newest first.
  Answer<std::vector<EpochLine>> epochs(const std::string& test, size_t most);
  // With its counters, as they were kept last.
  Answer<std::optional<EpochRecord>> epoch(const EpochKey& key);
  Answer<std::optional<EpochRecord>> newest_epoch(const std::string& test);
  // By field, the first of each before its latest.
  Answer<SamplePage> samples(const EpochKey& key, const SampleQuery& wanted);
  // The newest first.
  Answer<std::vector<RulingRecord>> rulings(const EpochKey& key, size_t most);

 private:
  // Empty: there is nothing to read from.
  Answer<std::optional<Statement>> prepare(std::string_view sql);
  Answer<std::optional<EpochRecord>> read_epoch(Statement& query);
  Answer<std::optional<Statement>> prepare_epoch(std::string_view where);
  std::expected<void, Failure> fill(SampleRecord& sample, int64_t id);
  Answer<verdict::FieldTable> fields(int64_t epoch, verdict::FieldTable table);

  const std::string path_;
  std::optional<Database> database_;
  FileIdentity identity_;  // of what is open
};

}  // namespace gnomon::store
