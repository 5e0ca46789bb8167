import Assembly
import Dispatch
import Enrichment
import Settings
import Synchronization

/// The configuration in force, with everything that it names.
final class LiveAssembly: Sendable {
    private let state: Mutex<Assembly>

    init(_ assembly: Assembly) { state = Mutex(assembly) }

    var current: Assembly { state.withLock { $0 } }

    func replace(with assembly: Assembly) { state.withLock { $0 = assembly } }
}

/// New configurations, lists and databases on their way to the pipeline.
///
/// They are loaded and checked on a thread of their own; the pipeline takes them between two batches, whole. What has a
/// fault changes nothing. One at a time.
final class Reloader: Sendable {
    enum Kind: Sendable {
        /// The configuration file and everything that it names.
        case everything
        /// The GeoIP databases of the configuration in force.
        case databases
    }

    /// What waits for the pipeline, and the end of waiting.
    private final class Request: Sendable {
        let assembly: Assembly
        private let answer = Mutex<ReloadAnswer?>(nil)
        private let done = DispatchSemaphore(value: 0)

        init(_ assembly: Assembly) { self.assembly = assembly }

        func finish(_ answer: ReloadAnswer) {
            self.answer.withLock { $0 = $0 ?? answer }
            done.signal()
        }

        func wait() -> ReloadAnswer {
            done.wait()
            return answer.withLock { $0 ?? .refused(["no answer"]) }
        }
    }

    private struct State {
        var pending: Request?
        var isClosed = false
        var statistics = DaemonStatus.Reloads()
    }

    private let load: @Sendable () throws(ConfigurationFaults) -> Configuration
    private let live: LiveAssembly
    private let state = Mutex(State())
    private let serial = DispatchQueue(label: "banrisk.reload")

    /// - Parameter load: reads the configuration file again.
    init(live: LiveAssembly, load: @escaping @Sendable () throws(ConfigurationFaults) -> Configuration) {
        self.live = live
        self.load = load
    }

    var statistics: DaemonStatus.Reloads { state.withLock { $0.statistics } }

    /// Loads, checks, and waits until the pipeline has taken it, or it was refused.
    func reload(_ kind: Kind) -> ReloadAnswer {
        let answer = serial.sync { attempt(kind) }
        state.withLock { state in
            if answer.reloaded { state.statistics.done += 1 } else { state.statistics.refused += 1 }
            state.statistics.fault = answer.faults.isEmpty ? nil : answer.faults.joined(separator: "; ")
        }
        return answer
    }

    private func attempt(_ kind: Kind) -> ReloadAnswer {
        let old = live.current
        var notices: [String] = []
        let new: Assembly
        do {
            switch kind {
            case .everything:
                var configuration = try load()
                notices = configuration.keepWhatNeedsRestart(from: old.configuration)
                notices += configuration.rulesFile.warnings.map(\.description)
                new = try Assembly(configuration)
            case .databases: new = try Assembly(old.configuration, keeping: old.sources)
            }
            if kind == .databases, new.sources.record == old.sources.record {
                return .unchanged
            }
            notices += try Canary.check(new: new.sources, old: old.sources).warnings
        } catch let error as ConfigurationFaults {
            return .refused(error.faults.map(\.description))
        } catch let error as AssemblyFaults {
            return .refused(error.faults)
        } catch {
            return .refused(["\(error)"])
        }
        let request = Request(new)
        let isClosed = state.withLock { state in
            if !state.isClosed { state.pending = request }
            return state.isClosed
        }
        guard !isClosed else { return .refused(["the daemon is ending"]) }
        var answer = request.wait()
        answer.notices = notices + answer.notices
        return answer
    }

    /// Gives what waits to `body`, which says what became of it. To be called by the pipeline's thread, between batches.
    func apply(_ body: (Assembly) throws -> ReloadAnswer) rethrows {
        guard let request = state.withLock({ $0.pending.take() }) else { return }
        do {
            let answer = try body(request.assembly)
            if answer.reloaded { live.replace(with: request.assembly) }
            request.finish(answer)
        } catch {
            request.finish(.refused(["\(error)"]))
            throw error
        }
    }

    /// Refuses what waits and what will come.
    func close() {
        let pending = state.withLock { state in
            state.isClosed = true
            return state.pending.take()
        }
        pending?.finish(.refused(["the daemon is ending"]))
    }
}

extension Configuration {
    /// Puts back what a running daemon cannot change, and says what that is.
    fileprivate mutating func keepWhatNeedsRestart(from old: Configuration) -> [String] {
        var kept: [String] = []
        func keep<Value: Equatable>(_ name: String, _ path: WritableKeyPath<Configuration, Value>) {
            guard self[keyPath: path] != old[keyPath: path] else { return }
            self[keyPath: path] = old[keyPath: path]
            kept.append("\(name) changes at the next start only")
        }
        keep("state_directory", \.stateDirectory)
        keep("runtime_directory", \.runtimeDirectory)
        keep("database", \.databasePath)
        keep("socket_mode", \.socketMode)
        keep("maximum_connections", \.maximumConnections)
        keep("api", \.api)
        keep("spool", \.spool)
        keep("snapshot_interval", \.snapshotSeconds)
        keep("quarantine_rows", \.quarantineRows)
        keep("batch_frames", \.batchFrames)
        keep("privacy.retention", \.privacy.retention)
        return kept
    }
}
