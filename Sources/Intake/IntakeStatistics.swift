import RiskModel

/// What a listener has done since it was made.
package struct IntakeStatistics: Sendable, Equatable {
    /// Clients connected now.
    package var connections = 0
    /// Clients accepted, without those refused.
    package var acceptedConnections = 0
    /// Clients closed at once because the limit of connections was reached and nobody had been silent for long.
    package var refusedConnections = 0
    /// Those of them that were closed because their user had his share of the connections.
    package var crowdedConnections = 0
    /// Clients closed because of what they sent.
    package var refusals = 0
    /// Clients that had been silent for long and gave way to others.
    package var displacedConnections = 0
    /// Clients connected now that get acknowledgements.
    package var acknowledgedConnections = 0
    /// Clients that asked for acknowledgements and were granted them.
    package var acceptedAcknowledgedConnections = 0
    /// How often a client went on with a session that another connection had.
    package var takeovers = 0
    /// Acknowledgements sent, those included that greet a client.
    package var acknowledgements = 0
    /// How often accepting was paused because descriptors or kernel memory had run out.
    package var acceptPauses = 0
    /// Bytes read, those between frames included.
    package var bytes = 0
    /// Frames that the sink took, of all kinds.
    package var frames = 0
    /// Frames cut because their line was too long.
    package var oversized = 0
    /// Frames whose line had no newline when the stream ended.
    package var unterminated = 0

    /// Datagrams read.
    package var datagrams = 0
    /// Datagrams longer than is read of one; the rest was dropped, and the frame that it cut is oversized.
    package var truncatedDatagrams = 0
    /// Messages of the Forward protocol that were read to their end.
    package var messages = 0
    /// Those of them that wanted to be acknowledged and had all been stored before, when they were sent the first time.
    package var repeatedMessages = 0
    /// Messages of the Forward protocol that broke off with their connection.
    package var incompleteMessages = 0

    /// Counts a frame that the sink took.
    mutating func count(_ flags: FrameFlags) {
        frames += 1
        if flags.rawValue == 0 { return }
        if flags.contains(.oversized) { oversized += 1 }
        if flags.contains(.unterminated) { unterminated += 1 }
    }
}
