import CMessagePack
import RiskModel

/// Reads values that a ``MessageScanner`` has found to be whole, by msgpack-c.
@safe struct MessageReader: ~Copyable {
    private let zone: OpaquePointer

    init() {
        guard let zone = unsafe mp_zone_new() else { fatalError("out of memory") }
        unsafe self.zone = unsafe zone
    }

    deinit { unsafe mp_zone_free(zone) }

    /// Gives the value that takes all of `bytes` to `body`; it must not outlive that.
    ///
    /// - Throws: ``ForwardFault/notMessagePack``, and what `body` throws.
    func read<Result>(_ bytes: Span<UInt8>, _ body: (mp_value) throws -> Result) throws -> Result {
        // SAFETY: the library reads within the bytes, which are borrowed while `body` uses the value; so is the zone.
        try unsafe bytes.withUnsafeBufferPointer { bytes in
            var value = unsafe mp_value()
            guard unsafe mp_read(zone, bytes.baseAddress, UInt(bytes.count), &value) != 0 else {
                throw ForwardFault.notMessagePack
            }
            return try unsafe body(value)
        }
    }
}
