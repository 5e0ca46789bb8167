import Dispatch
import Glibc
import Synchronization
import TestSupport
@testable import Spool

/// The system's disk, which fails or waits when told to.
final class FaultyDisk: Sendable {
    enum Fault { case none, error(CInt), gate(Gate) }

    private struct State {
        var write = Fault.none
        var syncs: [Fault] = []
    }

    private let state = Mutex(State())
    /// Signalled at each fault, before it takes effect.
    let met = DispatchSemaphore(value: 0)

    /// All writes from now on.
    func setWrite(_ fault: Fault) { state.withLock { $0.write = fault } }
    /// The next syncs, in order.
    func setSyncs(_ faults: [Fault]) { state.withLock { $0.syncs = faults } }

    var disk: Disk {
        Disk(
            write: { [self] file, bytes, offset in
                if let code = meet(state.withLock { $0.write }) { return (-1, code) }
                return Disk.system.write(file, bytes, offset)
            },
            sync: { [self] file in
                let fault = state.withLock { $0.syncs.isEmpty ? .none : $0.syncs.removeFirst() }
                return meet(fault) ?? Disk.system.sync(file)
            })
    }

    private func meet(_ fault: Fault) -> CInt? {
        switch fault {
        case .none: return nil
        case .error(let code):
            met.signal()
            return code
        case .gate(let gate):
            met.signal()
            gate.pass()
            return nil
        }
    }
}
