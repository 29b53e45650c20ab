#include "storage/vault_files.h"

#include <sodium.h>

#include "base/bytes.h"
#include "base/logging.h"
#include "storage/files.h"
#include "storage/sealed_bytes.h"
#include "storage/vault.h"

namespace peyk::storage {
namespace {

constexpr std::string_view kHeaderMagic = "peyk store\n";
constexpr std::string_view kTableMagic = "peyk keys\n";
constexpr std::size_t kSector = 512;
constexpr std::uint32_t kArgonPasses = 3;
constexpr std::uint32_t kArgonKiB = 64 * 1024;

Result<Secret> read_key_file(const std::filesystem::path& path) {
    auto bytes = read_file(path, 4096);
    if (!bytes && bytes.error().code == Errc::not_found) {
        return fail(Errc::unavailable,
                    fmt::format("the key file {} is missing; the store cannot be read without it", path.string()));
    }
    PEYK_TRY(auto text, std::move(bytes));
    if (text.size() != Secret::kBytes) {
        return fail(Errc::bad_request, fmt::format("{} is not a key file: it must have 32 bytes", path.string()));
    }
    Secret key(text);
    sodium_memzero(text.data(), text.size());
    return key;
}

Result<Secret> stretch(std::string_view passphrase, std::string_view salt, std::uint32_t passes, std::uint32_t kib) {
    // Limits, since the header is not authenticated before the key is known.
    if (passes == 0 || passes > 64 || kib < 8 * 1024 || kib > 4 * 1024 * 1024 ||
        salt.size() != crypto_pwhash_SALTBYTES) {
        return fail(Errc::corrupt, "store.header has impossible parameters for the passphrase");
    }
    Secret out;
    if (crypto_pwhash(out.data(), Secret::kBytes, passphrase.data(), passphrase.size(),
                      reinterpret_cast<const unsigned char*>(salt.data()), passes, std::size_t{kib} * 1024,
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return fail(Errc::unavailable, "not enough memory to derive the key from the passphrase");
    }
    return out;
}

std::string passphrase_salt() {
    std::string salt(crypto_pwhash_SALTBYTES, '\0');
    randombytes_buf(salt.data(), salt.size());
    put_u32be(salt, kArgonPasses);
    put_u32be(salt, kArgonKiB);
    return salt;
}

Result<Secret> root_secret(const KeySource& source, std::string_view salt) {
    switch (source.kind) {
        case KeySource::Kind::key_file: return read_key_file(source.file);
        case KeySource::Kind::raw:
            if (source.secret.size() != Secret::kBytes) return fail(Errc::bad_request, "a raw key has 32 bytes");
            return Secret(source.secret);
        case KeySource::Kind::passphrase: break;
    }
    ByteReader in(salt);
    auto seed = in.take(crypto_pwhash_SALTBYTES);
    auto passes = in.u32be();
    auto kib = in.u32be();
    if (!in.done()) return fail(Errc::corrupt, "store.header has no salt for the passphrase");
    return stretch(source.secret, seed, passes, kib);
}

// Not 1, 2, 3: a token of another store must not fit by chance.
std::uint64_t new_incarnation() {
    std::uint64_t out = 0;
    while (out == 0) randombytes_buf(&out, sizeof out);
    return out;
}

bool is_there(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

}  // namespace

Result<std::unique_ptr<VaultFiles>> VaultFiles::open(const std::filesystem::path& dir, const KeySource& source) {
    PEYK_CHECK(make_directory(dir));
    std::unique_ptr<VaultFiles> files(new VaultFiles(dir));
    bool found = is_there(dir / "store.header") || is_there(dir / "store.header.copy");
    if (!found) {
        // Keys alone are a first start that was cut off; with data they mean that the header was lost.
        if (is_there(dir / "rocks" / "CURRENT")) {
            return fail(Errc::corrupt,
                        fmt::format("{} has data but no store.header: restore it from a backup", dir.string()));
        }
        PEYK_CHECK(files->make_header(source));
        return files;
    }
    PEYK_CHECK(files->read_header(source));
    // Before anything is written that an older program does not read.
    bool older = files->header_.version < kVersion;
    if (!files->header_.whole && !older)
        log::warning("storage", "one copy of store.header was damaged; written anew from the other");
    if (!files->header_.whole || older) PEYK_CHECK(files->write_header(dir));
    files->header_mended_ = !files->header_.whole && !older;
    if (older) {
        log::info("storage", "store.header has version {} now: older versions of peyk refuse this store", kVersion);
        files->header_.version = kVersion;
    }
    return files;
}

std::string VaultFiles::encode(const Header& header) {
    std::string out(kHeaderMagic);
    put_u8(out, kVersion);
    put_u8(out, header.kind);
    put_bytes(out, header.salt);
    put_u64be(out, header.incarnation);
    auto context = out;
    seal_bytes(out, *header.root, context, header.master->view());
    return out;
}

// What stands in front of the wrapped key, and is authenticated with it.
Result<VaultFiles::Header> VaultFiles::decode_clear(ByteReader& in) {
    if (in.take(kHeaderMagic.size()) != kHeaderMagic) return fail(Errc::corrupt, "store.header is damaged");
    Header header;
    header.version = in.u8();
    if (in.ok() && header.version > kVersion) {
        return fail(Errc::unsupported, fmt::format("store.header has version {}, this program knows up to {}: use a "
                                                   "newer version of peyk",
                                                   header.version, kVersion));
    }
    header.kind = in.u8();
    header.salt = std::string(in.bytes());
    header.incarnation = in.u64be();
    if (!in.ok()) return fail(Errc::corrupt, "store.header is damaged");
    return header;
}

Result<VaultFiles::Header> VaultFiles::decode(std::string_view bytes, const KeySource& source) {
    ByteReader in(bytes);
    PEYK_TRY(auto header, decode_clear(in));
    bool by_passphrase = header.kind == static_cast<std::uint8_t>(KeySource::Kind::passphrase);
    if (by_passphrase != (source.kind == KeySource::Kind::passphrase)) {
        return fail(Errc::forbidden, by_passphrase ? "the store is locked by a passphrase, not by a key file"
                                                   : "the store is locked by a key file, not by a passphrase");
    }
    PEYK_TRY(*header.root, root_secret(source, header.salt));
    auto context = bytes.substr(0, bytes.size() - in.rest().size());
    auto master = unseal_bytes(in.rest(), *header.root, context);
    if (!master || master->size() != Secret::kBytes) {
        return fail(Errc::forbidden, by_passphrase ? "the passphrase is not the one that this store was made with"
                                                   : "the key is not the one that this store was made with");
    }
    *header.master = Secret(*master);
    sodium_memzero(master->data(), master->size());
    return header;
}

// The root secret from its source; a key file that does not exist is made.
Result<> VaultFiles::make_root(Header& header, const KeySource& source) {
    if (source.kind == KeySource::Kind::key_file && !is_there(source.file)) {
        if (source.file.has_parent_path()) PEYK_CHECK(make_directory(source.file.parent_path()));
        PEYK_CHECK(replace_file(source.file, Secret::random().view()));
    }
    header.kind = static_cast<std::uint8_t>(source.kind);
    header.salt = source.kind == KeySource::Kind::passphrase ? passphrase_salt() : std::string{};
    PEYK_TRY(*header.root, root_secret(source, header.salt));
    return {};
}

// One copy after the other: cut off in between, the store opens with either secret, and that open settles it.
Result<> VaultFiles::change_root(const KeySource& source) {
    auto changed = header_;
    PEYK_CHECK(make_root(changed, source));
    return change_header(std::move(changed));
}

// What cannot be written does not count: the next mend() writes the former header over what came of it.
Result<> VaultFiles::change_header(Header changed) {
    std::swap(header_, changed);
    auto written = write_header(dir_);
    if (!written) std::swap(header_, changed);
    return written;
}

Result<> VaultFiles::make_header(const KeySource& source) {
    PEYK_CHECK(make_root(header_, source));
    *header_.master = Secret::random();
    header_.incarnation = new_incarnation();
    // The table comes first: a header without one would mean damage, a table without a header is refused above.
    std::string table;
    put_u64be(table, 1);
    KeyTree(Secret::random()).write(table, [](std::string_view) { return KeyPlace{}; });  // too small for pages
    pages_.emplace(dir_, header_.master->derive("pages"));
    auto written = pages_->write(table);
    sodium_memzero(table.data(), table.size());
    PEYK_CHECK(std::move(written));
    pages_.reset();  // load() begins with what is on the disk
    return write_header(dir_);
}

Result<> VaultFiles::write_header(const std::filesystem::path& dir) const {
    PEYK_CHECK(replace_file(dir / "store.header.copy", encode(header_)));
    return replace_file(dir / "store.header", encode(header_));
}

Result<> VaultFiles::renew_incarnation() {
    auto changed = header_;
    changed.incarnation = new_incarnation();
    return change_header(std::move(changed));
}

Result<> VaultFiles::read_header(const KeySource& source) {
    auto try_one = [&](std::string_view name) -> Result<Header> {
        PEYK_TRY(auto bytes, read_file(dir_ / name, 4096));
        return decode(bytes, source);
    };
    auto first = try_one("store.header");
    auto second = try_one("store.header.copy");
    if (!first && !second) {
        // The more telling of the two: damage of one copy says nothing about the key.
        bool missing = first.error().code == Errc::not_found || first.error().code == Errc::corrupt;
        return fail(missing ? std::move(second).error() : std::move(first).error());
    }
    header_ = first ? *first : *second;
    header_.whole = first && second && first->incarnation == second->incarnation && first->version == second->version;
    return {};
}

Result<Secret> VaultFiles::master_key(const std::filesystem::path& dir, const KeySource& source) {
    VaultFiles files(dir);
    PEYK_CHECK(files.read_header(source));
    return *files.header_.master;
}

Result<std::string> VaultFiles::load() {
    pages_.emplace(dir_, header_.master->derive("pages"));
    auto table = pages_->load();
    if (table || table.error().code != Errc::not_found) return table;
    PEYK_TRY(auto former, load_former());
    former_format_ = true;
    return former;
}

Result<VaultFiles::Copy> VaultFiles::read_former(char which) const {
    auto path = dir_ / (std::string("keys.") + which);
    PEYK_TRY(auto lock, read_file(path.string() + ".lock", kSector));
    ByteReader in(lock);
    auto generation = in.u64be();
    auto context = lock.substr(0, sizeof generation);
    auto key = unseal_bytes(in.take(Secret::kBytes + kSealOverhead), header_.master->derive("lock"), context);
    if (!key) return fail(Errc::corrupt, path.string() + ".lock is damaged");
    Secret opened(*key);
    sodium_memzero(key->data(), key->size());
    // The new file, if the last write was cut off between the lock and the rename.
    for (const auto* suffix : {"", ".new"}) {
        auto bytes = read_file(path.string() + suffix);
        if (!bytes || !bytes->starts_with(kTableMagic)) continue;
        auto table = unseal_bytes(std::string_view(*bytes).substr(kTableMagic.size()), opened, context);
        if (table) return Copy{generation, std::move(*table)};
    }
    return fail(Errc::corrupt, path.string() + " is damaged");
}

Result<std::string> VaultFiles::load_former() const {
    auto a = read_former('a');
    auto b = read_former('b');
    if (!a && !b) {
        return fail(Errc::corrupt, fmt::format("both copies of the key table in {} are damaged or missing ({}; {}): "
                                               "restore from a backup",
                                               dir_.string(), a.error().detail, b.error().detail));
    }
    bool from_a = a && (!b || a->generation >= b->generation);
    if (a && b) {
        auto& other = from_a ? b->table : a->table;
        sodium_memzero(other.data(), other.size());
    }
    return std::move((from_a ? *a : *b).table);
}

bool VaultFiles::header_is_good(const std::filesystem::path& path) const {
    auto bytes = read_file(path, 4096);
    if (!bytes) return false;
    ByteReader in(*bytes);
    if (!decode_clear(in)) return false;
    auto master =
        unseal_bytes(in.rest(), *header_.root, std::string_view(*bytes).substr(0, bytes->size() - in.rest().size()));
    bool good = master && *master == header_.master->view();
    if (master) sodium_memzero(master->data(), master->size());
    return good;
}

std::vector<std::string> VaultFiles::mended() const {
    auto out = pages_ ? pages_->mended() : std::vector<std::string>{};
    if (header_mended_) out.emplace_back("store.header");
    return out;
}

Result<std::vector<std::string>> VaultFiles::mend() {
    std::vector<std::string> damaged;
    for (const auto* name : {"store.header", "store.header.copy"}) {
        if (!header_is_good(dir_ / name)) damaged.emplace_back(name);
    }
    if (!damaged.empty()) PEYK_CHECK(write_header(dir_));
    PEYK_TRY(auto pages, pages_->mend());
    std::ranges::move(pages, std::back_inserter(damaged));
    return damaged;
}

Result<> VaultFiles::copy_to(const std::filesystem::path& dir) const {
    PEYK_CHECK(make_directory(dir));
    for (const auto& path : pages_->files()) PEYK_CHECK(copy_with_digest(path, dir / path.filename()));
    return write_header(dir);
}

}  // namespace peyk::storage
