// A server that seals nothing, for one control of the canary tests: what is planted must then be found on the disk.
// These stand in for storage/encrypted_fs.cc, storage/sealer.cc and media/chunk_cipher.cc when they are linked in front
// of the libraries. No switch of peyk does this, and nothing of it is in the program that people run.

#include <rocksdb/file_system.h>

#include "base/bytes.h"
#include "media/sealed_file.h"
#include "storage/encrypted_fs.h"
#include "storage/sealer.h"

namespace peyk::storage {

std::shared_ptr<rocksdb::FileSystem> encrypted_file_system(std::shared_ptr<rocksdb::FileSystem> base, const Secret&) {
    return base;
}

Sealer::Sealer(const Vault& vault) : vault_(vault), bind_key_{} {}

// The slot and the body as it is. Keys are still asked for, so that what was destroyed is gone here too.
Result<> Sealer::seal(const KeyName& name, const SealContext&, std::string_view body, std::string& out) const {
    if (!vault_.key(name)) return fail(Errc::gone, "the key of this row was destroyed");
    put_varint(out, name.slot);
    out.append(body);
    return {};
}

Result<std::string> Sealer::open(std::string_view stored, const Table& table, std::uint64_t, std::string_view rest,
                                 std::string_view) const {
    ByteReader in(stored);
    KeyName name{.slot = in.varint()};
    if (!in.ok()) return fail(Errc::corrupt, "a stored value has no valid form");
    if (table.seal == Seal::row) {
        name.table = table.id;
        name.row = row_number(rest);
    }
    if (!vault_.key(name)) return fail(Errc::gone);
    return std::string(in.rest());
}

std::uint64_t row_number(std::string_view rest) {
    return rest.size() < sizeof(std::uint64_t) ? 0 : get_u64be(rest.data());
}

}  // namespace peyk::storage

namespace peyk::media {

FileKey::~FileKey() = default;

FileKey FileKey::make(Random& random) {
    FileKey key;
    random.fill(key.bytes);
    return key;
}

void ChunkCipher::Free::operator()(evp_cipher_ctx_st*) const {}
ChunkCipher::ChunkCipher(const FileKey& key) : key_(key) {}

std::string ChunkCipher::seal(std::uint64_t, Place, std::string_view content) const {
    return std::string(content) + std::string(kTagBytes, '\0');
}

Result<std::string> ChunkCipher::open(std::uint64_t, Place, std::string_view sealed) const {
    if (sealed.size() < kTagBytes) return fail(Errc::corrupt, "a media file ends early");
    return std::string(sealed.substr(0, sealed.size() - kTagBytes));
}

}  // namespace peyk::media
