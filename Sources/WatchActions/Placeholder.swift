enum WatchActionsPlaceholder {}
