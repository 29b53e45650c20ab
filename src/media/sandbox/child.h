#pragma once
// What the server and every child that it starts behind a sandbox agree on.
//
//   descriptor 3  the input, a sealed memfd; mapped once, before the sandbox closes
//   descriptor 4  the answer, an empty memfd
//   PROGRAM --self-test NAME   tries something forbidden behind the closed sandbox (tests)

namespace peyk::media::sandbox {

inline constexpr int kInput = 3;
inline constexpr int kOutput = 4;

// Exit statuses that all children share; 0 to 19 are their own. Anything else, and death by a signal, means that the
// child failed.
enum Exit : int {
    kUsage = 20,
    kNoSandbox = 21,  // the kernel refused a part of the sandbox; the input was not looked at
    kSurvived = 22,   // self-test: the forbidden act was possible
    kRefused = 23,    // self-test: it was refused without death
};

}  // namespace peyk::media::sandbox
