enum WatchDaemonPlaceholder {}
