// Which receiver a stream needs.

public import WatchCore
public import WatchStreams

public enum Receivers {
    /// nil: nothing is sent to a stream of this kind.
    public static func receiver(
        for stream: StreamConfiguration, inbox: LineInbox, secrets: any SecretSource
    ) -> (any LineReceiver)? {
        switch stream.kind {
        case .syslog(let listener) where listener.isReceived:
            return SyslogReceiver(listener, inbox: inbox, secrets: secrets)
        case .drain(let listener):
            let isJSON = if case .json = stream.format { true } else { false }
            return DrainReceiver(listener, isJSON: isJSON, inbox: inbox, secrets: secrets)
        case .file, .files, .journal, .command, .syslog: return nil
        }
    }
}
