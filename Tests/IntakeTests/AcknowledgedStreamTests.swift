import RiskModel
import TestSupport
import Testing

@testable import Intake

struct AcknowledgedStreamTests {
    /// Reads all that the stream wants to say, sent in pieces of random size.
    private func answers(of stream: inout AcknowledgedStream, _ random: inout SeededGenerator) -> [String] {
        var text = ""
        while let bytes = stream.nextAnswer() {
            let count = Int.random(in: 1...bytes.count, using: &random)
            text += String(decoding: bytes.prefix(count), as: UTF8.self)
            _ = stream.didSend(count)
        }
        return text.split(separator: "\n").map(String.init)
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `what is acknowledged is on disk, rises, and in the end is everything`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let before = UInt64.random(in: 0...5, using: &random)
        // The frames of this stream and of others have numbers from one row; of ours we remember which.
        var sequence: UInt64 = 10
        var sequences: [UInt64: UInt64] = [:]
        for ordinal in 0...before { sequences[ordinal] = sequence }
        var stream = AcknowledgedStream(session: 1, ordinal: before, through: sequence)
        var durable: UInt64 = 0
        var said: UInt64?
        // Often, or so rarely that more frames wait for the disk than are remembered.
        let appendsPerSync = random.pick([1, 4, 50])
        for _ in 0..<400 {
            if Int.random(in: 0...appendsPerSync, using: &random) > 0 {
                sequence += UInt64.random(in: 0...3, using: &random)  // Others.
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    sequence += 1
                    sequences[UInt64(sequences.count)] = sequence
                    stream.append(through: UInt64(sequences.count - 1), sequence: sequence)
                }
            } else {
                durable = UInt64.random(in: durable...sequence, using: &random)
                stream.sync(through: durable)
            }
            for line in answers(of: &stream, &random) {
                let prefix = said == nil ? "banrisk/1 ok " : "ack "
                try #require(line.hasPrefix(prefix))
                let number = try #require(UInt64(line.dropFirst(prefix.count)))
                if let said { #expect(number > said) } else { #expect(number == before) }
                #expect(try #require(sequences[number]) <= durable)
                said = number
            }
        }
        stream.sync(through: sequence)
        let last = answers(of: &stream, &random).last
        #expect(last == nil || last == "ack \(stream.ordinal)" || said == nil)
        #expect(!stream.isAwaitingSync)
        #expect(stream.ordinal == UInt64(sequences.count - 1))
    }
}
