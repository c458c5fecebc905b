enum WatchStorePlaceholder {}
