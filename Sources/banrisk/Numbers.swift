/// Numbers with a fixed count of decimals, for people.
extension Double {
    /// `41.2` with two decimals is `41.20`. For values below 10^15.
    func text(decimals: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((magnitude * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        let sign = self < 0 && scaled > 0 ? "-" : ""
        return "\(sign)\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}

extension String {
    /// A stored time without its decimals, for people: `2026-03-01T08:15:00Z`.
    var wholeSeconds: String { utf8.count == 27 ? prefix(19) + "Z" : self }
}
