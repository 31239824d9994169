// One of the two things that `gnomon diff` compares: an HTTP message, or a body alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "cli/http_dump.h"

namespace gnomon::cli {

struct DiffSide {
  enum class Form : uint8_t { body, response, request };
  Form form = Form::body;
  std::string name;  // of the file
  HttpDump dump;     // of a body: a message with nothing else
};

inline constexpr size_t kDiffBytesMax = size_t{1} << 30;

// "-" is standard input. The error names the file.
std::expected<DiffSide, std::string> read_diff_side(const std::string& path,
                                                    size_t limit = kDiffBytesMax);

// The Content-Type that the ending of a file's name stands for, or "".
std::string_view type_of_name(std::string_view path) noexcept;

// Pieces of a request's target, which may name its scheme and host.
std::string_view path_of_target(std::string_view target) noexcept;
std::string_view query_of_target(std::string_view target) noexcept;

}  // namespace gnomon::cli
