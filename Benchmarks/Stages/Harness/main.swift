// Takes a file of events through the stages, batch by batch, and times each stage apart: one shard, and no other thread
// but the spool's own. Prints one JSON object: nanoseconds of processor time per event, by stage.
//
// Usage: banrisk-stages CITY.mmdb EVENTS FOLDER. FOLDER gets the spool and the database; it must be empty.

import Assembly
import Glibc
import RiskModel
import Settings

guard CommandLine.arguments.count == 4 else {
    print("usage: banrisk-stages CITY.mmdb EVENTS FOLDER")
    exit(64)
}
var configuration = try Configuration.load(path: nil)
configuration.geoip = [CommandLine.arguments[1]]
configuration.shards = 1
var run = try StageRun(Assembly(configuration), folder: CommandLine.arguments[3])
try run.fillSpool(from: CommandLine.arguments[2])
try run.drainSpool()
let stages = run.clock.nanoseconds.map { stage, spent in
    "\"\(stage)\":\(Double(spent) / Double(max(1, run.frames)))"
}
print("{\"frames\":\(run.frames),\"events\":\(run.events),\"stages\":{\(stages.joined(separator: ","))}}")
