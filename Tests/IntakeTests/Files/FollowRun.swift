import Dispatch
import Glibc
import Intake
import RiskModel
import Synchronization

/// Runs a follower on a thread of its own until it is stopped, or its sink fails.
final class FollowRun: Sendable {
    let follower: FileFollower
    let notices: Notices
    private let group = DispatchGroup()
    private let failure = Mutex<(any Error)?>(nil)

    /// Everything that waits for a file to come to rest does so for a moment only.
    static var limits: FileFollower.Limits {
        var limits = FileFollower.Limits()
        limits.settling = .milliseconds(20)
        limits.release = .milliseconds(200)
        limits.saveInterval = .milliseconds(5)
        limits.pollInterval = .milliseconds(10)
        limits.fullPollInterval = .milliseconds(100)
        return limits
    }

    init(
        _ folder: LogFolder, _ paths: [FollowedPath], _ sink: any AcknowledgingSink,
        ownFiles: [String] = [], limits: FileFollower.Limits = FollowRun.limits
    ) throws {
        let notices = Notices()
        self.notices = notices
        if !folder.exists("own") { try folder.makeFolder("own") }
        follower = try FileFollower(
            paths: paths, state: folder("own/files.state"), ownFolders: [folder("own")],
            ownFiles: ownFiles, limits: limits, onNotice: { notices.add($0) })
        DispatchQueue(label: "follow").async(group: group) { [self] in
            do { try follower.run(sink: sink) } catch { failure.withLock { $0 = error } }
        }
    }

    convenience init(
        _ folder: LogFolder, _ name: String, from start: FollowedPath.Start = .beginning, rotated: Bool = false,
        _ sink: any AcknowledgingSink, limits: FileFollower.Limits = FollowRun.limits
    ) throws {
        try self.init(
            folder, [FollowedPath(pattern: folder(name), start: start, readsRotated: rotated)], sink, limits: limits)
    }

    /// Waits until the follower has ended by itself.
    func wait() throws {
        group.wait()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    func stop() throws {
        follower.stop()
        try wait()
    }

    /// Waits until the statistics say so; not for ever.
    func waitUntil(_ condition: (FollowStatistics) -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        while !condition(follower.statistics) {
            if ContinuousClock.now > deadline { return false }
            usleep(1000)
        }
        return true
    }
}

final class Notices: Sendable {
    private let all = Mutex<[FollowNotice]>([])

    func add(_ notice: FollowNotice) { all.withLock { $0.append(notice) } }
    var list: [FollowNotice] { all.withLock { $0 } }
}
