// The unit that owns the shared precompiled header.
