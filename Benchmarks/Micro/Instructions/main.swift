import CAllocations
import Foundation
import Parts

// Takes one part through the workload, for valgrind to count what `measured` costs. script/bench-instructions runs it.
//
//   Instructions list               the parts' names
//   Instructions prepare FOLDER     writes the workload
//   Instructions run PART FOLDER    runs a part; prints how many events were measured, and allocations

/// Its symbol is where valgrind begins and ends to count.
@inline(never)
func measured(_ part: inout any Part) throws {
    for batch in 1..<Workload.batches { try part.step(batch) }
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch (arguments.first, arguments.count) {
case ("list", 1):
    for part in parts { print(part.name) }
case ("prepare", 2):
    try Workload.write(to: URL(filePath: arguments[1], directoryHint: .isDirectory))
case ("run", 3):
    guard let type = parts.first(where: { $0.name == arguments[1] }) else {
        fatalError("there is no part \(arguments[1])")
    }
    var part = try type.init(Workload(folder: URL(filePath: arguments[2], directoryHint: .isDirectory)))
    try part.step(0)
    let before = allocations_of_thread()
    try measured(&part)
    print((Workload.batches - 1) * Workload.batchSize, allocations_of_thread() - before)
default:
    fatalError("usage: Instructions list | prepare FOLDER | run PART FOLDER")
}
