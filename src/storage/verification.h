#pragma once
// A look at everything that storage/ keeps on the disk, piece by piece, so that a running server can take it between
// other work.

#include <string>
#include <vector>

#include "storage/rocks_store.h"

namespace peyk::storage {

class Opened;

// Purpose:  reads the vault's files and every file of the engine, and compares seals and checksums.
// Runs on:  one worker at a time; each step blocks for the reading of one file, some tens of MB.
// A damaged copy of the vault's files is written anew from what is in memory; it is reported all the same, since disks
// that lose one file lose more.
class Verification {
public:
    struct Report {
        std::uint64_t files = 0, bytes = 0;  // looked at
        std::vector<std::string> damaged;    // what is wrong, with the name of the file
    };
    // Looks at the files as of now.
    explicit Verification(Opened& opened);
    // False: everything was looked at.
    bool step();
    const Report& report() const { return report_; }
    std::uint64_t total_bytes() const { return total_; }

private:
    Opened& opened_;
    std::vector<RocksStore::TableFile> files_;
    std::size_t next_ = 0;
    bool vault_done_ = false;
    std::uint64_t total_ = 0;
    Report report_;
};

}  // namespace peyk::storage
