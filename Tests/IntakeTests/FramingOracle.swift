import RiskModel

/// What a framer makes of a stream, by the standard library's `split`.
func framedBySplit(_ stream: [UInt8]) -> [RecordingSink.Line] {
    let parts = stream.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return parts.enumerated().compactMap { i, part in
        let line = part.last == UInt8(ascii: "\r") ? part.dropLast() : part
        if line.isEmpty { return nil }
        if line.count > Frame.maximumBytes {
            return .init(text: String(decoding: line.prefix(Frame.keptOfOversized), as: UTF8.self), flags: .oversized)
        }
        return .init(text: String(decoding: line, as: UTF8.self), flags: i == parts.count - 1 ? .unterminated : [])
    }
}
