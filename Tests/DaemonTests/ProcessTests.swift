import Testing

/// The real programs in real processes: real sockets, real signals, the real `sqlite3`.
///
/// One test at a time, because each has the machine's two programs, its folders and its signals to itself.
@Suite(.serialized) enum ProcessTests {}
