/// Numbers with a fixed count of decimals, for people.
extension Double {
    /// `41.2` with two decimals is `41.20`. From 10^15 on, which only a damaged database has, as Swift writes it.
    func text(decimals: Int) -> String {
        guard magnitude < 1e15 else { return "\(self)" }
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((magnitude * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        let sign = self < 0 && scaled > 0 ? "-" : ""
        return "\(sign)\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}

extension UInt8 {
    /// Two digits: `0a`.
    var hexadecimal: String { (self < 16 ? "0" : "") + String(self, radix: 16) }
}

extension String {
    /// A stored time without its decimals, for people: `2026-03-01T08:15:00Z`.
    var wholeSeconds: String { utf8.count == 27 ? prefix(19) + "Z" : self }
}
