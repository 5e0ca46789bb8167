import Glibc
import Intake
import Pipeline
import RiskModel

/// The lines of files, one after the other, numbered from 1: what the spool would have made of them.
struct FileFrames: FrameSource, ~Copyable {
    private static let chunkBytes = 1 << 20

    private var waiting: [String]
    private var current: File?
    private var buffer = [UInt8](repeating: 0, count: FileFrames.chunkBytes)
    private var framer = LineFramer()
    private var ready = FrameBatch()
    /// How many frames of `ready` have been given out.
    private var given = 0
    private var seq: UInt64 = 0

    private struct File {
        var descriptor: CInt
        var path: String
    }

    /// - Parameter paths: Read in this order; `-` is standard input.
    init(_ paths: [String]) { waiting = paths.reversed() }

    /// The size of all files together; `nil` if one of them is no regular file.
    static func totalBytes(of paths: [String]) -> Int? {
        var sum = 0
        for path in paths {
            var status = stat()
            // SAFETY: stat writes only into `status`, which lives longer than the call.
            guard path != "-", unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            sum += Int(status.st_size)
        }
        return sum
    }

    deinit { if let current, current.descriptor != STDIN_FILENO { close(current.descriptor) } }

    mutating func next(into batch: inout FrameBatch, maximumFrames: Int, notAfter: UInt64?) throws -> Bool {
        while given == ready.frames.count {
            ready.removeAll()
            given = 0
            guard try fill() else { return false }
        }
        let end = min(given + maximumFrames, ready.frames.count)
        for frame in ready.frames[given..<end] {
            let line = ready.bytes.span.extracting(frame.offset..<frame.offset + frame.count)
            batch.append(line, seq: frame.seq, source: .file, flags: frame.flags)
        }
        given = end
        return true
    }

    /// Reads a chunk; `false` at the end of the last file.
    private mutating func fill() throws -> Bool {
        guard let file = try open() else { return false }
        let count = try read(file)
        var seq = seq
        var ready = FrameBatch()
        swap(&ready, &self.ready)
        func take(_ line: Span<UInt8>, _ flags: FrameFlags) {
            seq += 1
            ready.append(line, seq: seq, source: .file, flags: flags)
        }
        if count > 0 {
            let chunk = buffer
            framer.consume(chunk.span.extracting(first: count), emit: take)
        } else {
            framer.finish(emit: take)
            framer = LineFramer()
            if file.descriptor != STDIN_FILENO { close(file.descriptor) }
            current = nil
        }
        swap(&ready, &self.ready)
        self.seq = seq
        return true
    }

    private mutating func open() throws -> File? {
        if let current { return current }
        guard let path = waiting.popLast() else { return nil }
        var file = File(descriptor: STDIN_FILENO, path: path)
        if path != "-" {
            // SAFETY: the path is a C string for the length of the call.
            file.descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
            guard file.descriptor >= 0 else { throw ToolError.cannotRead(path, errno: errno) }
        }
        current = file
        return file
    }

    private mutating func read(_ file: File) throws -> Int {
        while true {
            // SAFETY: the kernel writes at most the buffer's size into it.
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe Glibc.read(file.descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 { return count }
            guard errno == EINTR else { throw ToolError.cannotRead(file.path, errno: errno) }
        }
    }
}

extension ToolError {
    /// An input file that cannot be read.
    static func cannotRead(_ path: String, errno code: CInt) -> ToolError {
        // SAFETY: strerror's text is copied.
        .faultyInput("\(path) cannot be read: \(unsafe String(cString: strerror(code)))")
    }
}
