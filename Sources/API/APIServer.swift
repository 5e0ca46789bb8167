internal import Glibc
internal import HummingbirdCore
internal import Intake
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOPosix

/// The HTTP interface: HTTP/1.1 on a Unix socket, and on loopback TCP where it is asked for.
package final class APIServer: Sendable {
    /// Where TCP clients come in, and what they must show.
    package struct TCP: Sendable {
        package var address: String
        package var port: Int
        package var token: BearerToken

        /// - Parameter address: `127.0.0.1` or `::1`.
        package init(address: String, port: Int, token: BearerToken) {
            self.address = address
            self.port = port
            self.token = token
        }
    }

    private typealias Listener = NIOAsyncChannel<Connection?, Never>

    private struct Connection: Sendable {
        var http: HTTP1Channel
        var channel: HTTP1Channel.Value
    }

    private static let backlog: Int32 = 256

    private let house: House
    private let router: Router
    private let socket: CInt
    private let tcp: TCP?
    private let (stops, stopping) = AsyncStream.makeStream(of: Void.self)
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    /// - Parameters:
    ///   - socket: a bound and listening Unix stream socket; the server has it from now on, and closes it.
    ///   - tcp: without it, nobody is served but who can reach the socket.
    package init(
        socket: CInt, tcp: TCP?, services: APIServices, limits: APILimits = APILimits(), logger: Logger
    ) {
        self.socket = socket
        self.tcp = tcp
        house = House(services: services, limits: limits, logger: logger)
        router = Router(house: house)
    }

    /// Serves until ``stop()``; then what was asked before is answered, for a few seconds.
    ///
    /// - Parameter onReady: called when clients can come, with the TCP port where there is one.
    /// - Throws: where the TCP address cannot be listened on.
    package func run(onReady: @escaping @Sendable (Int?) -> Void = { _ in }) async throws {
        do {
            var listeners = [try await bootstrap.bind(socket) { self.initialize($0, token: nil) }]
            if let tcp {
                let address = try SocketAddress(ipAddress: tcp.address, port: tcp.port)
                listeners.append(try await bootstrap.bind(to: address) { self.initialize($0, token: tcp.token) })
            }
            onReady(listeners.count > 1 ? listeners[1].channel.localAddress?.port : nil)
            await serve(listeners)
        } catch {
            await end()
            throw error
        }
        await end()
    }

    /// Makes ``run(onReady:)`` return. From any thread, at any time.
    package func stop() {
        house.stop()
        stopping.finish()
    }

    private var bootstrap: ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 4)
    }

    private func serve(_ listeners: [Listener]) async {
        await withTaskGroup(of: Void.self) { tasks in
            for listener in listeners { tasks.addTask { await self.accept(listener) } }
            for await _ in stops {}
            for listener in listeners { listener.channel.close(promise: nil) }
            house.connections.quiesce()
            let deadline = Task {
                try await Task.sleep(for: .seconds(house.limits.stopSeconds))
                house.abandon()
                house.connections.closeAll()
            }
            await tasks.waitForAll()
            deadline.cancel()
        }
    }

    private func accept(_ listener: Listener) async {
        await withDiscardingTaskGroup { connections in
            do {
                try await listener.executeThenClose { inbound in
                    for try await connection in inbound {
                        guard let connection else { continue }
                        connections.addTask {
                            await connection.http.handle(value: connection.channel, logger: self.house.logger)
                        }
                    }
                }
            } catch {
                self.house.logger.error("the API takes no more connections: \(type(of: error))")
            }
        }
    }

    private func end() async {
        house.stop()
        try? await group.shutdownGracefully()
        house.close()
    }

    /// Makes a connection ready; gives nothing where it may not be.
    ///
    /// - Parameter token: what must be shown; `nil` on the Unix socket, where the kernel says who it is.
    private func initialize(_ channel: any Channel, token: BearerToken?) -> EventLoopFuture<Connection?> {
        guard let origin = origin(of: channel, token: token) else {
            return channel.close().map { nil }.recover { _ in nil }
        }
        let house = house
        let router = router
        let exchange = Exchange(channel)
        let http = HTTP1Channel(
            responder: { request, writer, _ in
                try await router.respond(to: request, writer, from: origin, exchange: exchange)
            },
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    ConnectionGuard(
                        limits: house.limits, exchange: exchange, onFault: { house.counters.note(fault: $0) })
                ],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: house.limits.headerFieldBytes, maxHeaderListSize: house.limits.headerBytes,
                    maxHeaderFieldCount: house.limits.headerFields)))
        // An error here would end the listener, not only this connection.
        return http.setup(channel: channel, logger: house.logger).map { Connection(http: http, channel: $0) }
            .recover { _ in nil }
    }

    /// Whence a connection comes; `nil` where it cannot be told, or one more is too many.
    private func origin(of channel: any Channel, token: BearerToken?) -> Router.Origin? {
        let found = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            descriptor -> Router.Origin? in
            let peer = token == nil ? Peer(of: descriptor) : nil
            guard peer != nil || token != nil else { return nil }
            let hasRole = peer.map { !house.services.access().roles(of: $0).isEmpty } ?? true
            guard house.connections.admit(channel, uid: peer?.uid, hasRole: hasRole) else {
                Self.refuse(descriptor)
                return nil
            }
            return peer.map { .socket($0) } ?? token.map { .tcp($0) }
        }
        return found ?? nil
    }

    /// One who is too many is told, before he has said anything, if he can be told without waiting.
    private static func refuse(_ descriptor: CInt) {
        let answer = Problem.unavailable("Too many connections; close one, or try again.")
            .answer(instance: "urn:banrisk:connection")
        guard case .bytes(let body) = answer.body else { return }
        let head = """
            HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nContent-Length: \(body.count)\r\n\
            Retry-After: 1\r\nConnection: close\r\n\r\n
            """
        let bytes = Array(head.utf8) + body
        // SAFETY: the kernel copies the array's own bytes.
        unsafe _ = send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
    }
}
