import RiskModel

/// One client of the Forward protocol.
///
/// A message is decoded when it is whole. If the client wants to know, it is told when all of it is on disk, with one write for
/// each message, in the order in which they came.
final class ForwardConversation: Conversation {
    /// What all clients of a listener have in common. Belongs to the thread that serves them.
    final class Shared {
        fileprivate var decoder: ForwardDecoder
        fileprivate let room: ForwardRoom
        fileprivate let names: SessionNames

        init(limits: ForwardDecoder.Limits, room: ForwardRoom, names: SessionNames = .plain) {
            decoder = ForwardDecoder(limits: limits)
            self.room = room
            self.names = names
        }
    }

    /// A message that is to be acknowledged, and the last of its frames.
    private struct Receipt {
        var sequence: UInt64
        var answer: [UInt8]
    }

    /// A client that has so many messages on the way, and does not read what it is told, is not worth waiting for.
    static let maximumReceipts = 1024

    private let shared: Shared
    private let user: UInt32?
    /// The beginning of a message that goes on.
    private var carried: [UInt8] = []
    private var scanner: MessageScanner
    /// In order of their frames; those before `synced` are on disk.
    private var receipts: [Receipt] = []
    private var synced = 0
    /// How much of the first answer the socket has taken.
    private var sent = 0

    private(set) var isAcknowledged = false
    private(set) var refusal: Refusal?

    init(_ shared: Shared, user: UInt32?) {
        self.shared = shared
        self.user = user
        scanner = MessageScanner(limit: shared.decoder.limits.messageBytes)
    }

    deinit { _ = shared.room.change(from: carried.count, to: 0, user: user) }

    func receive(_ bytes: Span<UInt8>, into sink: inout CountedSink) throws {
        let before = carried.count
        do {
            if carried.isEmpty {
                let done = try take(bytes, &sink)
                carried.append(copying: bytes.extracting(done...))
            } else {
                var message: [UInt8] = []
                swap(&message, &carried)
                message.append(copying: bytes)
                let done = try take(message.span, &sink)
                // Between messages no memory is held.
                carried = done == 0 ? message : Array(message[done...])
            }
            guard shared.room.change(from: before, to: carried.count, user: user) else { throw ForwardFault.noRoom }
        } catch let fault as ForwardFault {
            carried = []
            _ = shared.room.change(from: before, to: 0, user: user)
            refusal = Refusal(reason: fault.description)
        }
    }

    /// Gives the frames of all messages that are whole to the sink.
    ///
    /// - Parameter bytes: from the beginning of a message on.
    /// - Returns: where the message begins that is not whole.
    private func take(_ bytes: Span<UInt8>, _ sink: inout CountedSink) throws -> Int {
        var start = 0
        while start < bytes.count, let end = try scanner.end(in: bytes.extracting(start...)) {
            let message = bytes.extracting(start..<start + end)
            start += end
            scanner = MessageScanner(limit: shared.decoder.limits.messageBytes)
            let durable = sink
            let names = shared.names
            let receipt = try shared.decoder.decode(
                message, lastOrdinal: { durable.lastOrdinal(of: names.name($0, of: user)) }
            ) { line, flags, origin in
                var origin = origin
                origin.session = names.name(origin.session, of: user)
                try sink.append(line, flags: flags, origin: origin)
            }
            sink.statistics.messages += 1
            guard let receipt else { continue }
            if receipt.isRepeated { sink.statistics.repeatedMessages += 1 }
            guard receipts.count < Self.maximumReceipts else { throw ForwardFault.unread }
            isAcknowledged = true
            // Where frames stand that were stored before is not known, only that it is not behind the last frame of all.
            receipts.append(Receipt(sequence: sink.lastSequence, answer: receipt.answer))
        }
        return start
    }

    /// The beginning of a message is dropped: a client that cares sends it again.
    func finish(into sink: inout CountedSink) {
        guard !carried.isEmpty else { return }
        sink.statistics.incompleteMessages += 1
        _ = shared.room.change(from: carried.count, to: 0, user: user)
        carried = []
    }

    func sync(through sequence: UInt64) {
        while synced < receipts.count, receipts[synced].sequence <= sequence { synced += 1 }
    }

    var isAwaitingSync: Bool { synced < receipts.count }

    func nextAnswer() -> [UInt8]? {
        guard synced > 0, let first = receipts.first else { return nil }
        return sent == 0 ? first.answer : Array(first.answer[sent...])
    }

    func didSend(_ count: Int) -> Bool {
        sent += count
        guard let first = receipts.first, sent == first.answer.count else { return false }
        receipts.removeFirst()
        synced -= 1
        sent = 0
        return true
    }
}
