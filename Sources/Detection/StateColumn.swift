import RiskModel

/// The states of one rule in one partition, by slot of their keys.
protocol StateColumn: Sendable {
    /// The rule's shape: see ``RiskModel/Rule/shape``.
    var shape: UInt64 { get }

    /// Reads states ahead of their use; the number has no meaning.
    func warm(_ slots: [UInt32]) -> UInt64

    /// Makes the states of the slots below `count`, as for new keys, where they are not there yet.
    mutating func grow(to count: Int)

    /// Leaves a slot's state as for a new key, and gives back what it held.
    mutating func clear(_ slot: Int)

    /// Writes the states of all live slots.
    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter)

    /// Reads the states of all live slots, which are as for new keys.
    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault)
}

extension StateColumn {
    func warm(_ slots: [UInt32]) -> UInt64 { 0 }
    // What is sparse has no states of new keys, and most keys have none.
    mutating func grow(to count: Int) {}
}

/// The states of a partition's rules as bytes, each under its rule's shape and behind its length: whoever reads them takes
/// those of the rules that he has, and passes over the others.
struct StateBlocks {
    private var blocks: [UInt64: StateReader] = [:]

    /// Writes the columns, behind their count.
    static func write(
        _ columns: some Collection<any StateColumn>, slotsOf index: KeyIndex, into writer: inout StateWriter
    ) {
        writer.write(count: columns.count)
        for column in columns {
            var block = StateWriter()
            column.encode(slotsOf: index, into: &block)
            writer.write(column.shape)
            writer.write(block.bytes)
        }
    }

    init(from reader: inout StateReader) throws(StateFault) {
        for _ in 0..<(try reader.readCount(bytesEach: 12)) {
            let shape = try reader.read(UInt64.self)
            guard blocks.updateValue(try reader.readBlock(isNamed: false), forKey: shape) == nil else {
                throw .invalid("two states of one rule")
            }
        }
    }

    /// Gives a column as many slots as the index has, and the states that were written under its rule's shape.
    func read(_ column: inout some StateColumn, slotsOf index: KeyIndex) throws(StateFault) {
        column.grow(to: index.slotCount)
        guard var reader = blocks[column.shape] else { return }
        try column.decode(slotsOf: index, from: &reader)
        try reader.finish()
    }
}
