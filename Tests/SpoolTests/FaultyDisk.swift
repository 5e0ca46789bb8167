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
        var reserve = Fault.none
        var syncs: [Fault] = []
    }

    private let state = Mutex(State())
    /// Signalled at each fault, before it takes effect.
    let met = DispatchSemaphore(value: 0)

    /// All writes from now on.
    func setWrite(_ fault: Fault) { state.withLock { $0.write = fault } }
    /// All reservations from now on.
    func setReserve(_ fault: Fault) { state.withLock { $0.reserve = fault } }
    /// The next syncs, in order.
    func setSyncs(_ faults: [Fault]) { state.withLock { $0.syncs = faults } }

    var disk: Disk {
        var disk = Disk.system
        disk.write = { [self] file, bytes, offset in
            if let code = meet(state.withLock { $0.write }) { return (-1, code) }
            return Disk.system.write(file, bytes, offset)
        }
        disk.reserve = { [self] file, part in
            meet(state.withLock { $0.reserve }) ?? Disk.system.reserve(file, part)
        }
        disk.sync = { [self] file in
            let fault = state.withLock { $0.syncs.isEmpty ? .none : $0.syncs.removeFirst() }
            return meet(fault) ?? Disk.system.sync(file)
        }
        return disk
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
