internal import Assembly
internal import Glibc
internal import RiskModel
internal import Store

/// What `top` knows at one moment.
struct TopSample: Sendable {
    var time = ContinuousClock.now
    /// Seconds of the epoch, by the clock of this machine.
    var wall = 0.0
    /// `nil` where no daemon answers.
    var daemon: DaemonStatus?
    /// Resident memory of the daemon; `nil` where it cannot be known.
    var memoryBytes: Int?
    /// `nil` where the database cannot be read.
    var store: StoreStatus?
    var accounts: [AccountRow] = []
    var campaigns: [CampaignRow] = []
    var alerts: [AlertRow] = []
    /// Why something is missing.
    var troubles: [String] = []
}

/// Asks the daemon and the database.
struct TopProbe {
    /// Rows of each kind that are looked at.
    static let rows = 200

    private let control: ControlOptions
    private let database: DatabaseOptions
    private var reader: StoreReader?
    private var file: FileIdentity?
    private var version: Int?
    private var last = TopSample()

    init(control: ControlOptions, database: DatabaseOptions) {
        self.control = control
        self.database = database
    }

    mutating func sample() -> TopSample {
        var sample = last
        sample.time = .now
        sample.wall = Self.wallClock
        sample.troubles = []
        do throws(ToolError) {
            let text = try control.ask("status")
            sample.daemon = try? ControlMessage.decode(DaemonStatus.self, from: text)
            if sample.daemon == nil { sample.troubles.append("The daemon is of another version.") }
        } catch {
            sample.daemon = nil
            sample.troubles.append(error.message)
        }
        sample.memoryBytes = sample.daemon.flatMap { Self.memory(of: $0.pid) }
        do throws(StoreError) {
            try read(into: &sample)
        } catch {
            reader = nil
            sample.store = nil
            sample.accounts = []
            sample.campaigns = []
            sample.alerts = []
            sample.troubles.append(error.description)
        }
        last = sample
        return sample
    }

    private mutating func read(into sample: inout TopSample) throws(StoreError) {
        if reader != nil, FileIdentity(path: database.path) != file { reader = nil }
        if reader == nil {
            file = FileIdentity(path: database.path)
            version = nil
            reader = try database.open()
        }
        guard let reader else { return }
        let now = try reader.dataVersion()
        if now == version, sample.store != nil { return }
        sample.store = try reader.status()
        var accounts = AccountFilter()
        accounts.minimumLevel = .watch
        accounts.limit = Self.rows
        sample.accounts = try reader.accounts(accounts)
        var campaigns = CampaignFilter()
        campaigns.limit = Self.rows
        sample.campaigns = try reader.campaigns(campaigns)
        var alerts = AlertFilter()
        alerts.limit = Self.rows
        sample.alerts = try reader.alerts(alerts)
        version = now
    }

    private static var wallClock: Double {
        var time = timespec()
        // SAFETY: the call writes only into `time`.
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// By `/proc`, where it is a banriskd of this machine (a container's number means another process here).
    private static func memory(of pid: Int32) -> Int? {
        guard text(of: "/proc/\(pid)/comm")?.hasPrefix("banriskd") ?? false,
            let line = text(of: "/proc/\(pid)/status")?.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let number = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
        else { return nil }
        return Int(number).map { $0 * 1_024 }
    }

    private static func text(of path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        // SAFETY: the kernel writes at most the array's length.
        let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
