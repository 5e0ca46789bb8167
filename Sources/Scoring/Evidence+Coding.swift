import RiskModel

extension Evidence {
    private enum Tag: UInt8 { case count = 1, journey, match, pattern }

    /// Writes what a rule saw.
    func encode(into writer: inout StateWriter) {
        switch self {
        case .count(let entity, let count, let fresh, let names):
            writer.write(Tag.count.rawValue)
            writer.write(entity)
            writer.write(Int64(count))
            writer.write(Int64(fresh))
            writer.write(count: names.count)
            for name in names { writer.write(name) }
        case .journey(let from, let to, let distance, let count):
            writer.write(Tag.journey.rawValue)
            from.encode(into: &writer)
            to.encode(into: &writer)
            writer.write(distance)
            writer.write(Int64(count))
        case .match(let value, let count):
            writer.write(Tag.match.rawValue)
            writer.write(value)
            writer.write(Int64(count))
        case .pattern(let entity, let count, let traits):
            writer.write(Tag.pattern.rawValue)
            writer.write(entity)
            writer.write(Int64(count))
            writer.write(count: traits.count)
            for trait in traits { writer.write(trait) }
        }
    }

    init(from reader: inout StateReader) throws(StateFault) {
        switch Tag(rawValue: try reader.read()) {
        case .count:
            let entity = try reader.readEntity()
            let count = try reader.readTally()
            let fresh = try reader.readTally()
            var names: [String] = []
            for _ in 0..<(try reader.readCount(bytesEach: 4)) { names.append(try reader.readString()) }
            self = .count(entity: entity, count: count, fresh: fresh, names: names)
        case .journey:
            let from = try Waypoint(from: &reader)
            let to = try Waypoint(from: &reader)
            let distance = try reader.readDouble()
            guard distance >= 0, distance < 100_000 else { throw .invalid("a distance") }
            self = .journey(from: from, to: to, distanceKilometres: distance, count: try reader.readTally())
        case .match:
            let value = try reader.readText()
            self = .match(value: value, count: try reader.readTally())
        case .pattern:
            let entity = try reader.readEntity()
            let count = try reader.readTally()
            var traits: [String] = []
            for _ in 0..<(try reader.readCount(bytesEach: 4)) { traits.append(try reader.readText()) }
            self = .pattern(entity: entity, count: count, traits: traits)
        case nil: throw .invalid("evidence")
        }
    }
}

extension Waypoint {
    fileprivate func encode(into writer: inout StateWriter) {
        writer.write(time)
        writer.write(address)
        writer.write(country.rawValue)
        writer.write(subdivision.rawValue)
        writer.write(device)
    }

    fileprivate init(from reader: inout StateReader) throws(StateFault) {
        self.init(
            time: try reader.readTimestamp(), address: try reader.readAddress(),
            country: CountryCode(rawValue: try reader.read()),
            subdivision: SubdivisionCode(rawValue: try reader.read()), device: try reader.readText())
    }
}

extension StateWriter {
    mutating func write(_ entity: EntityKey?) {
        write(entity != nil)
        guard let entity else { return }
        write(entity.kind.rawValue)
        write(entity.text)
    }
}

extension StateReader {
    mutating func readEntity() throws(StateFault) -> EntityKey? {
        guard try readBool() else { return nil }
        guard let kind = EntityKind(rawValue: try read()) else { throw .invalid("a kind of entity") }
        return EntityKey(kind: kind, text: try readText())
    }

    /// How many members, events or journeys were counted.
    fileprivate mutating func readTally() throws(StateFault) -> Int {
        let count = try read(Int64.self)
        guard (0...Int64(Int32.max)).contains(count) else { throw .invalid("a count") }
        return Int(count)
    }
}
