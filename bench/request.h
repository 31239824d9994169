// The request that the load generators send: about as long as what a browser's is.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace bench {

constexpr size_t kPostBytes = 4096;
constexpr std::string_view kAuthority = "shop.example.com";

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kFields{{
    {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
    {"Accept", "application/json, text/plain;q=0.9, */*;q=0.8"},
    {"Accept-Language", "en-GB,en;q=0.7,fr;q=0.3"},
    {"Accept-Encoding", "gzip, deflate, br, zstd"},
    {"Referer", "https://shop.example.com/catalogue/pets?page=3"},
    {"Cookie", "session=5f0c7a94d1c24c0c8f1e6a8e27e0b5ce; theme=light; consent=1"},
    {"X-Request-Id", "0f8fad5b-d9cb-469f-a165-70867728950e"},
    {"Cache-Control", "no-cache"},
}};

// KIND of a line of input: get, post or large.
constexpr std::string_view path_of(std::string_view kind) {
  return kind == "large" ? "/petstore/large" : "/petstore/pets?limit=20";
}

}  // namespace bench
