internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// What one connection's handlers and its requests tell each other.
final class Exchange: Sendable {
    /// Whole requests that have come, body and all.
    private let received = Atomic(0)
    /// Requests that were handed to the router; the last is the one at hand.
    private let begun = Atomic(0)
    private let channel: any Channel

    init(_ channel: any Channel) { self.channel = channel }

    func noteEnd() { received.add(1, ordering: .sequentiallyConsistent) }

    func begin() { begun.add(1, ordering: .sequentiallyConsistent) }

    /// Whether the body of the request at hand came to its end. A body that ends without is one whose sender has gone.
    var isWhole: Bool {
        received.load(ordering: .sequentiallyConsistent) >= begun.load(ordering: .sequentiallyConsistent)
    }

    /// Asks for the body of a request that waits to be asked (RFC 9110 §10.1.1).
    func askForBody() { channel.triggerUserOutboundEvent(AskForBody(), promise: nil) }

    struct AskForBody {}
}
