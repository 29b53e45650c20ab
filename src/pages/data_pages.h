#pragma once
// A user's own files, and everything that is held about them.

#include "pages/own_data.h"
#include "pages/visit.h"

namespace peyk::pages {

// Purpose:  /_peyk/account/files, /_peyk/account/data.  Owner: AccountSite.  Runs on: any worker.
class DataPages {
public:
    DataPages(const Desk& desk, OwnData& data) : desk_(desk), data_(data) {}
    void add_routes(http::Router& router);

private:
    Task<http::Response> files(Visit visit);
    Task<http::Response> file_deleted(Visit visit);
    Task<http::Response> data(Visit visit);
    Task<http::Response> data_posted(Visit visit);

    http::Response files_page(const Visit& visit, const Words* complaint, const Words* done) const;
    http::Response data_page(const Visit& visit, const Words* complaint) const;

    const Desk& desk_;
    OwnData& data_;
};

}  // namespace peyk::pages
