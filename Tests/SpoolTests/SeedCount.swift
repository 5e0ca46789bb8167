import Glibc

/// How many seeds a property test tries.
enum SeedCount {
    static func fromEnvironment(_ name: String, otherwise count: UInt64) -> UInt64 {
        getenv(name).flatMap { UInt64(String(cString: $0)) } ?? count
    }
}
