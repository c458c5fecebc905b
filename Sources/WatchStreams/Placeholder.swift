enum WatchStreamsPlaceholder {}
