import Benchmark
import CAllocations
import Foundation
import Parts

// Times every part; script/bench-micro runs it. The workload's folder and the City database come by the environment.
let benchmarks: @Sendable () -> Void = {
    let environment = ProcessInfo.processInfo.environment
    let folder = URL(filePath: environment["BANRISK_WORKLOAD"] ?? "workload", directoryHint: .isDirectory)
    let perEvent = BenchmarkMetric.custom("ns per event", polarity: .prefersSmaller, useScalingFactor: false)
    let allocations = BenchmarkMetric.custom(
        "allocations per 1000 events", polarity: .prefersSmaller, useScalingFactor: false)
    Benchmark.defaultConfiguration = .init(
        metrics: [perEvent, allocations], units: [perEvent: .count, allocations: .count], warmupIterations: 0,
        maxDuration: .seconds(6))

    for type in parts {
        Benchmark(type.name) { benchmark in
            let workload = try Workload(folder: folder, city: environment["BANRISK_CITY"])
            var part = try type.init(workload)
            try part.step(0)
            benchmark.startMeasurement()
            let clock = ContinuousClock()
            for batch in 1..<Workload.batches {
                let before = allocations_of_thread()
                let start = clock.now
                try part.step(batch)
                let elapsed = clock.now - start
                let count = Int(allocations_of_thread() - before)
                benchmark.measurement(perEvent, Int(elapsed / .nanoseconds(Workload.batchSize)))
                benchmark.measurement(allocations, count * 1000 / Workload.batchSize)
            }
            benchmark.stopMeasurement()
        }
    }
}
