"""Markdown as docs/ uses it, to mdoc(7)."""

import re
import textwrap


def section(document, title):
    """What stands under a heading of the second rank."""
    match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", document, re.MULTILINE | re.DOTALL)
    if not match:
        raise SystemExit(f"there is no section {title!r}: the documentation has changed, mend man/build")
    return match[1].strip("\n")


def beginning(document):
    """What stands between a document's title and its first heading of the second rank."""
    return re.sub(r"\A# .*\n", "", document).split("\n## ")[0].strip("\n")


def escape(words):
    """Text as roff takes it."""
    return words.replace("\\", "\\e")


def inline(words):
    """Inline markup: code, bold and links."""
    pieces = re.split(r"(`[^`]*`)", words)
    for i, piece in enumerate(pieces):
        if piece.startswith("`") and len(piece) > 1:
            # A hyphen that is typed, and quotes that are none of typography's.
            literal = escape(piece[1:-1]).replace("-", "\\-").replace("'", "\\(aq").replace("^", "\\(ha").replace("~", "\\(ti")
            pieces[i] = f"\\fB{literal}\\fP"
        else:
            piece = re.sub(r"\[([^\]]*)\]\(([^)]*)\)", r"\1", escape(piece))
            piece = re.sub(r"\*\*(.+?)\*\*", r"\\fB\1\\fP", piece)
            piece = re.sub(r"(?<!\w)\*(\S[^*]*?)\*", r"\\fI\1\\fP", piece)
            pieces[i] = re.sub(r"</?su[bp]>", "", piece)
    return "".join(pieces).replace("\\|", "|")


def text(words):
    """A paragraph as lines: a sentence begins a line, and none is long (mdoc(7), style)."""
    joined = inline(" ".join(words.split()))
    lines = []
    for sentence in re.split(r"(?<=[a-z0-9)\]P][.!?]) +(?=[A-Z\\])", joined):
        lines += textwrap.wrap(sentence, 78, break_long_words=False, break_on_hyphens=False)
    return [("\\&" + line) if line[:1] in (".", "'") else line for line in lines]


def code(block):
    """Lines as they are."""
    lines = []
    for line in block.rstrip("\n").split("\n"):
        line = escape(line).replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
        line = line.replace("^", "\\(ha").replace("~", "\\(ti")
        lines.append(("\\&" + line) if line[:1] in (".", "") or line.startswith("\\(aq") else line)
    return [".Bd -literal -offset Ds"] + lines + [".Ed"]


def cells(row):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def table(rows):
    """A list of the first column, with the others as text: a page is too narrow for columns of sentences."""
    head, body = cells(rows[0]), [cells(row) for row in rows[2:]]
    # A heading over the first column alone says what the rows are.
    title = [".Pp", inline(head[0]) + ":"] if len(head) == 2 and head[0] and not head[1] else []
    lines = title + [".Bl -tag -width Ds"]
    for row in body:
        lines.append(".It " + (inline(row[0]) or "\\&"))
        parts = []
        for name, cell in zip(head[1:], row[1:]):
            if cell:
                isLabelled = name not in ("", "what it is") and len(head) > 2
                parts.append(f"{name}: {cell}" if isLabelled else cell)
        lines += text("; ".join(parts))
    return lines + [".El"]


def blocks(markdown):
    """The blocks of a text, in order: kind and lines."""
    lines, kind, block = markdown.split("\n"), None, []

    def kind_of(line):
        if line.startswith("|"):
            return "table"
        if re.match(r"(- |\d+\. )", line):
            return "list"
        if line.startswith("### "):
            return "heading"
        return "text"

    for line in lines:
        if kind == "code":
            if line.startswith("```"):
                yield kind, block
                kind, block = None, []
            else:
                block.append(line)
            continue
        if line.startswith("```"):
            if block:
                yield kind, block
            kind, block = "code", []
        elif not line.strip():
            # Within a list what is indented goes on.
            if block and kind != "list":
                yield kind, block
                kind, block = None, []
        elif kind == "list" and line.startswith(" "):
            block[-1] += " " + line.strip()
        elif block and kind == kind_of(line) != "heading":
            block.append(line)
        else:
            if block:
                yield kind, block
            kind, block = kind_of(line), [line]
    if block:
        yield kind, block


class Page:
    """A man page in the making."""

    def __init__(self, name, number, what, date):
        self.file = f"{name}.{number}"
        self.lines = [
            '.\\" Made by man/build; change what it reads, not this.',
            f".Dd {date}",
            f".Dt {name.upper()} {number}",
            ".Os",
            ".Sh NAME",
            f".Nm {name}",
            f".Nd {what}",
        ]

    def add(self, *lines):
        self.lines += lines

    def include(self, path):
        """Adds mdoc as it is."""
        self.lines += path.read_text().rstrip("\n").split("\n")

    def markdown(self, title, markdown):
        """Adds a section."""
        self.add(f".Sh {title}")
        isFirst = True
        for kind, block in blocks(markdown):
            if kind == "heading":
                self.add(f".Ss {block[0][4:]}")
            elif kind == "table":
                self.add(*table(block))
            elif kind == "code":
                self.add(*code("\n".join(block)))
            elif kind == "list":
                self.add(".Bl -bullet -compact" if isFirst else ".Bl -bullet")
                for item in block:
                    self.add(".It", *text(re.sub(r"^(- |\d+\. )", "", item)))
                self.add(".El")
            else:
                if not isFirst:
                    self.add(".Pp")
                self.add(*text(" ".join(block)))
            isFirst = kind == "heading"

    def write(self, folder):
        (folder / self.file).write_text("\n".join(self.lines) + "\n")
