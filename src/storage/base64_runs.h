#pragma once
// Takes long runs of base64 out of a text: ids, hashes, signatures, ciphertexts. Four letters of them hold three bytes,
// which an entropy coder finds only nearly, and only at the price of a table in every value.

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace peyk::storage {

struct WithoutRuns {
    std::size_t count = 0;
    std::string runs;    // where they were: for each the bytes since the one before, and its length and alphabet
    std::string packed;  // their bytes, one after the other
    std::string text;    // what is left
    void clear();
};

// Whatever four letters of one alphabet stand side by side can be packed and come back as they were, so a run is cut to
// a multiple of four and need not have been made by any encoder. Runs are taken that are long, and look like noise:
// words, numbers and repetitions are left to the compression. Replaces what is in `out`.
void take_runs_out(std::string_view text, WithoutRuns& out);

// The reverse: the list of places first, since only it says how many bytes are packed.
class RunPlaces {
public:
    // Reads `count` places as they stand in WithoutRuns::runs; false when they are cut off, or more than `in` can hold.
    bool read(std::size_t count, ByteReader& in);
    std::size_t packed_bytes() const { return packed_bytes_; }
    // Appends the text as it was. false when the pieces do not belong together. `packed` has packed_bytes().
    bool put_back(std::string_view packed, std::string_view text, std::string& out) const;

private:
    struct Place {
        std::size_t gap, bytes;
        bool url;
    };
    std::vector<Place> places_;
    std::size_t packed_bytes_ = 0;
};

}  // namespace peyk::storage
