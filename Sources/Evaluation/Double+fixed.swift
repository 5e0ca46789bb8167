extension Double {
    /// With this many decimals, and the zeros at the end: `0.5` with three is `0.500`. For values below 10^12.
    package func fixed(_ decimals: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        guard magnitude < 1e12 else { return "\(self)" }
        let scaled = Int((magnitude * Double(scale)).rounded())
        let sign = self < 0 && scaled > 0 ? "-" : ""
        let fraction = String(scaled % scale)
        guard decimals > 0 else { return "\(sign)\(scaled)" }
        return "\(sign)\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
