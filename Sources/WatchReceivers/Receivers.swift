// Which receiver a stream needs.

public import WatchCore
public import WatchStreams

public enum Receivers {
    /// nil: nothing is sent to a stream of this kind.
    public static func receiver(
        for kind: StreamConfiguration.Kind, inbox: LineInbox
    ) -> (any LineReceiver)? {
        switch kind {
        case .syslog(let listener) where listener.isLocal: nil
        case .syslog(let listener): SyslogReceiver(listener, inbox: inbox)
        case .file, .files, .journal, .command: nil
        }
    }
}
