enum WatchControlPlaceholder {}
