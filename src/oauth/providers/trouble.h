#pragma once
// How a sign-in through a provider fails. What people are told is made of the kind; the sentence is for the log.

#include <expected>
#include <string>

namespace peyk::oauth {

enum class Fault : unsigned char {
    unreachable,  // it does not answer, or says that it cannot now
    mismatch,     // it and the configuration disagree: the operator's to mend
    untrusted,    // what it said does not hold
    over,         // the code was used, or is too old
    not_allowed,  // the person is not among those who may come
};

struct Trouble {
    Fault fault;
    std::string why;  // nothing of the person, nothing secret
};

template <class T = void>
using Outcome = std::expected<T, Trouble>;

inline std::unexpected<Trouble> stopped(Fault fault, std::string why) {
    return std::unexpected(Trouble{fault, std::move(why)});
}

}  // namespace peyk::oauth
