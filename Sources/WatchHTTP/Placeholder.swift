enum WatchHTTPPlaceholder {}
