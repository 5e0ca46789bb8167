internal import Synchronization

/// Requests by route, method and status, for the metrics. Bounded by the table of routes: all without one are one.
final class RequestCounters: Sendable {
    struct Key: Hashable, Comparable, Sendable {
        var route: String
        var method: String
        var status: Int

        static func < (a: Key, b: Key) -> Bool { (a.route, a.method, a.status) < (b.route, b.method, b.status) }
    }

    struct Value: Sendable {
        var count = 0
        var seconds = 0.0
    }

    private struct State {
        var requests: [Key: Value] = [:]
        var faults: [String: Int] = [:]
        var accepted = 0
        var rejected = 0
        var repeated = 0
    }

    private let state = Mutex(State())

    var requests: [(key: Key, value: Value)] { state.withLock { $0.requests.sorted { $0.key < $1.key } } }

    /// Connections that ended for a fault of the client, by its name.
    var faults: [(key: String, value: Int)] { state.withLock { $0.faults.sorted { $0.key < $1.key } } }

    /// Lines of events that were taken, of these what goes to quarantine, and what had come before.
    var lines: (accepted: Int, rejected: Int, repeated: Int) {
        state.withLock { ($0.accepted, $0.rejected, $0.repeated) }
    }

    func note(route: String, method: String, status: Int, seconds: Double) {
        // Any token can be a method, and each would be a series of its own.
        let method = ["GET", "HEAD", "POST", "PUT", "OPTIONS"].contains(method) ? method : "other"
        state.withLock {
            $0.requests[Key(route: route, method: method, status: status), default: Value()].count += 1
            $0.requests[Key(route: route, method: method, status: status), default: Value()].seconds += seconds
        }
    }

    func note(fault: String) { state.withLock { $0.faults[fault, default: 0] += 1 } }

    func note(accepted: Int, rejected: Int, repeated: Int) {
        state.withLock {
            $0.accepted += accepted
            $0.rejected += rejected
            $0.repeated += repeated
        }
    }
}
