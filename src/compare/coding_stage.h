// One coding on its way back: bytes in, bytes out, in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace gnomon::compare {

class CodingStage {
 public:
  enum class Step : uint8_t {
    piece,   // `made` bytes lie in the buffer; ask again
    hungry,  // everything was consumed and nothing is left to give
    corrupt,
  };
  struct Out {
    char* data;
    size_t size;
    size_t made = 0;
  };

  CodingStage() = default;
  CodingStage(const CodingStage&) = delete;
  CodingStage& operator=(const CodingStage&) = delete;
  virtual ~CodingStage() = default;

  // Consumes from `in` and fills `out`. To be called until it is hungry.
  virtual Step step(std::string_view& in, Out& out) = 0;
  // The input may end here: nothing was begun that is not complete.
  virtual bool complete() const noexcept = 0;
};

std::unique_ptr<CodingStage> make_gzip_stage();
std::unique_ptr<CodingStage> make_deflate_stage();  // with the wrapping of zlib or without any
std::unique_ptr<CodingStage> make_brotli_stage();
std::unique_ptr<CodingStage> make_zstd_stage();

}  // namespace gnomon::compare
