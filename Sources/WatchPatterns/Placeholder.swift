enum WatchPatternsPlaceholder {}
