// A connection to SQLite. Errors are values.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace gnomon::store {

struct Failure {
  enum class Kind : uint8_t {
    busy,     // somebody else holds the lock
    full,     // the disk, or the limit of the file
    corrupt,  // what is in the file is no database, or a broken one
    other,
  };
  Kind kind = Kind::other;
  std::string text;
};

// One prepared statement. Parameters count from 1, columns from 0. Texts and blobs that are bound
// must live until the next step; those that are read, until the next step or reset.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  Statement& bind(int at, int64_t value) noexcept;
  Statement& bind(int at, double value) noexcept;
  Statement& bind(int at, std::string_view text) noexcept;
  Statement& bind_blob(int at, std::string_view bytes) noexcept;

  // True: there is a row.
  std::expected<bool, Failure> step() noexcept;
  // Steps to the end and resets, so that it can be bound anew.
  std::expected<void, Failure> run() noexcept;

  int64_t integer(int column) const noexcept;
  double real(int column) const noexcept;
  std::string text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  enum class Mode : uint8_t { write, read };

  // Of a file that exists. One thread uses it.
  static std::expected<Database, Failure> open(const std::string& path, Mode mode);

  std::expected<Statement, Failure> prepare(std::string_view sql) const;
  // Statements without parameters, any number of them.
  std::expected<void, Failure> run(const std::string& sql) const;
  // The first column of the first row.
  std::expected<int64_t, Failure> integer(std::string_view sql) const;
  std::expected<std::string, Failure> text(std::string_view sql) const;
  int64_t changed_rows() const noexcept;

 private:
  struct Close {
    void operator()(sqlite3* connection) const noexcept;
  };
  explicit Database(sqlite3* connection) : connection_(connection) {}

  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace gnomon::store
