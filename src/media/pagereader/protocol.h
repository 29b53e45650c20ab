#pragma once
// What the server and its reader of web pages agree on, beyond media/sandbox/child.h. Both sides include this file and
// nothing else of each other.
//
//   peyk-pagereader CHARSET
//     input    a page of HTML as it came
//     CHARSET  what its Content-Type says; "-" for nothing
//     answer   findings in the order of the page, each: kind (1 byte), length of the key (1), length of the value (2,
//              big-endian), key, value; all text is UTF-8

#include <cstddef>
#include <cstdint>

namespace peyk::media::pagereader {

enum Exit : int { kDone = 0 };

enum class Kind : std::uint8_t {
    meta = 1,        // key: property or name in lower case ("og:title", "description"); value: content
    title = 2,       // value: text of the first <title>
    image_link = 3,  // value: address in <link rel="image_src">
    base = 4,        // value: address in the first <base>
    image = 5,       // value: address of an <img> that does not say it is tiny
    text = 6,        // value: the beginning of a paragraph
};

inline constexpr std::size_t kMaxKey = 64;
inline constexpr std::size_t kMaxValue = 2'048;  // longer texts are cut, longer addresses left out
inline constexpr std::size_t kMaxFindings = 128;
inline constexpr std::size_t kMaxOutput = kMaxFindings * (4 + kMaxKey + kMaxValue);

// Where reading stops; what was found until then is the answer.
inline constexpr int kMaxDepth = 256;
inline constexpr int kMaxElements = 50'000;
inline constexpr std::size_t kMaxText = 2 * 1024 * 1024;  // bytes, as UTF-8
inline constexpr int kMaxCpuMs = 1'000;

}  // namespace peyk::media::pagereader
