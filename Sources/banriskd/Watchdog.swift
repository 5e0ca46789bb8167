import Dispatch
import Intake
import Logging
import Pipeline
import ServiceLifecycle
import Synchronization

/// Pings the service manager for as long as the daemon does its work (`WatchdogSec=`, systemd.service(5)).
///
/// A process can live, and its sockets take connections, while nothing is done behind them. So each ping is earned anew, by
/// what ``VitalSigns`` says. Where pings stay away the service manager ends the daemon and starts another one, which goes on
/// from the spool.
struct WatchdogService: Service {
    /// How long the control desk may take for an answer; an end of the daemon waits for it.
    private static let patience = Duration.seconds(10)

    let interval: Duration
    let manager: ServiceManager
    let pulse: Pulse
    let queue: StoreQueue
    let controlPath: String
    let logger: Logger

    func run() async throws {
        let end = DispatchSemaphore(value: 0)
        try await withGracefulShutdownHandler {
            try await onThread("watchdog") { watch(until: end) }
        } onGracefulShutdown: {
            end.signal()
        }
    }

    private func watch(until end: DispatchSemaphore) {
        var last: VitalSigns?
        while end.wait(timeout: .now() + interval.dispatchInterval) == .timedOut {
            let desk = VitalSigns.Desk.ask(controlPath, patience: min(interval, Self.patience))
            let signs = VitalSigns(turns: pulse.turns, stall: queue.stall, desk: desk)
            if case .unreachable(let why) = desk, desk != last?.desk {
                logger.error(
                    "nobody can reach the control desk: \(why)", metadata: ["event": "control.unreachable"])
            }
            if let trouble = signs.trouble(since: last) {
                logger.error(
                    "no sign of life for the service manager: \(trouble)", metadata: ["event": "watchdog.silent"])
            } else {
                manager.alive(signs.stall ?? "running")
            }
            last = signs
        }
    }
}

/// What a look at the running daemon finds.
struct VitalSigns: Sendable, Equatable {
    /// What became of a question to the control desk.
    enum Desk: Sendable, Equatable {
        case answers
        /// It gave no answer in time.
        case silent
        /// The question did not get there: somebody removed the socket's file, or descriptors have run out. A new start would
        /// not change that.
        case unreachable(String)
    }

    /// How often the pipeline's loop had come round; it does several times a second when there is nothing to do.
    var turns: UInt64
    /// Why the pipeline may stand still: the database cannot be written, which a new start would not change either.
    var stall: String?
    var desk: Desk

    /// Why the daemon has not earned a ping; `nil` when it has.
    ///
    /// - Parameter last: what the look before found; `nil` at the first.
    func trouble(since last: VitalSigns?) -> String? {
        if desk == .silent { return "the control desk does not answer" }
        if stall == nil, last?.stall == nil, last?.turns == turns { return "the pipeline stands still" }
        return nil
    }
}

extension VitalSigns.Desk {
    private final class Answer: Sendable {
        let desk = Mutex(VitalSigns.Desk.silent)
        let isThere = DispatchSemaphore(value: 0)
    }

    /// Asks as any client would.
    static func ask(_ path: String, patience: Duration) -> Self {
        let answer = Answer()
        DispatchQueue(label: "banrisk.watchdog.question").async {
            let desk: Self
            do throws(IntakeError) {
                desk = try ControlClient.ask("status", path: path).isEmpty ? .silent : .answers
            } catch {
                desk = .unreachable("\(error)")
            }
            answer.desk.withLock { $0 = desk }
            answer.isThere.signal()
        }
        _ = answer.isThere.wait(timeout: .now() + patience.dispatchInterval)
        return answer.desk.withLock { $0 }
    }
}

/// Counts how often a loop has come round. From any thread.
final class Pulse: Sendable {
    private let count = Atomic<UInt64>(0)

    var turns: UInt64 { count.load(ordering: .relaxed) }

    func beat() { count.add(1, ordering: .relaxed) }
}

extension Duration {
    fileprivate var dispatchInterval: DispatchTimeInterval { .milliseconds(Int(self / .milliseconds(1))) }
}
