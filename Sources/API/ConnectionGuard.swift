internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes

/// Stands between a connection's bytes and its requests: answers what is no HTTP, and ends what takes too long.
///
/// - A head must be whole a while after the connection's begin, or its last answer.
/// - A body must keep coming, at a least rate, while the server wants it.
/// - A client must read what is written to him.
/// - Where an answer is written before the request's body has come, the connection ends: what still comes could be taken
///   for the next request. It is thrown away for a moment, so that the client can read why, then closed.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum Phase {
        /// Requests come and are answered.
        case open
        /// The last answer is on its way, or was; what comes is thrown away.
        case closing
    }

    private let limits: APILimits
    private let exchange: Exchange
    private let onFault: (String) -> Void
    private var phase = Phase.open
    private var isInBody = false
    private var isAskedFor = false
    private var answersDue = 0
    private var isHeadWritten = false
    /// What is wrong behind the requests that are still to be answered.
    private var laterProblem: Problem?
    /// Since when a head, or more of a body, is waited for.
    private var waitsSince = NIODeadline.now()
    private var bodySince = NIODeadline.now()
    private var bodyBytes = 0
    /// Since when the client has left unread what was written.
    private var unreadSince: NIODeadline?
    private var lingersSince = NIODeadline.now()
    private var timer: Scheduled<Void>?

    init(limits: APILimits, exchange: Exchange, onFault: @escaping (String) -> Void) {
        self.limits = limits
        self.exchange = exchange
        self.onFault = onFault
    }

    func handlerAdded(context: ChannelHandlerContext) {
        waitsSince = .now()
        schedule(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .open else { return }
        switch unwrapInboundIn(data) {
        case .head:
            answersDue += 1
            isInBody = true
            isAskedFor = false
            bodyBytes = 0
            bodySince = .now()
        case .body(let part):
            bodyBytes += part.readableBytes
        case .end:
            isInBody = false
            exchange.noteEnd()
        }
        waitsSince = .now()
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        // A body that the server has not asked for is not late.
        if isInBody, !isAskedFor {
            isAskedFor = true
            waitsSince = .now()
        }
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isAskedFor = false
        context.fireChannelReadComplete()
        // Nobody above wants what comes now, and so nobody else would ask for it.
        if phase == .closing { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase == .open else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            isHeadWritten = true
            if isInBody { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end(let trailers):
            answersDue -= 1
            isHeadWritten = false
            waitsSince = .now()
            unreadSince = unreadSince ?? .now()
            let written = context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenSuccess { self.unreadSince = nil }
            written.futureResult.cascade(to: promise)
            context.write(wrapOutboundOut(.end(trailers)), promise: written)
            if isInBody {
                linger(context)
            } else if let problem = laterProblem, answersDue == 0 {
                refuse(context, problem)
            }
        default: context.write(data, promise: promise)
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Exchange.AskForBody else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        if phase == .open, isInBody, !isHeadWritten {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        promise?.succeed(())
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unreadSince = context.channel.isWritable ? nil : .now()
        context.fireChannelWritabilityChanged()
    }

    /// What could not be read as HTTP is answered, where nothing was said yet, and then nothing more is read.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard phase == .open else { return }
        if error is IOError || error is ChannelError { return context.fireErrorCaught(error) }
        onFault("malformed")
        let isTooLarge = (error as? HTTPParserError) == .headerOverflow
        let problem =
            isTooLarge
            ? Problem(
                .headersTooLarge,
                "A header field has at most \(limits.headerFieldBytes) bytes, all have at most \(limits.headerBytes).")
            : Problem(.malformedRequest, "Send a request by RFC 9112, with either Content-Length or chunks.")
        if answersDue == 0 || isInBody {
            refuse(context, problem)
        } else {
            laterProblem = problem
        }
    }

    private func check(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        func isOver(_ since: NIODeadline, _ seconds: Double) -> Bool {
            now - since > .nanoseconds(Int64(seconds * 1e9))
        }
        if phase == .closing {
            if isOver(lingersSince, limits.lingerSeconds) { return context.close(promise: nil) }
        } else if let unreadSince, isOver(unreadSince, limits.writeSeconds) {
            onFault("unread")
            return context.close(promise: nil)
        } else if isInBody, isAskedFor {
            let seconds = limits.bodyPauseSeconds + Double(bodyBytes) / Double(limits.bodyBytesPerSecond)
            if isOver(waitsSince, limits.bodyPauseSeconds) || isOver(bodySince, seconds) {
                onFault("slow_body")
                return refuse(context, Problem(.timeout, "The body did not come in time."))
            }
        } else if answersDue == 0, !isInBody, isOver(waitsSince, limits.headSeconds) {
            onFault("idle")
            return context.close(promise: nil)
        }
        schedule(context)
    }

    /// Says what is wrong, if nothing was said yet, and ends the connection.
    private func refuse(_ context: ChannelHandlerContext, _ problem: Problem) {
        // Between the answers to requests that came before, an answer to this one would be taken for theirs.
        guard !isHeadWritten, answersDue <= 1 else { return context.close(promise: nil) }
        var answer = problem.answer(instance: "urn:banrisk:connection")
        answer.headers[.connection] = "close"
        answer.headers[.xContentTypeOptions] = "nosniff"
        if case .bytes(let bytes) = answer.body {
            answer.headers[.contentLength] = String(bytes.count)
            context.write(
                wrapOutboundOut(.head(HTTPResponse(status: answer.status, headerFields: answer.headers))), promise: nil)
            context.write(wrapOutboundOut(.body(ByteBuffer(bytes: bytes))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    private func linger(_ context: ChannelHandlerContext) {
        phase = .closing
        lingersSince = .now()
        context.flush()
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func schedule(_ context: ChannelHandlerContext) {
        let shortest = min(limits.headSeconds, limits.bodyPauseSeconds, limits.writeSeconds, limits.lingerSeconds)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(shortest / 4 * 1e9))) {
            self.check(context)
        }
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
