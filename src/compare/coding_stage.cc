#include "compare/coding_stage.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <new>

namespace gnomon::compare {
namespace {

const unsigned char* bytes_of(std::string_view in) noexcept {
  return reinterpret_cast<const unsigned char*>(in.data());
}

// gzip (RFC 1952) and deflate (RFC 1950; in the wild also RFC 1951 alone).
class ZlibStage final : public CodingStage {
 public:
  enum class Kind : uint8_t { gzip, deflate };
  explicit ZlibStage(Kind kind) noexcept : kind_(kind) {}
  ~ZlibStage() override {
    if (begun_) inflateEnd(&stream_);
  }

  Step step(std::string_view& in, Out& out) override {
    if (in.empty() && (!begun_ || ended_)) return Step::hungry;
    if (!begun_) begin(bytes_of(in)[0]);
    if (ended_) {
      // Members of gzip follow each other (RFC 1952 section 2.2); behind zlib's end comes nothing.
      if (kind_ != Kind::gzip || inflateReset(&stream_) != Z_OK) return Step::corrupt;
      ended_ = false;
    }
    stream_.next_in = const_cast<unsigned char*>(bytes_of(in));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<unsigned char*>(out.data);
    stream_.avail_out = static_cast<uInt>(out.size);
    const int code = inflate(&stream_, Z_NO_FLUSH);
    in.remove_prefix(in.size() - stream_.avail_in);
    out.made = out.size - stream_.avail_out;
    ended_ = code == Z_STREAM_END;
    if (ended_) return Step::piece;
    if (code != Z_OK && code != Z_BUF_ERROR) return Step::corrupt;
    // Where the buffer is full, more may be inside.
    return stream_.avail_out == 0 ? Step::piece : Step::hungry;
  }

  bool complete() const noexcept override { return ended_ || !begun_; }

 private:
  void begin(unsigned char first) {
    // zlib's first byte says 8 and a window of at most 7. Of raw deflate it would be a stored block
    // whose padding is not zero, which nobody writes.
    const bool wrapped = (first & 0x0f) == Z_DEFLATED && first >> 4 <= 7;
    const int bits = kind_ == Kind::gzip ? 16 + MAX_WBITS : wrapped ? MAX_WBITS : -MAX_WBITS;
    if (inflateInit2(&stream_, bits) != Z_OK) throw std::bad_alloc();
    begun_ = true;
  }

  Kind kind_;
  z_stream stream_{};
  bool begun_ = false;
  bool ended_ = false;
};

class BrotliStage final : public CodingStage {
 public:
  BrotliStage() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (!state_) throw std::bad_alloc();
  }

  Step step(std::string_view& in, Out& out) override {
    if (in.empty() && !begun_) return Step::hungry;
    begun_ = true;
    if (ended_) return in.empty() ? Step::hungry : Step::corrupt;
    size_t left = in.size();
    const uint8_t* next = bytes_of(in);
    size_t room = out.size;
    uint8_t* to = reinterpret_cast<uint8_t*>(out.data);
    const BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state_.get(), &left, &next, &room, &to, nullptr);
    in.remove_prefix(in.size() - left);
    out.made = out.size - room;
    if (result == BROTLI_DECODER_RESULT_ERROR) return Step::corrupt;
    ended_ = result == BROTLI_DECODER_RESULT_SUCCESS;
    return out.made > 0 || ended_ ? Step::piece : Step::hungry;
  }

  bool complete() const noexcept override { return ended_ || !begun_; }

 private:
  struct Destroy {
    void operator()(BrotliDecoderState* state) const noexcept {
      BrotliDecoderDestroyInstance(state);
    }
  };
  std::unique_ptr<BrotliDecoderState, Destroy> state_;
  bool begun_ = false;
  bool ended_ = false;
};

class ZstdStage final : public CodingStage {
 public:
  ZstdStage() : stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
    // What HTTP allows (RFC 9659): a window of 8 MiB.
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, 23);
  }

  Step step(std::string_view& in, Out& out) override {
    // Frames follow each other; asked without input at the end of one, zstd would begin the next.
    if (in.empty() && at_end_) return Step::hungry;
    if (at_end_) magic_ = 0;
    const std::string_view head = in.substr(0, kMagicBytes - magic_);
    for (const char byte : head) {
      if (!magic_allows(byte)) return Step::corrupt;
    }
    ZSTD_inBuffer from{in.data(), head.empty() ? in.size() : head.size(), 0};
    ZSTD_outBuffer to{out.data, out.size, 0};
    const size_t code = ZSTD_decompressStream(stream_.get(), &to, &from);
    in.remove_prefix(from.pos);
    out.made = to.pos;
    if (ZSTD_isError(code) != 0) return Step::corrupt;
    at_end_ = code == 0;
    return to.pos > 0 || from.pos > 0 ? Step::piece : Step::hungry;
  }

  bool complete() const noexcept override { return at_end_; }

 private:
  struct Destroy {
    void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
  };

  // Debian's library also reads formats from before 1.0, without the limits of today's. Frames (RFC
  // 8878 section 3.1.1) and skippable ones (3.1.2) begin like this.
  bool magic_allows(char next) noexcept {
    static constexpr unsigned char kFrame[] = {0x28, 0xb5, 0x2f, 0xfd};
    static constexpr unsigned char kSkippable[] = {0x50, 0x2a, 0x4d, 0x18};
    const auto byte = static_cast<unsigned char>(next);
    if (magic_ == 0) skippable_ = (byte & 0xf0) == kSkippable[0];
    const bool any_digit = skippable_ && magic_ == 0;
    const bool fits = any_digit || byte == (skippable_ ? kSkippable : kFrame)[magic_];
    ++magic_;
    return fits;
  }

  static constexpr size_t kMagicBytes = 4;

  std::unique_ptr<ZSTD_DStream, Destroy> stream_;
  size_t magic_ = 0;  // bytes of the frame's first four that were seen
  bool skippable_ = false;
  bool at_end_ = true;
};

}  // namespace

std::unique_ptr<CodingStage> make_gzip_stage() {
  return std::make_unique<ZlibStage>(ZlibStage::Kind::gzip);
}
std::unique_ptr<CodingStage> make_deflate_stage() {
  return std::make_unique<ZlibStage>(ZlibStage::Kind::deflate);
}
std::unique_ptr<CodingStage> make_brotli_stage() { return std::make_unique<BrotliStage>(); }
std::unique_ptr<CodingStage> make_zstd_stage() { return std::make_unique<ZstdStage>(); }

}  // namespace gnomon::compare
