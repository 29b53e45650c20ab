#include "storage/verification.h"

#include "storage/open.h"

namespace peyk::storage {

Verification::Verification(Opened& opened) : opened_(opened) {
    if (auto* rocks = opened_.rocks()) files_ = rocks->table_files();
    for (const auto& file : files_) total_ += file.bytes;
}

bool Verification::step() {
    if (!vault_done_) {
        vault_done_ = true;
        auto damaged = opened_.vault().verify();
        if (damaged) {
            for (auto& name : *damaged) report_.damaged.push_back(name + " was damaged; written anew");
        } else {
            report_.damaged.push_back(damaged.error().detail);
        }
        report_.files += Vault::kFiles;
        return true;
    }
    if (next_ == files_.size()) return false;
    const auto& file = files_[next_++];
    if (auto good = opened_.rocks()->verify_file(file); !good) report_.damaged.push_back(good.error().detail);
    ++report_.files;
    report_.bytes += file.bytes;
    return true;
}

}  // namespace peyk::storage
