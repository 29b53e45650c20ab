#pragma once
// What the media module stores. Bytes of media lie in files (sealed_file.h); here are their keys and descriptions.

#include <array>

#include "storage/table.h"

namespace peyk::media {

// The owner of all rows in the server's shard that belong to media. A seed of its own, so that row numbers are its own.
inline constexpr std::uint64_t kArea = 0x6d656469;

using storage::Category;
using storage::Owner;
using storage::Seal;

inline constexpr storage::Table kMediaIds{.id = 120,
                                          .name = "media_ids",
                                          .about = "which row a media id means",
                                          .rest = "digest of the media id, 16 bytes",
                                          .owner = Owner::server,
                                          .seal = Seal::none,
                                          .category = Category::identifiers,
                                          .kept = "until the media is deleted"};

// Row number: day of creation since 1970 (24 bits), random (40 bits), so that the keys of a day go together.
inline constexpr storage::Table kMedia{
    .id = 121,
    .name = "media",
    .about = "one media: file, its key, size, uploader, day, declared type and file name",
    .rest = "row number u64be",
    .owner = Owner::server,
    .seal = Seal::row,
    .category = Category::user_content,
    .kept =
        "until the media is deleted or, where one is set, in the day after its lifetime; without content 24 hours; "
        "pictures "
        "of previews media.preview_lifetime"};

inline constexpr storage::Table kThumbnails{
    .id = 122,
    .name = "media_thumbnails",
    .about = "one thumbnail of a media (file, its key, size), or why there is none",
    .rest = "row number of the media u64be, variant u8",
    .owner = Owner::server,
    .seal = Seal::row,
    .category = Category::user_content,
    .kept = "as long as the media"};

inline constexpr storage::Table kUploads{.id = 123,
                                         .name = "user_uploads",
                                         .about = "a media that this user uploaded: its id and size",
                                         .rest = "row number of the media u64be",
                                         .owner = Owner::user,
                                         .seal = Seal::owner,
                                         .category = Category::user_content,
                                         .kept = "until the media is deleted"};

inline constexpr storage::Table kUsage{.id = 124,
                                       .name = "user_media_usage",
                                       .about = "bytes and number of a user's uploads, for the quota",
                                       .rest = "empty",
                                       .owner = Owner::user,
                                       .seal = Seal::owner,
                                       .category = Category::usage_data,
                                       .kept = "as long as the account"};

inline constexpr storage::Table kPending{.id = 125,
                                         .name = "user_media_pending",
                                         .about = "a media id that was given out and has no content yet",
                                         .rest = "row number of the media u64be",
                                         .owner = Owner::user,
                                         .seal = Seal::owner,
                                         .category = Category::usage_data,
                                         .kept = "until it is uploaded, 24 hours at most"};

inline constexpr storage::Table kBorrowed{
    .id = 126,
    .name = "media_borrowed",
    .about =
        "the hour when the copy of a picture from a previewed page goes, and its size; nothing says who asked for it",
    .rest = "end in milliseconds since 1970 u64be, row number of the media u64be",
    .owner = Owner::server,
    .seal = Seal::none,
    .category = Category::usage_data,
    .kept = "as long as the picture: media.preview_lifetime, 24 hours unless set"};

inline constexpr std::array<const storage::Table*, 7> kTables{&kMediaIds, &kMedia,   &kThumbnails, &kUploads,
                                                              &kUsage,    &kPending, &kBorrowed};

}  // namespace peyk::media
