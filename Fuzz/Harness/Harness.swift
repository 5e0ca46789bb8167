import Glibc

/// The fuzz targets by name. A further one is one line here, and a file with its function.
private let targets: [String: @Sendable ([UInt8]) -> Void] = [
    "configuration": fuzzConfiguration,
    "database": fuzzDatabase,
    "event": fuzzEvent,
    "forward": fuzzForward,
    "frames": fuzzFrames,
    "line": fuzzLine,
    "list": fuzzList,
    "mapping": fuzzMapping,
    "rules": fuzzRules,
    "segment": fuzzSegment,
    "state": fuzzState,
]

/// The target of this run. Its name comes by the environment, since the command line is libFuzzer's.
private let target = getenv("FUZZ_TARGET").flatMap { targets[String(cString: $0)] }

/// libFuzzer's `main` calls it once. Without a target it prints their names.
@c(LLVMFuzzerInitialize)
public func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> CInt {
    if target == nil {
        print(targets.keys.sorted().joined(separator: "\n"))
        exit(0)
    }
    return 0
}

/// libFuzzer calls it with each input.
@c(LLVMFuzzerTestOneInput)
public func test(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target?(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}

/// Ends the process with a message, as a find, unless the condition holds.
func check(_ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String) {
    if !condition() { fatalError(message()) }
}

/// Whether a message has no characters that a terminal obeys.
func isPlain(_ message: String) -> Bool { message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f } }
