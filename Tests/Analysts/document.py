"""docs/analysts.md taken apart: its questions with their queries, and the programs that it shows."""
import re

QUESTION = re.compile(
    r"^### (?P<number>\d+)\. (?P<title>.+?)\n(?P<text>.*?)"
    r"```sql\n(?P<sql>.*?)```\n(?:\n```text\n(?P<answer>.*?)```\n)?",
    re.MULTILINE | re.DOTALL)
ROWS, CELL = 6, 58


def questions(text):
    """The questions in order, as matches with the groups `number`, `title`, `text`, `sql` and `answer`."""
    return list(QUESTION.finditer(text))


def parameters(sql):
    """The names of a query's parameters."""
    return set(re.findall(r"(?<![\w:'%]):([a-z]+)\b", sql))



def table(columns, rows):
    """Rows as the document shows them: aligned, long cells cut, with a line on what is left out."""
    def cell(value):
        text = "NULL" if value is None else str(value).replace("\n", " ")
        return text if len(text) <= CELL else text[:CELL - 1] + "…"

    shown = [[cell(value) for value in row] for row in rows[:ROWS]]
    widths = [max(len(line[place]) for line in [list(columns), *shown]) for place in range(len(columns))]
    numeric = [all(isinstance(row[place], (int, float)) or row[place] is None for row in rows)
               for place in range(len(columns))]

    def line(cells):
        columns = zip(cells, widths, numeric)
        parts = [text.rjust(width) if right else text.ljust(width) for text, width, right in columns]
        return "  ".join(parts).rstrip() + "\n"

    more = f"… {len(rows) - ROWS} more\n" if len(rows) > ROWS else ""
    return line(columns) + "".join(map(line, shown)) + more


def with_answers(text, answer):
    """The document with fresh answers; `answer(sql)` gives columns and rows."""
    def replaced(match):
        head = match[0].split("\n```text\n")[0].rstrip("\n")
        return f"{head}\n\n```text\n{table(*answer(match['sql']))}```\n"
    return QUESTION.sub(replaced, text)
