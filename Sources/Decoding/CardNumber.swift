/// Recognises the number of a payment card where a token should stand.
///
/// A primary account number brings every file, backup and screen that it reaches into the scope of PCI DSS, and the
/// detectors need only equality. So an event with one is refused, and its digits are not kept.
enum CardNumber {
    /// Whether the text is 12 to 19 digits, with spaces and dashes between, that pass the Luhn check
    /// (ISO/IEC 7812-1, annex B).
    static func matches(_ text: Span<UInt8>) -> Bool {
        var digits = 0
        var sum = 0
        for i in text.indices.reversed() {
            if text.isDigit(i) {
                let digit = Int(text[i] - UInt8(ascii: "0")) << (digits & 1)
                sum += digit > 9 ? digit - 9 : digit
                digits += 1
            } else if text[i] != UInt8(ascii: " "), text[i] != UInt8(ascii: "-") {
                return false
            }
        }
        return digits >= 12 && digits <= 19 && sum % 10 == 0
    }

    /// Replaces the digits of each card number that is the value of a key `card` in a line that was refused.
    ///
    /// - Parameter values: where such values begin, as far as the line could be scanned. Behind a fault the key is
    ///   looked for as it is usually spelled, at any depth.
    static func mask(in line: inout [UInt8], values: [Int]) {
        for start in values { mask(in: &line, valueAt: start) }
        let key = Array("\"card\"".utf8)
        var i = 0
        while i + key.count < line.count {
            guard line[i] == key[0], line[i...].starts(with: key) else {
                i += 1
                continue
            }
            i += key.count
            if (try? line.span.skipColon(&i)) != nil { mask(in: &line, valueAt: i) }
        }
    }

    /// Replaces the digits of everything in a line that may be a card's number, wherever it stands.
    static func maskAll(in line: inout [UInt8]) {
        var i = 0
        while i < line.count {
            guard line.span.isDigit(i) else {
                i += 1
                continue
            }
            let start = i
            while i < line.count, line.span.isDigit(i) || line[i] == UInt8(ascii: " ") || line[i] == UInt8(ascii: "-") {
                i += 1
            }
            // A number may have a neighbour: each part that could be one is looked at.
            let run = start..<i
            for first in run where line.span.isDigit(first) {
                for last in first..<min(first + 40, run.upperBound) where line.span.isDigit(last) {
                    guard matches(line.span.extracting(first..<last + 1)) else { continue }
                    for k in first...last where line.span.isDigit(k) { line[k] = UInt8(ascii: "*") }
                    break
                }
            }
        }
    }

    /// Replaces the digits of the JSON value that begins at `start` with `*`, if it is a card's number or has no end.
    ///
    /// A string's escapes are understood, so that a number spelled `\u0034…` does not stay either.
    private static func mask(in line: inout [UInt8], valueAt start: Int) {
        guard start < line.count else { return }
        var end = start
        var isNumber = true
        if line[start] == UInt8(ascii: "\"") {
            do throws(Fault) {
                _ = try line.span.skipString(&end)
                var text: [UInt8] = []
                _ = text.append(unescaping: line.span.extracting(start + 1..<end - 1))
                isNumber = matches(text.span)
            } catch {
                // Broken or cut off: nobody can say what it would have been.
                end = line[(start + 1)...].firstIndex(of: UInt8(ascii: "\"")) ?? line.count
            }
        } else {
            while end < line.count, line.span.isDigit(end) { end += 1 }
            isNumber = end == line.count || matches(line.span.extracting(start..<end))
        }
        guard isNumber else { return }
        for i in start..<end where line.span.isDigit(i) { line[i] = UInt8(ascii: "*") }
    }
}
