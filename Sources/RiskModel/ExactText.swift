/// A text that equals another byte by byte.
///
/// `String` takes canonically equivalent texts for equal: an é of one scalar and an é of two. Accounts and devices so
/// named are two, whatever they look like.
package struct ExactText: Hashable, Comparable, Sendable {
    package var text: String

    package init(_ text: String) { self.text = text }

    package static func == (a: Self, b: Self) -> Bool {
        a.text.utf8.span.equals(b.text.utf8.span)
    }

    /// The order of `String`, and among equivalent texts that of their bytes: total, and as fast as `String`'s.
    package static func < (a: Self, b: Self) -> Bool {
        a.text == b.text ? a.text.utf8.lexicographicallyPrecedes(b.text.utf8) : a.text < b.text
    }

    package func hash(into hasher: inout Hasher) {
        // SAFETY: the buffer is read inside the closure only. Every native string has one.
        let isHashed: Void? = unsafe text.utf8.withContiguousStorageIfAvailable {
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isHashed == nil { for byte in text.utf8 { hasher.combine(byte) } }
    }
}
