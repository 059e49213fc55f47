"""The data dictionary of schema mart, in English and in Vietnamese.

English meanings are the comments in the database, Vietnamese ones stand in include/mart/dictionary_vi.csv; keys,
references, code lists and questions in include/mart/relations.yaml.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import Engine, Row

from tiendo.model.code_labels import code_labels
from tiendo.warehouse.contract import MartRelation, Question, is_nullable, questions, relations, vietnamese_meanings
from tiendo.warehouse.sql import statement

Language = Literal["en", "vi"]

_HEADS = {
    "en": """# Data dictionary of schema `mart`

Generated (`make docs`); do not edit. [Tiếng Việt](data_dictionary.vi.md) · [what changed](mart-changelog.md)

## How to connect

The administrator gives each analyst a login in the role `tiendo_reader`, which reads schema `mart` and nothing else:

```sql
create role nguyen_van_a login password '…' in role tiendo_reader;
```

```sh
psql "host=… dbname=… user=nguyen_van_a"   # host and database: those of TIENDO_DATABASE_URL
```

- Times are shown in the province's time (`Asia/Ho_Chi_Minh`); compare with an instant as `'2023-06-15 00:00:00+07'`.
  pandas makes UTC of them: `frame["due_at"].dt.tz_convert("Asia/Ho_Chi_Minh")` before a day or month is taken.
- A statement is ended after 60 seconds, a transaction that is left open after 5 minutes without one. For one long
  question: `set statement_timeout = '10min'`.
- Senders' addresses are not shown. Names of persons can stand in what people wrote or did: notes, explanations,
  `recorded_by`, `asked_by`, `approved_by`; and an edition's recipients have their addresses in `edition_delivery`.
- Name the columns you read: new ones come, at the end of a relation. None is taken away without a year's notice in
  [the changelog](mart-changelog.md); `select mart_version from mart.version` says which version the warehouse keeps.
- What a code is called: `mart.code_label`, and the [code lists](#code-lists) below.
""",
    "vi": """# Từ điển dữ liệu của lược đồ `mart`

Tài liệu được lập tự động (`make docs`), không sửa trực tiếp. [English](data_dictionary.md) ·
[các thay đổi](mart-changelog.md)

## Cách kết nối

Quản trị viên cấp cho mỗi người phân tích một tài khoản thuộc vai trò `tiendo_reader`, chỉ được đọc lược đồ `mart`:

```sql
create role nguyen_van_a login password '…' in role tiendo_reader;
```

```sh
psql "host=… dbname=… user=nguyen_van_a"   # máy chủ và cơ sở dữ liệu: theo TIENDO_DATABASE_URL
```

- Thời điểm hiển thị theo giờ Việt Nam (`Asia/Ho_Chi_Minh`); khi so sánh ghi đủ múi giờ, ví dụ
  `'2023-06-15 00:00:00+07'`. pandas đổi sang giờ UTC: dùng
  `frame["due_at"].dt.tz_convert("Asia/Ho_Chi_Minh")` trước khi lấy ngày hoặc tháng.
- Mỗi câu lệnh chạy tối đa 60 giây; phiên giao dịch để mở mà không làm gì sẽ bị ngắt sau 5 phút. Khi cần chạy lâu hơn:
  `set statement_timeout = '10min'`.
- Không hiển thị địa chỉ của bên gửi. Họ tên cá nhân có thể có trong nội dung do người dùng ghi hoặc thao tác: ghi chú,
  giải trình, `recorded_by`, `asked_by`, `approved_by`; địa chỉ nơi nhận báo cáo có ở bảng `edition_delivery`.
- Luôn ghi rõ tên các cột cần đọc: cột mới chỉ được thêm vào cuối bảng. Không cột nào bị bỏ mà không báo trước một năm
  trong [nhật ký thay đổi](mart-changelog.md); phiên bản hiện tại: `select mart_version from mart.version`.
- Tên gọi của các mã: bảng `mart.code_label` và mục [Danh mục mã](#danh-mục-mã) dưới đây.
""",
}
_WORDS = {
    "en": {
        "relations": "Relations", "functions": "Functions", "code_lists": "Code lists",
        "questions": "Fifteen questions", "key": "Key", "leads_to": "Leads to", "by": "by", "column": "column",
        "type": "type", "nullable": "null", "meaning": "meaning", "yes": "yes", "no": "no", "codes": "Codes",
        "or": "or", "code": "code", "label": "label", "gives": "Gives",
    },
    "vi": {
        "relations": "Các bảng", "functions": "Các hàm", "code_lists": "Danh mục mã",
        "questions": "Mười lăm câu hỏi thường gặp", "key": "Khóa", "leads_to": "Liên kết đến", "by": "theo",
        "column": "cột", "type": "kiểu", "nullable": "có thể trống", "meaning": "ý nghĩa", "yes": "có", "no": "không",
        "codes": "Mã", "or": "hoặc", "code": "mã", "label": "tên gọi", "gives": "Cho",
    },
}  # fmt: skip


@dataclass(frozen=True)
class _Page:
    """One dictionary in the making.

    Attributes:
        language: its language.
        words: the words it is put together with.
    """

    language: Language
    words: dict[str, str]

    def meaning(self, relation: str, column: str, comment: str | None) -> str:
        """Returns what a relation (column empty), column or function means.

        Raises:
            ValueError: it has no comment, or no Vietnamese meaning.
        """
        told = vietnamese_meanings()
        found = comment if self.language == "en" else told.get((relation, column)) or told.get(("", column))
        if not found:
            raise ValueError(f"mart.{relation} {column}".rstrip() + f" has no meaning in language {self.language}")
        return found

    def relation(self, relation: MartRelation, rows: Sequence[Row[Any]]) -> Iterator[str]:
        words = self.words
        yield f"\n### `mart.{relation.name}`\n"
        yield self.meaning(relation.name, "", rows[0].relation_comment) + "\n"
        yield f"- {words['key']}: {_quoted(relation.key)}"
        leads = "; ".join(
            f"[{name}](#mart{name}) {words['by']} {_quoted(columns)}" for name, columns in relation.references.items()
        )
        if leads:
            yield f"- {words['leads_to']}: {leads}"
        yield from self.question(relation.question)
        yield f"| {words['column']} | {words['type']} | {words['nullable']} | {words['meaning']} |\n|---|---|---|---|"
        for row in rows:
            meaning = self.meaning(relation.name, row.column_name, row.comment)
            lists = f" {words['or']} ".join(f"[{one}](#{one})" for one in relation.codes.get(row.column_name, ()))
            if lists:
                meaning += f" {words['codes']}: {lists}."
            nullable = words["yes" if is_nullable(row.comment) else "no"]
            yield f"| `{row.column_name}` | {row.type} | {nullable} | {meaning} |"

    def question(self, question: Question) -> Iterator[str]:
        yield f"\n**{question.vi if self.language == 'vi' else question.en}**\n"
        yield f"```sql\n{question.sql.strip()}\n```\n"

    def function(self, row: Row[Any]) -> Iterator[str]:
        yield f"\n### `mart.{row.name}({row.arguments})`\n"
        yield self.meaning(row.name, "", row.comment) + "\n"
        yield f"{self.words['gives']}: {_quoted(row.columns.split(', ')) if row.columns else row.type}."

    def code_lists(self) -> Iterator[str]:
        for name, codes in code_labels().items():
            yield f"\n### `{name}`\n\n| {self.words['code']} | {self.words['label']} |\n|---|---|"
            for code, label in codes.items():
                yield f"| `{code}` | {label.vietnamese if self.language == 'vi' else label.english} |"


def dictionary(engine: Engine, language: Language) -> str:
    """Returns the dictionary as Markdown.

    Raises:
        ValueError: a relation, column or function has no meaning in this language; or relations.yaml has other
            relations than the database.
    """
    with engine.connect() as connection:
        columns = connection.execute(statement("queries/columns.sql")).all()
        functions = connection.execute(statement("queries/functions.sql")).all()
    found = {name: list(rows) for name, rows in groupby(columns, key=lambda row: str(row.relation))}
    if found.keys() != relations().keys():
        raise ValueError(f"in the database or in relations.yaml only: {found.keys() ^ relations().keys()}")
    rows_of = {name: found[name] for name in relations()}
    page = _Page(language, _WORDS[language])
    words = page.words
    parts = [_HEADS[language], f"## {words['relations']}\n"]
    for name, rows in rows_of.items():
        meaning = page.meaning(name, "", rows[0].relation_comment)
        parts.append(f"- [{name}](#mart{name}): {_first_sentence(meaning)}")
    anchors = ", ".join(
        f"[{words[one]}](#{words[one].lower().replace(' ', '-')})" for one in ("functions", "code_lists", "questions")
    )
    parts.append(f"\n{anchors}.")
    for name, rows in rows_of.items():
        parts.extend(page.relation(relations()[name], rows))
    parts.append(f"\n## {words['functions']}")
    for row in functions:
        parts.extend(page.function(row))
    parts.append(f"\n## {words['code_lists']}")
    parts.extend(page.code_lists())
    parts.append(f"\n## {words['questions']}")
    for question in questions():
        parts.extend(page.question(question))
    return "\n".join(parts).rstrip() + "\n"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".") + "."
