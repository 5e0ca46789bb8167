/// How much of everything the HTTP interface takes. docs/api.md has what happens at each limit.
package struct APILimits: Sendable {
    /// Connections in all, of one user, and of one user who has no role: he is told so, and that is all.
    package var connections = 256
    package var connectionsPerUser = 64
    package var connectionsWithoutRole = 4

    /// One header field, and all of a request; how many there may be.
    package var headerFieldBytes = 8 << 10
    package var headerBytes = 32 << 10
    package var headerFields = 64
    /// Path and query.
    package var targetBytes = 8 << 10

    /// How long a connection may be without a whole request head, from its begin or its last answer on.
    package var headSeconds = 30.0
    /// How long a body may pause.
    package var bodyPauseSeconds = 20.0
    /// A body must come at this rate on average, after the first pause.
    package var bodyBytesPerSecond = 16 << 10
    /// How long a client may leave unread what was written to him.
    package var writeSeconds = 30.0
    /// How long what still comes of a refused body is thrown away, so that the client can read why.
    package var lingerSeconds = 2.0

    /// Events of one request, unpacked.
    package var eventBytes = 16 << 20
    /// Any other body.
    package var bodyBytes = 64 << 10
    /// All bodies that are being received or worked off at one time.
    package var bufferedBytes = 96 << 20
    /// Beyond the first MiB a body may not be packed more tightly than this.
    package var gzipRatio = 250

    /// Threads that read the database, and how many questions may wait for one.
    package var readers = 3
    package var waitingQuestions = 64
    package var questionSeconds = 10.0
    /// Threads for what waits on others: events for the spool, verdicts, reloads.
    package var workers = 3
    package var waitingWork = 64
    /// How long an answer waits for the disk.
    package var durableSeconds = 30.0

    /// Alert streams in all and of one user, the pause between two looks, and the longest silence.
    package var streams = 32
    package var streamsPerUser = 8
    package var streamPollSeconds = 0.05
    package var heartbeatSeconds = 15.0

    /// Entries of the audit that may wait for the database; then requests that need one are refused.
    package var waitingAudit = 4_096
    /// How long requests have to end when the server does.
    package var stopSeconds = 5.0

    package init() {}
}
