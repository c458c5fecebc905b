enum WatchConfigPlaceholder {}
