#pragma once
// The vault's files: a header that wraps the master key, and the key table, each in two copies.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/secret.h"

namespace peyk::storage {

struct KeySource;

// Purpose:  keeps the key table so that either copy may be lost, and so that what a former table held cannot be read
//           from the disk later: each write is sealed under a fresh key, which stands in one sector that the next write
//           overwrites in place.
// Owner:    Vault, which serialises all calls but the accessors.
//
//   store.header, store.header.copy   how the root secret is made, the master key wrapped under it, the incarnation
//   keys.a, keys.b                    the key table, sealed; written as a new file and renamed
//   keys.a.lock, keys.b.lock          512 bytes: the key of that file, sealed under the master key; overwritten in
//   place
class VaultFiles {
public:
    // Errors as Vault::open.
    static Result<std::unique_ptr<VaultFiles>> open(const std::filesystem::path& dir, const KeySource& source);

    // Reads only.
    static Result<Secret> master_key(const std::filesystem::path& dir, const KeySource& source);

    // The newest table that is whole. A damaged or older copy is written anew.
    Result<std::string> load();
    Result<> store(std::string_view table);
    Result<> copy_to(const std::filesystem::path& dir) const;
    // Names of the files that do not open under the keys in memory.
    std::vector<std::string> damaged() const;
    Result<> rewrite_header() const { return write_header(dir_); }
    Result<> change_root(const KeySource& source);
    Result<> renew_incarnation();

    const Secret& master() const { return header_.master; }
    std::uint64_t incarnation() const { return header_.incarnation; }

private:
    struct Header {
        Secret root;  // the root secret as used: after Argon2id for a passphrase
        std::uint8_t kind = 0;
        std::string salt;
        std::uint64_t incarnation = 1;
        Secret master;
        bool whole = true;  // both copies were
    };
    struct Copy {
        std::uint64_t generation = 0;
        std::string table;
    };

    explicit VaultFiles(std::filesystem::path dir) : dir_(std::move(dir)) {}
    static std::string encode(const Header& header);
    static Result<Header> decode(std::string_view bytes, const KeySource& source);
    Result<> write_header(const std::filesystem::path& dir) const;
    static Result<> make_root(Header& header, const KeySource& source);
    Result<> make_header(const KeySource& source);
    Result<> read_header(const KeySource& source);
    bool header_is_good(const std::filesystem::path& path) const;
    Result<Copy> read_copy(char which) const;
    Result<> write_copy(char which, std::uint64_t generation, std::string_view table) const;
    std::filesystem::path table_path(char which) const { return dir_ / (std::string("keys.") + which); }
    std::filesystem::path lock_path(char which) const { return dir_ / (std::string("keys.") + which + ".lock"); }

    std::filesystem::path dir_;
    Header header_;
    std::uint64_t generation_ = 0;
};

}  // namespace peyk::storage
