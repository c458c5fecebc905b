enum WatchCorePlaceholder {}
