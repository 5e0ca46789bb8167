/// Units in which a whole number may be written: durations, sizes, plain counts.
struct UnitSystem: Sendable {
    /// From large to small; a symbol of no letters is the bare number.
    let units: [(symbol: String, size: Int)]
    /// What a value looks like, for messages.
    let form: String

    /// Microseconds.
    static let durations = UnitSystem(
        units: [
            ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000),
        ],
        form: "a duration such as 250ms, 90s, 10m, 24h or 7d")

    /// Bytes, in the binary units of IEC 80000-13.
    static let sizes = UnitSystem(
        units: [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)],
        form: "a size such as 64 KiB, 16 MiB or 1 GiB")

    static let counts = UnitSystem(
        units: [("M", 1_000_000), ("k", 1_000), ("", 1)], form: "a whole number such as 8192, 500k or 10M")

    /// The value of a number directly followed by a unit, or with one space between; `nil` for anything else and for
    /// what does not fit an `Int`. Numbers with a leading zero are refused: YAML 1.1 reads them as octal.
    func parse(_ text: String) -> Int? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        var symbol = text[digits.endIndex...]
        if symbol.first == " ", symbol.count > 1 { symbol.removeFirst() }
        guard let unit = units.first(where: { $0.symbol == symbol }), digits == "0" || !digits.hasPrefix("0"),
            let number = Int(digits)
        else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: unit.size)
        return overflow ? nil : value
    }

    /// The value in the largest unit that gives a whole number.
    func format(_ value: Int) -> String {
        let unit = units.first { value != 0 && value % $0.size == 0 } ?? units[units.count - 1]
        return "\(value / unit.size)" + (unit.symbol.hasSuffix("iB") ? " " : "") + unit.symbol
    }
}
