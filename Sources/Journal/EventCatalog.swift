/// The kinds of log lines that operators filter by, each with the `MESSAGE_ID` that it has for good.
///
/// A line says its kind as metadata: `["event": "reload.refused"]`. The texts stand in `systemd/banrisk.catalog`, the
/// table in docs/alerts.md.
package enum EventCatalog {
    /// By kind: 128 bits in hexadecimal (systemd.journal-fields(7)).
    package static let messageIDs: [String: String] = [
        "ready": "f246c8b0f58b53aea51b6a27bcbf80f1",
        "stopping": "435ac5fea32a5fc9b7ffe359c446d775",
        "stopped": "3aa1a2494d9259a380ae07900a3afe77",
        "stop.hurried": "bd400b833207587baaf5724330820a14",
        "reload.done": "932c390a367b5360aff026ea69ce2067",
        "reload.refused": "dd7d34d1a3275be591e06d07127aa750",
        "reload.notice": "30cb84e6ac925f91aaaf1fcda6d0bb68",
        "geoip.replaced": "3c43e2a3724758d7b1ca125079d92c46",
        "geoip.refused": "264a3d2c296657fab9f33156b678c347",
        "spool.stalled": "cffa919c219b57d7bdcbba6de1e0d162",
        "spool.resumed": "9ea7c8ebd2fe529d86c1a4cd1ff3dd78",
        "spool.lost": "a75fef732ed15f27abbec8b7d50eb527",
        "spool.damage": "f7eb6bcfae8f559e97c6acb82b24f2e3",
        "spool.torn": "ac8c470fee715c84a7ba10539604e8d4",
        "store.stalled": "5a952c9254265dd3a22ca76f6fbd4762",
        "store.resumed": "435f062317bd529581fbc35c021c74c2",
        "store.waiting": "ca61d34b7cfe5e09b16743159a504c42",
        "store.log": "487d556016b553738468534089e4b97b",
        "store.behind": "64db1a39f05854c284d02766bcf9c493",
        "snapshot.failed": "72536d3e4b515d8984144c7b8df5f5c3",
        "snapshot.damaged": "809680cdc1955e55ae0f1fee07d45bcd",
        "recovery": "2127cead3c145842a9d85b4a413dcdfe",
        "rule.inactive": "772803f0dd1c51aeac95784eef000acd",
        "verdicts": "04bf02d007de53e59347cceb3fe53252",
        "audit.lost": "ca1a6c6d0ce252c28a56f422a8b68a63",
        "limit": "456b574f075a5bc69519922f2a4e32dd",
        "listening": "3297fe7dd0cd51f990784ad04f042538",
        "files.notice": "52b9a9b7fee95273926c7c18bd25dd0f",
        "shipper.refused": "e00a8c9454875f2e9d2c5a70958a663a",
        "control.unreachable": "7705f4807e585da4aefd7313da44dd85",
        "watchdog.silent": "c787236ea7a059d7b5c5b9449f875825",
        "notify.ready": "f10cb56bb5645e52880bad20a9785681",
        "notify.stopped": "87ef31dc639b55638b3240204fdb2bdd",
        "notify.failing": "8c1f2997b3ac5655a7400e2efcebd3c0",
        "notify.resumed": "4f6b5c2ed7c952acb810c7442dc937ad",
        "notify.refused": "fe7070678548513a828c3d89c9c27d32",
        "notify.full": "c07a7c16913756cfa70165efe26842a9",
        "notify.history": "ad486ad8a8af5fa9a93b38b660aaeb4b",
        "notify.waiting": "d048487c2606546d8d3f84412648eb3c",
        "alert": "3bdad22eb1d45efa980223870209bc92",
    ]

    package static func messageID(of event: String) -> String? { messageIDs[event] }
}
