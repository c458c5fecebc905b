enum WatchProbesPlaceholder {}
