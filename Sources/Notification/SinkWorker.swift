internal import Dispatch
internal import Glibc
internal import Logging
internal import RiskModel
internal import Settings
internal import Store
internal import Synchronization

/// Delivers alerts to one sink, in their order, on a thread of its own.
///
/// 1. The cursor stands behind alerts that arrived, were given up into the dead letters, or are not for this sink; it
///    is on disk before the next delivery begins. So an alert is delivered at least once, whatever happens when.
/// 2. An alert is only given up when the sink refuses it, or a program has failed on it as often as is allowed, and
///    then it is in the dead letters, synced, before the cursor passes it.
final class SinkWorker: Sendable {
    /// How often the database is asked for its version.
    static let poll = Duration.milliseconds(100)
    /// While the database cannot be read.
    static let patience = Duration.seconds(1)
    /// The most alerts read at once.
    static let readLimit = 1_000
    /// A dead-letter file of so many bytes takes no more, and the sink waits for somebody to look.
    static let deadLetterLimit = 64 << 20
    /// A cursor that only passed alerts for others is written after so many.
    static let unwrittenLimit = 1_000
    /// While a sink fails, the log says so again after so long.
    static let reminder = Duration.seconds(600)

    private struct State {
        var status: NotifyStatus.Sink
        /// Since when it does something that may take too long; `nil` while it waits.
        var busySince: ContinuousClock.Instant?
    }

    let settings: Configuration.AlertSink
    let database: String
    private let sink: any Sink
    private let folder: StateFolder
    private let logger: Logger
    private let wakeup = Wakeup()
    private let finished = DispatchSemaphore(value: 0)
    private let state: Mutex<State>
    private let deadLetters: FileSink

    init(_ settings: Configuration.AlertSink, database: String, folder: StateFolder, logger: Logger) {
        self.settings = settings
        self.database = database
        self.folder = folder
        var logger = logger
        logger[metadataKey: "sink"] = "\(settings.name)"
        self.logger = logger
        sink = settings.sink
        state = Mutex(State(status: NotifyStatus.Sink(name: settings.name, kind: settings.kindName)))
        deadLetters = FileSink(path: folder.deadLetters(settings.name), tellsNames: true, mode: 0o600)
    }

    var status: NotifyStatus.Sink { state.withLock { $0.status } }

    /// Whether it has been in one delivery for much longer than one may take.
    var isStuck: Bool {
        let busy = state.withLock { $0.busySince }
        return busy.map { ContinuousClock.now - $0 > sink.patience * 2 + .seconds(60) } ?? false
    }

    /// Begins, on another thread.
    func start(from cursor: AlertCursor?) {
        DispatchQueue(label: "banrisk.notify.\(settings.name)").async { [self] in
            _ = run(from: cursor, isOnce: false)
            finished.signal()
        }
    }

    /// Asks it to end; a delivery under way is broken off, and will be made again.
    func stop() {
        wakeup.end()
        sink.cancel()
    }

    func waitUntilFinished() { finished.wait() }

    /// Delivers until it is stopped, or all that is there.
    ///
    /// - Returns: with `isOnce`, why something is left.
    func run(from cursor: AlertCursor?, isOnce: Bool) -> String? {
        var loop = Loop(
            source: AlertSource(path: database, cursor: cursor, start: settings.start == .beginning),
            isWritten: cursor != nil)
        while !wakeup.hasEnded {
            let why = step(&loop, isOnce)
            if isOnce, loop.isIdle || why != nil { return finish(&loop) ?? why }
            if loop.isIdle { wakeup.wait(loop.wait) }
        }
        return finish(&loop)
    }

    /// What one run keeps.
    private struct Loop {
        var source: AlertSource
        /// Whether the cursor on disk is that of the source.
        var isWritten: Bool
        var unwritten = 0
        var backoff = Backoff()
        var generator = SystemRandomNumberGenerator()
        /// Read and not delivered.
        var rows: ArraySlice<AlertFacts> = []
        /// So many are to be delivered one by one, for one of them was refused.
        var single = 0
        /// Failures of the first message in a row.
        var tries = 0
        var isIdle = false
        var wait = SinkWorker.poll
        var lastReminder: ContinuousClock.Instant?
    }

    /// One look or one delivery.
    private func step(_ loop: inout Loop, _ isOnce: Bool) -> String? {
        loop.isIdle = false
        if loop.rows.isEmpty {
            switch loop.source.next(limit: Self.readLimit) {
            case .alerts(let rows): loop.rows = rows[...]
            case .nothing:
                noteReadable(nil)
                pause(&loop, Self.poll)
                return write(&loop, always: !loop.isWritten && loop.source.hasBegun && loop.unwritten == 0)
            case .changed(let history):
                noteReadable(nil)
                note(history, loop.source)
                return write(&loop, always: true)
            case .unreadable(let error):
                noteReadable(error)
                pause(&loop, Self.patience)
                return isOnce ? error.description : nil
            }
        }
        noteReadable(nil)
        let newest = loop.source.newest
        state.withLock { $0.status.newest = newest }
        // Alerts for others are passed by.
        while let row = loop.rows.first, AlertMessage.level(of: row) < settings.level {
            pass(&loop, 1)
            loop.unwritten += 1
        }
        if loop.rows.isEmpty { return loop.unwritten >= Self.unwrittenLimit ? write(&loop, always: true) : nil }
        return deliver(&loop)
    }

    private func deliver(_ loop: inout Loop) -> String? {
        var rows = loop.rows.prefix { AlertMessage.level(of: $0) >= settings.level }
        rows = rows.prefix(loop.single > 0 ? 1 : sink.batch)
        let messages = rows.map { AlertMessage($0) }
        state.withLock { $0.busySince = .now }
        let delivery = sink.deliver(messages)
        state.withLock { $0.busySince = nil }
        switch delivery {
        case .done:
            noteArrived(messages.count, &loop)
            loop.single = max(0, loop.single - messages.count)
            pass(&loop, messages.count)
            return write(&loop, always: true)
        case .refused(let why):
            if messages.count > 1 {
                loop.single = messages.count
                return nil
            }
            return giveUp(messages[0], why, &loop)
        case .failed(let after, let why, let wait):
            if wakeup.hasEnded { return why }
            if after > 0 {
                noteArrived(after, &loop)
                pass(&loop, after)
                if let fault = write(&loop, always: true) { return fault }
            }
            loop.tries += 1
            if let attempts = sink.attempts, loop.tries >= attempts {
                return giveUp(messages[after], "\(why), \(loop.tries) times", &loop)
            }
            noteFailure(why, &loop)
            pause(&loop, loop.backoff.next(atLeast: wait, by: &loop.generator))
            return why
        }
    }

    /// Puts a message among the dead letters, and goes on behind it.
    private func giveUp(_ message: AlertMessage, _ why: String, _ loop: inout Loop) -> String? {
        if deadLetters.bytes >= Self.deadLetterLimit {
            logger.error(
                "\(folder.deadLetters(settings.name)) is full; look why its alerts were refused, and move it away",
                metadata: ["event": "notify.full"])
            noteFailure("the dead letters are full", &loop)
            pause(&loop, .seconds(Backoff.longest))
            return "the dead letters are full"
        }
        var letter = JSONObject()
        letter.add("key", message.key)
        letter.add("time", Timestamp.now.description)
        letter.add("why", why)
        letter.add("alert", json: message.json(names: settings.tellsNames))
        let code = deadLetters.append([letter.text])
        if code != 0 {
            let fault = "\(folder.deadLetters(settings.name)) cannot be written: \(reason(code))"
            noteFailure(fault, &loop)
            pause(&loop, loop.backoff.next(atLeast: nil, by: &loop.generator))
            return fault
        }
        logger.error(
            "alert \(message.row.id) was refused (\(why)) and stands in \(folder.deadLetters(settings.name))",
            metadata: ["event": "notify.refused"])
        state.withLock { $0.status.refused += 1 }
        loop.single = max(0, loop.single - 1)
        loop.tries = 0
        loop.backoff.reset()
        pass(&loop, 1)
        return write(&loop, always: true)
    }

    private func pass(_ loop: inout Loop, _ count: Int) {
        guard let last = loop.rows.prefix(count).last else { return }
        loop.source.advance(to: last)
        loop.rows = loop.rows.dropFirst(count)
        loop.isWritten = false
        state.withLock { $0.status.alert = last.id }
    }

    private func pause(_ loop: inout Loop, _ span: Duration) {
        loop.isIdle = true
        loop.wait = span
    }

    /// Writes the cursor where it is to be written.
    private func write(_ loop: inout Loop, always: Bool) -> String? {
        guard always, !loop.isWritten || loop.unwritten == 0 else { return nil }
        let cursor = loop.source.cursor
        state.withLock { $0.status.alert = cursor.id }
        do throws(NotifyFault) {
            try folder.write(cursor, of: settings.name)
            loop.isWritten = true
            loop.unwritten = 0
            return nil
        } catch {
            // What was delivered stays delivered; without its cursor nothing more is.
            noteFailure(error.description, &loop)
            pause(&loop, Self.patience)
            return error.description
        }
    }

    private func finish(_ loop: inout Loop) -> String? {
        loop.isWritten || !loop.source.hasBegun ? nil : write(&loop, always: true)
    }
}

/// What the log and the status say.
extension SinkWorker {
    private func noteArrived(_ count: Int, _ loop: inout Loop) {
        let now = Int(Timestamp.now.microseconds / 1_000_000)
        let wasFailing = state.withLock { state in
            let wasFailing = state.status.failing != nil
            state.status.delivered += count
            state.status.lastDelivery = now
            state.status.failing = nil
            state.status.failingSince = nil
            return wasFailing
        }
        loop.tries = 0
        loop.backoff.reset()
        loop.lastReminder = nil
        if wasFailing { logger.notice("the sink works again", metadata: ["event": "notify.resumed"]) }
    }

    private func noteFailure(_ why: String, _ loop: inout Loop) {
        let now = Int(Timestamp.now.microseconds / 1_000_000)
        let (isNew, lag) = state.withLock { state in
            let isNew = state.status.failing == nil
            state.status.failures += 1
            state.status.failing = why
            if isNew { state.status.failingSince = now }
            return (isNew, state.status.lag)
        }
        let isDue = loop.lastReminder.map { ContinuousClock.now - $0 >= Self.reminder } ?? true
        guard isNew || isDue else { return }
        loop.lastReminder = .now
        logger.error(
            "the sink fails, and is tried again for ever; \(lag) alerts wait: \(why)",
            metadata: ["event": "notify.failing"])
    }

    private func noteReadable(_ error: StoreError?) {
        let text = error?.description
        let isNews = state.withLock { state in
            let isNews = state.status.waiting != text
            state.status.waiting = text
            return isNews
        }
        if let text, isNews { logger.warning("waiting: \(text)", metadata: ["event": "notify.waiting"]) }
    }

    private func note(_ history: AlertCursor.History, _ source: AlertSource) {
        switch history {
        case .same, .unknown: break
        case .partly:
            logger.warning(
                "the database agrees up to alert \(source.cursor.id) only: what stands behind it is delivered, some again",
                metadata: ["event": "notify.history"])
        case .other:
            logger.warning(
                "the database is another one: all of its alerts are delivered", metadata: ["event": "notify.history"])
        }
    }
}
