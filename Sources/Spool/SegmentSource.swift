import Glibc

/// Where the bytes of a segment are read from: a file, or memory.
struct SegmentSource: ~Copyable {
    /// Names the segment in errors.
    let path: String
    private let file: Descriptor
    private let image: [UInt8]?

    init(_ file: consuming Descriptor, path: String) {
        self.file = file
        self.path = path
        image = nil
    }

    init(image: [UInt8]) {
        file = Descriptor(-1)
        path = "segment"
        self.image = image
    }

    /// Bytes in all.
    func size() throws(SpoolError) -> Int {
        if let image { return image.count }
        let size = lseek(file.raw, 0, SEEK_END)
        guard size >= 0 else { throw SpoolError.system(call: "lseek", path: path, errno: errno) }
        return size
    }

    /// Reads into the beginning of `buffer` until `count` bytes are there, or the segment ends.
    ///
    /// - Returns: how many are there.
    func read(into buffer: inout [UInt8], count: Int, at offset: Int) throws(SpoolError) -> Int {
        precondition(count <= buffer.count)
        if let image {
            let part = image[min(offset, image.count)..<min(offset + count, image.count)]
            buffer.replaceSubrange(0..<part.count, with: part)
            return part.count
        }
        var done = 0
        while done < count {
            // SAFETY: `done + count - done` bytes are within the buffer.
            let got = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe pread(file.raw, bytes.baseAddress.map { unsafe $0 + done }, count - done, offset + done)
            }
            if got == 0 { break }
            if got < 0, errno != EINTR { throw SpoolError.system(call: "read", path: path, errno: errno) }
            done += max(0, got)
        }
        return done
    }
}
