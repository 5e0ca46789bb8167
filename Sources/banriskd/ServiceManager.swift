import Journal
import Synchronization

/// Tells the service manager how the daemon stands (sd_notify(3)); nobody, where none asked to be told.
final class ServiceManager: Sendable {
    private let notice = ServiceNotice()
    private let lastExtension = Mutex<ContinuousClock.Instant?>(nil)

    /// How often the daemon is to look whether it has earned a ping: four times within what the manager waits for one, so that
    /// one look at a bad moment costs nothing. `nil` where nobody waits.
    var watchdogInterval: Duration? { notice.watchdogInterval.map { $0 / 2 } }

    func ready() { notice.send("READY=1\nSTATUS=running") }

    /// Another configuration is put in force; ``ready()`` says that it is done.
    func reloading() {
        notice.send("RELOADING=1\nMONOTONIC_USEC=\(ServiceNotice.monotonicMicroseconds)\nSTATUS=reloading")
    }

    func stopping() { notice.send("STOPPING=1\nSTATUS=writing what was received") }

    /// The daemon does its work.
    func alive(_ status: String) { notice.send("WATCHDOG=1\nSTATUS=\(status)") }

    /// Asks for more time to start, at most once a second, and says why.
    func extendStart(_ why: String) {
        let isDue = lastExtension.withLock { last in
            if let last, ContinuousClock.now - last < .seconds(1) { return false }
            last = .now
            return true
        }
        if isDue { notice.send("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=\(why)") }
    }
}
