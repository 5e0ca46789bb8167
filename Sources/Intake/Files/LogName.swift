/// What a file's name says of its place in a rotation.
struct LogName: Hashable {
    /// The last component of the path.
    let name: String
    /// The name without what a rotation appends: `x.log` for `x.log.1`, `x.log.2.gz` and `x.log-20261121.gz`.
    let base: String
    /// The base without what stands behind its last dot, which some rotations put their mark before.
    let stem: String

    init(_ name: String) {
        self.name = name
        var rest = Substring(name)
        if rest.hasSuffix(".gz") { rest = rest.dropLast(3) }
        if let mark = rest.lastIndex(where: { $0 == "." || $0 == "-" }), mark != rest.startIndex {
            let digits = rest[rest.index(after: mark)...]
            let isDate = (8...10).contains(digits.count)
            let isNumber = rest[mark] == "." && (1...4).contains(digits.count)
            if isDate || isNumber, digits.allSatisfy({ $0.isASCII && $0.isNumber }) { rest = rest[..<mark] }
        }
        base = String(rest)
        let beginning = rest.lastIndex(of: ".").map { rest[..<$0] } ?? rest
        stem = String(beginning.isEmpty ? rest : beginning)
    }

    init(path: String) {
        self.init(path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path)
    }

    var isCompressed: Bool { name.hasSuffix(".gz") }

    /// Whether the file has been put aside: nobody is meant to write it any more. A date alone does not say so, since
    /// programs give such names to the files that they write, too.
    var isPutAside: Bool {
        isCompressed || (base != name && name.dropFirst(base.count).first == "." && name.count - base.count <= 5)
    }

    /// The stems of all names from which a rotation may have made this one, which goes on where they end; the shortest first.
    var stems: [String] { name.indices.map { String(name[...$0]) } }
}
