import Assembly
import Dispatch
import Foundation
import RiskModel
import Synchronization

/// Accounts on their way to be forgotten, one at a time: asked for on the control socket, done by the pipeline's thread between
/// two batches.
///
/// An intent is on disk before anything else happens and goes when everything has. What a crash interrupted is done at the
/// next start, before any event: each step can be done twice.
final class Forgetter: Sendable {
    /// What is to be done.
    struct Intent: Codable, Sendable, Hashable {
        var account: String
        var tombstone: String
    }

    private final class Request: Sendable {
        let intent: Intent
        private let answer = Mutex<ForgetAnswer?>(nil)
        private let done = DispatchSemaphore(value: 0)

        init(_ intent: Intent) { self.intent = intent }

        func finish(_ answer: ForgetAnswer) {
            self.answer.withLock { $0 = $0 ?? answer }
            done.signal()
        }

        func wait() -> ForgetAnswer {
            done.wait()
            return answer.withLock { $0 ?? .refused("no answer") }
        }
    }

    private struct State {
        /// Found at the start.
        var interrupted: [Intent] = []
        var pending: Request?
        var isClosed = false
    }

    private let intents: IntentFolder
    private let state: Mutex<State>
    private let serial = DispatchQueue(label: "banrisk.forget")

    /// - Throws: what was to be forgotten cannot be read.
    init(stateDirectory: String) throws {
        intents = IntentFolder(path: stateDirectory + "/forget")
        state = Mutex(State(interrupted: try intents.all()))
    }

    /// The folder of the intents, which name accounts.
    var folder: String { intents.path }

    /// How many were interrupted by the end of the process before.
    var interruptedCount: Int { state.withLock { $0.interrupted.count } }

    /// Notes an account, and waits until it is forgotten or could not be.
    func forget(_ account: String) -> ForgetAnswer {
        serial.sync {
            do {
                // Asked for again after a failure it goes on under the same tombstone.
                let known = try intents.all().first { ExactText($0.account) == ExactText(account) }
                let intent = known ?? Intent(account: account, tombstone: NameSubstitution.newTombstone())
                try intents.put(intent)
                let request = Request(intent)
                let isClosed = state.withLock { state in
                    if !state.isClosed { state.pending = request }
                    return state.isClosed
                }
                return isClosed ? .refused("the daemon is ending; it is done at the next start") : request.wait()
            } catch {
                return .refused("\(error)")
            }
        }
    }

    /// Gives what waits to `body`. To be called by the pipeline's thread, between batches.
    func apply(_ body: (Intent) throws -> ForgetAnswer) rethrows {
        let (interrupted, pending) = state.withLock { state in
            defer {
                state.interrupted = []
                state.pending = nil
            }
            return (state.interrupted, state.pending)
        }
        for intent in interrupted { _ = done(intent, try body(intent)) }
        guard let pending else { return }
        do {
            pending.finish(done(pending.intent, try body(pending.intent)))
        } catch {
            pending.finish(.refused("\(error)"))
            throw error
        }
    }

    private func done(_ intent: Intent, _ answer: ForgetAnswer) -> ForgetAnswer {
        guard answer.error == nil else { return answer }
        do {
            try intents.remove(intent)
            return answer
        } catch {
            var answer = answer
            answer.error = "\(error)"
            return answer
        }
    }

    /// Refuses what waits and what will come.
    func close() {
        let pending = state.withLock { state in
            state.isClosed = true
            return state.pending.take()
        }
        pending?.finish(.refused("the daemon is ending; it is done at the next start"))
    }
}

extension ForgetAnswer {
    static func refused(_ why: String) -> ForgetAnswer {
        var answer = ForgetAnswer()
        answer.error = why
        return answer
    }
}
