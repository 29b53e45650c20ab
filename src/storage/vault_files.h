#pragma once
// The vault's files: a header that wraps the master key, and the key table (key_pages.h), each in two copies.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "storage/key_pages.h"

namespace peyk::storage {

struct KeySource;

// Purpose:  keeps the header, and opens the key table under it.
// Owner:    Vault, which serialises all calls but the accessors.
//
//   store.header, store.header.copy   how the root secret is made, the master key wrapped under it, the incarnation
//
// Version 2 of the header has the same form as 1 and says that sealed values may have the forms that compress.h knows,
// and that rows have a number of their own (migrations.h). It is written at the first opening, before anything else is:
// programs that know neither refuse the store.
// Stores of before the table had pages hold it as one sealed file in two copies (keys.a, keys.b), its key in the lock
// of that copy. Those are read; the first write makes pages of them.
class VaultFiles {
public:
    // Errors as Vault::open.
    static Result<std::unique_ptr<VaultFiles>> open(const std::filesystem::path& dir, const KeySource& source);

    // Reads only.
    static Result<Secret> master_key(const std::filesystem::path& dir, const KeySource& source);

    // The root of the newest table that is whole: the next slot u64be, then the tree. Damaged copies are mended.
    Result<std::string> load();
    // True after load(): the table is to be written at once.
    bool former_format() const { return former_format_; }
    KeyPages& pages() { return *pages_; }
    const KeyPages& pages() const { return *pages_; }
    Result<> copy_to(const std::filesystem::path& dir) const;
    Result<> change_root(const KeySource& source);
    // Reads everything, writes anew what does not open under the keys in memory, and names it. Errors: corrupt (both
    // copies), io.
    Result<std::vector<std::string>> mend();
    Result<> renew_incarnation();

    const Secret& master() const { return *header_.master; }
    // Copies that were damaged or missing at the opening, and were written anew.
    std::vector<std::string> mended() const;
    std::uint64_t incarnation() const { return header_.incarnation; }

private:
    static constexpr std::uint8_t kVersion = 2;
    struct Header {
        Locked<Secret> root;  // the root secret as used: after Argon2id for a passphrase
        std::uint8_t kind = 0;
        std::string salt;
        std::uint64_t incarnation = 1;
        std::uint8_t version = kVersion;
        Locked<Secret> master;
        bool whole = true;  // both copies were
    };
    struct Copy {
        std::uint64_t generation = 0;
        std::string table;
    };

    explicit VaultFiles(std::filesystem::path dir) : dir_(std::move(dir)) {}
    static std::string encode(const Header& header);
    static Result<Header> decode_clear(ByteReader& in);
    static Result<Header> decode(std::string_view bytes, const KeySource& source);
    Result<> write_header(const std::filesystem::path& dir) const;
    static Result<> make_root(Header& header, const KeySource& source);
    Result<> make_header(const KeySource& source);
    Result<> change_header(Header changed);
    Result<> read_header(const KeySource& source);
    bool header_is_good(const std::filesystem::path& path) const;
    Result<Copy> read_former(char which) const;
    Result<std::string> load_former() const;

    std::filesystem::path dir_;
    Header header_;
    std::optional<KeyPages> pages_;
    bool former_format_ = false;
    bool header_mended_ = false;
};

}  // namespace peyk::storage
