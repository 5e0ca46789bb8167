/// Elements by slot, in pieces that never move: a table that grows copies nothing, and leaves no holes in memory behind.
///
/// A value like an array: a copy shares the pieces until one of the two is changed.
// SAFETY: the pieces belong to `owner`, which frees them with the last array that has it; only its single owner writes.
@safe struct SlotArray<Element: Sendable>: @unchecked Sendable {
    private static var shift: Int { 8 }
    /// Elements in a piece. The first one starts smaller: most tables have few.
    private static var pieceCount: Int { 1 << shift }
    private static var fewest: Int { 8 }

    @safe private final class Owner {
        var pieces: [UnsafeMutablePointer<Element>] = unsafe []
        var count = 0

        deinit {
            // SAFETY: the first `count` elements are initialized, over all pieces.
            for number in unsafe pieces.indices {
                unsafe pieces[number].deinitialize(count: min(pieceCount, count - number * pieceCount))
                unsafe pieces[number].deallocate()
            }
        }
    }

    private var owner = Owner()
    /// The owner's, once more: to ask the owner for them would take longer.
    private var pieces: [UnsafeMutablePointer<Element>] = unsafe []
    private(set) var count = 0
    private var capacity = 0

    init() {}

    init(repeating element: Element, count: Int) {
        grow(to: count, with: element)
    }

    var indices: Range<Int> { 0..<count }

    subscript(slot: Int) -> Element {
        @inline(__always) unsafeAddress {
            precondition(slot >= 0 && slot < count, "no such slot")
            // SAFETY: the slot is below the count, so its element is initialized.
            return unsafe UnsafePointer(pieces[slot >> Self.shift] + (slot & (Self.pieceCount - 1)))
        }
        @inline(__always) unsafeMutableAddress {
            precondition(slot >= 0 && slot < count, "no such slot")
            makeUnique()
            // SAFETY: as for reading; nobody else has the pieces.
            return unsafe pieces[slot >> Self.shift] + (slot & (Self.pieceCount - 1))
        }
    }

    mutating func append(_ element: Element) {
        makeUnique()
        if count == capacity { makeRoom() }
        // SAFETY: the place behind the last element is there, and not initialized.
        unsafe (pieces[count >> Self.shift] + (count & (Self.pieceCount - 1))).initialize(to: element)
        count += 1
        owner.count = count
    }

    /// Appends copies of `element` until there are `count`.
    mutating func grow(to count: Int, with element: Element) {
        while self.count < count { append(element) }
    }

    @inline(__always)
    private mutating func makeUnique() {
        if !isKnownUniquelyReferenced(&owner) { copy() }
    }

    @inline(never)
    private mutating func copy() {
        var copy = SlotArray()
        for slot in indices { copy.append(self[slot]) }
        self = copy
    }

    @inline(never)
    private mutating func makeRoom() {
        if capacity >= Self.pieceCount {
            unsafe owner.pieces.append(.allocate(capacity: Self.pieceCount))
            capacity += Self.pieceCount
        } else {
            let room = max(Self.fewest, capacity * 2)
            let piece = UnsafeMutablePointer<Element>.allocate(capacity: room)
            if let first = unsafe owner.pieces.first {
                // SAFETY: the first piece has `count` elements, and there is more room than that.
                unsafe piece.moveInitialize(from: first, count: count)
                unsafe first.deallocate()
            }
            unsafe owner.pieces = [piece]
            capacity = room
        }
        unsafe pieces = owner.pieces
    }
}
