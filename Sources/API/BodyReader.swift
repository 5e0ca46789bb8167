internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

/// A request's body as bytes, unpacked, with its share of the budget, which it holds as long as it lives.
struct CollectedBody: Sendable {
    let bytes: [UInt8]
    let share: ByteBudget.Share
}

/// Receives a request's body within the limits.
struct BodyReader: Sendable {
    let call: Call
    /// The most bytes that it may have, unpacked.
    let limit: Int

    /// - Throws: a ``Problem``.
    func collect() async throws -> CollectedBody {
        let isPacked = try isPacked()
        if let length = call.request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        if let expectation = call.request.headers[.expect] {
            guard expectation.lowercased() == "100-continue" else {
                throw Problem(.expectationFailed, "Only 100-continue can be expected.")
            }
            call.exchange.askForBody()
        }
        let share = call.house.budget.share()
        let bytes = isPacked ? try await unpack(share) : try await copy(share)
        guard call.exchange.isWhole else { throw Problem(.malformedRequest, "The body ends before its end.") }
        return CollectedBody(bytes: bytes, share: share)
    }

    private func isPacked() throws(Problem) -> Bool {
        switch call.request.headers[.contentEncoding]?.lowercased() {
        case nil, "identity": return false
        case "gzip", "x-gzip": return true
        default:
            throw Problem(.unsupportedEncoding, "Send gzip, or the body as it is.", headers: [.acceptEncoding: "gzip"])
        }
    }

    private func copy(_ share: ByteBudget.Share) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await part in call.request.body {
            guard bytes.count + part.readableBytes <= limit else { throw tooLarge }
            try share.grow(to: bytes.count + part.readableBytes)
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }

    private func unpack(_ share: ByteBudget.Share) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        guard var gunzip = Gunzip(limit: limit, ratio: call.house.limits.gzipRatio) else {
            throw Problem.unavailable("No memory to unpack the body; try again.")
        }
        for try await part in call.request.body {
            do throws(Gunzip.Fault) {
                // SAFETY: the buffer is read only inside the closure.
                try unsafe part.withUnsafeReadableBytes { raw throws(Gunzip.Fault) in
                    try unsafe gunzip.unpack(raw.assumingMemoryBound(to: UInt8.self), into: &bytes)
                }
            } catch {
                switch error {
                case .tooLarge: throw tooLarge
                case .malformed: throw malformed
                }
            }
            try share.grow(to: bytes.count)
        }
        guard gunzip.isComplete else { throw malformed }
        return bytes
    }

    private var malformed: Problem { Problem(.invalidBody, "The body is not gzip, or is cut off.") }

    private var tooLarge: Problem {
        Problem(
            .bodyTooLarge,
            "A body has at most \(limit) bytes, unpacked, and is not packed more than \(call.house.limits.gzipRatio) to 1. Send less at once."
        )
    }
}
