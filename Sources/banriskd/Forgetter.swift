import Assembly
import Dispatch
import Foundation
import RiskModel
import Synchronization

/// Accounts on their way to be forgotten, one at a time: asked for on the control socket, done by the pipeline's thread between
/// two batches.
///
/// An intent is on disk before anything else happens, and says through which event it applies. The pipeline stops behind that
/// event, and goes on when all is done, so no later event has made anything yet. What a crash interrupted is done at the next
/// start, before any later event: each step can be done twice. Done or failed, the intent goes: it never meets a later life.
final class Forgetter: Sendable {
    /// What is to be done.
    struct Intent: Codable, Sendable, Hashable {
        var account: String
        /// What becomes of the name in what is told of others.
        var elsewhere: ForgetRequest.Elsewhere?
        var tombstone: String
        /// The last event that it applies to.
        var throughSequence: UInt64
    }

    private final class Request: Sendable {
        let wish: ForgetRequest
        private let answer = Mutex<ForgetAnswer?>(nil)
        private let done = DispatchSemaphore(value: 0)

        init(_ wish: ForgetRequest) { self.wish = wish }

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
        /// Asked for, and not noted yet.
        var asked: Request?
        /// Noted: it is done when all that it applies to is processed.
        var noted: (request: Request, intent: Intent)?
        var isReached = false
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

    /// The event behind which the pipeline is to stop.
    var barrier: UInt64? { state.withLock { $0.noted?.intent.throughSequence } }

    /// Notes that everything up to the barrier is processed.
    func reach() { state.withLock { $0.isReached = $0.noted != nil } }

    /// Asks for an account, and waits until it is forgotten or could not be.
    func forget(_ wish: ForgetRequest) -> ForgetAnswer {
        serial.sync {
            let request = Request(wish)
            let isClosed = state.withLock { state in
                if !state.isClosed { state.asked = request }
                return state.isClosed
            }
            return isClosed ? .refused(Self.unnoted) : request.wait()
        }
    }

    /// Notes what was asked for, and gives to `body` what is due. To be called by the pipeline's thread, between batches.
    ///
    /// - Parameter newest: the newest event that has been received.
    func apply(newest: UInt64, _ body: (Intent) throws -> ForgetAnswer) throws {
        for intent in state.withLock({ $0.interrupted.takeAll() }) { _ = done(intent, try body(intent)) }
        if let request = state.withLock({ $0.asked.take() }) { note(request, through: newest) }
        let due = state.withLock { state in
            guard state.isReached else { return (request: Request, intent: Intent)?.none }
            state.isReached = false
            return state.noted.take()
        }
        guard let due else { return }
        do {
            due.request.finish(done(due.intent, try body(due.intent)))
        } catch {
            due.request.finish(.refused("\(error)"))
            throw error
        }
    }

    private func note(_ request: Request, through sequence: UInt64) {
        // Never under an earlier tombstone: rows may stand under that one.
        let intent = Intent(
            account: request.wish.account, elsewhere: request.wish.elsewhere,
            tombstone: NameSubstitution.newTombstone(), throughSequence: sequence)
        do {
            try intents.put(intent)
        } catch {
            return request.finish(.refused("\(error)"))
        }
        let isClosed = state.withLock { state in
            // It is on disk: the pipeline must not pass it, whatever happens.
            state.noted = (request, intent)
            return state.isClosed
        }
        if isClosed { request.finish(.refused(Self.noted)) }
    }

    private func done(_ intent: Intent, _ answer: ForgetAnswer) -> ForgetAnswer {
        do {
            try intents.remove(intent)
            return answer
        } catch {
            var answer = answer
            answer.error = answer.error ?? "\(error)"
            return answer
        }
    }

    /// Refuses what waits and what will come. The barrier stays, so that the next start finds what was noted undone and
    /// nothing behind it.
    func close() {
        let (asked, noted) = state.withLock { state in
            state.isClosed = true
            return (state.asked.take(), state.noted?.request)
        }
        asked?.finish(.refused(Self.unnoted))
        noted?.finish(.refused(Self.noted))
    }

    private static let unnoted = "the daemon is ending; ask again when it runs"
    private static let noted = "the daemon is ending; it is done at the next start"
}

extension Array {
    /// All elements, which leave the array.
    fileprivate mutating func takeAll() -> [Element] {
        defer { self = [] }
        return self
    }
}

extension ForgetAnswer {
    static func refused(_ why: String) -> ForgetAnswer {
        var answer = ForgetAnswer()
        answer.error = why
        return answer
    }
}
