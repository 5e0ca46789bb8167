import Dispatch
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// What signals do: SIGHUP reloads; the first SIGTERM or SIGINT ends in order, the second hurries, the third ends at once.
struct Signals: Sendable {
    /// A stop that takes longer than this is given up: what was received is in the spool.
    private static let deadline = DispatchTimeInterval.seconds(55)

    /// Trapped before anything runs: a signal that comes early is not to end the process as it stands.
    let sequence: UnixSignalsSequence
    let group: ServiceGroup
    let stop: StopRequest
    let desk: ControlDesk
    let manager: ServiceManager
    let logger: Logger

    func run() async {
        var stops = 0
        for await signal in sequence {
            if signal == .sighup {
                DispatchQueue.global().async { desk.reload() }
                continue
            }
            stops += 1
            switch stops {
            case 1: await endInOrder()
            case 2:
                logger.notice(
                    "ending at once: what is left is for the next start, from the spool",
                    metadata: ["event": "stop.hurried"])
                DispatchQueue.global().async { stop.hurry() }
            default: _exit(75)
            }
        }
    }

    private func endInOrder() async {
        logger.info("ending: what was received is written first", metadata: ["event": "stopping"])
        manager.stopping()
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.deadline) {
            logger.error(
                "the end took too long; what is left is for the next start, from the spool",
                metadata: ["event": "stop.hurried"])
            _exit(75)
        }
        await group.triggerGracefulShutdown()
    }
}
