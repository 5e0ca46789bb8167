/// A picture with two axes as inline SVG; colours come from the page's style.
///
/// Data coordinates are shares of the axes, 0 to 1 from left to right and from bottom to top.
struct Plot {
    private static let left = 56.0
    private static let right = 16.0
    private static let top = 12.0
    private static let bottom = 44.0

    private let id: String
    private let title: String
    private let description: String
    private let width: Double
    private let height: Double
    private let leftMargin: Double
    private var body: [String] = []

    /// - Parameters:
    ///   - id: Unique in the page.
    ///   - description: What the picture shows, for those who cannot see it.
    ///   - labelWidth: Room for names left of the axis.
    init(
        id: String, title: String, description: String, width: Double = 560, height: Double = 320,
        labelWidth: Double = Plot.left
    ) {
        self.id = id
        self.title = title
        self.description = description
        self.width = width
        self.height = height
        leftMargin = labelWidth
    }

    private func x(_ share: Double) -> String {
        (leftMargin + share * (width - leftMargin - Self.right)).fixed(1)
    }
    private func y(_ share: Double) -> String {
        (height - Self.bottom - share * (height - Self.top - Self.bottom)).fixed(1)
    }

    /// Grid lines with their texts, and what the axis shows.
    mutating func addXAxis(_ ticks: [(share: Double, text: String)], name: String) {
        for tick in ticks {
            body.append(
                "<line class=\"grid\" x1=\"\(x(tick.share))\" y1=\"\(y(0))\" x2=\"\(x(tick.share))\" y2=\"\(y(1))\"/>")
            addText(tick.text, x: x(tick.share), y: (height - Self.bottom + 16).fixed(1), anchor: "middle")
        }
        addText(name, x: x(0.5), y: (height - 8).fixed(1), anchor: "middle")
    }

    mutating func addYAxis(_ ticks: [(share: Double, text: String)], name: String) {
        for tick in ticks {
            body.append(
                "<line class=\"grid\" x1=\"\(x(0))\" y1=\"\(y(tick.share))\" x2=\"\(x(1))\" y2=\"\(y(tick.share))\"/>")
            addText(tick.text, x: (leftMargin - 6).fixed(1), y: y(tick.share), anchor: "end", dy: "0.32em")
        }
        let middle = y(0.5)
        body.append(
            "<text x=\"12\" y=\"\(middle)\" text-anchor=\"middle\" transform=\"rotate(-90 12 \(middle))\">"
                + "\(Markup.escape(name))</text>")
    }

    /// The name of a row, left of the axis.
    mutating func addName(_ text: String, at share: Double) {
        addText(text, x: (leftMargin - 6).fixed(1), y: y(share), anchor: "end", dy: "0.32em")
    }

    mutating func addLine(_ points: [(x: Double, y: Double)], style: String) {
        let path = points.map { "\(x($0.x)),\(y($0.y))" }.joined(separator: " ")
        body.append("<polyline class=\"\(style)\" points=\"\(path)\"/>")
    }

    /// A point whose `hint` shows under the pointer.
    mutating func addPoint(x: Double, y: Double, radius: Double = 4, style: String, hint: String) {
        body.append(
            "<circle class=\"\(style)\" cx=\"\(self.x(x))\" cy=\"\(self.y(y))\" r=\"\(radius.fixed(1))\">"
                + "<title>\(Markup.escape(hint))</title></circle>")
    }

    mutating func addBar(from: Double, to: Double, at share: Double, thickness: Double, style: String, hint: String) {
        let a = leftMargin + from * (width - leftMargin - Self.right)
        let b = leftMargin + to * (width - leftMargin - Self.right)
        let high = thickness * (height - Self.top - Self.bottom)
        let middle = height - Self.bottom - share * (height - Self.top - Self.bottom)
        body.append(
            "<rect class=\"\(style)\" x=\"\(a.fixed(1))\" y=\"\((middle - high / 2).fixed(1))\" "
                + "width=\"\(max(0, b - a).fixed(1))\" height=\"\(high.fixed(1))\">"
                + "<title>\(Markup.escape(hint))</title></rect>")
    }

    private mutating func addText(_ text: String, x: String, y: String, anchor: String, dy: String = "0") {
        body.append(
            "<text x=\"\(x)\" y=\"\(y)\" dy=\"\(dy)\" text-anchor=\"\(anchor)\">\(Markup.escape(text))</text>")
    }

    /// The whole picture with its caption.
    var text: String {
        """
        <figure><svg viewBox="0 0 \(width.fixed(0)) \(height.fixed(0))" role="img" aria-labelledby="\(id)-t \(id)-d" \
        xmlns="http://www.w3.org/2000/svg">
        <title id="\(id)-t">\(Markup.escape(title))</title><desc id="\(id)-d">\(Markup.escape(description))</desc>
        \(body.joined(separator: "\n"))
        </svg><figcaption>\(Markup.escape(title))</figcaption></figure>
        """
    }

    /// Five steps from 0 to 1.
    static let shares: [(share: Double, text: String)] = (0...5).map {
        (Double($0) / 5, (Double($0) / 5).fixed(1))
    }
}
