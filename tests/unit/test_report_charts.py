"""The charts: what stands in them, that it is what the tables print, and the same bytes anywhere."""

import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree
from PIL import Image
from report_example import BODY, DRAFT, EXPORTS, FDI, LINES, Q2

from tiendo.report.charts import (
    NARROW,
    WIDE,
    path_pngs,
    path_svg,
    path_words,
    ranked,
    ranked_png,
    ranked_svg,
    unranked,
)
from tiendo.report.data import HistoryPoint
from tiendo.report.drawing import Pen
from tiendo.report.edition_tables import INDICATORS
from tiendo.status.names import STYLES, Status

pytestmark = pytest.mark.slow
UNFIGURED = (Status.NO_DATA, Status.NOT_YET_PUBLISHED, Status.NO_TARGET)
LAYOUTS = pytest.mark.parametrize("layout", [WIDE, NARROW], ids=["wide", "narrow"])


def elements(svg: str, name: str):
    return list(etree.fromstring(svg).iter(f"{{http://www.w3.org/2000/svg}}{name}"))


def texts(svg: str) -> list[str]:
    return [element.text for element in elements(svg, "text")]


def bars(svg: str) -> list[float]:
    """Lengths of the bars, in points."""
    lengths = []
    for path in elements(svg, "path"):
        if "opacity: 0.55" in path.get("style", ""):
            across = [float(x) for x in re.findall(r"[ML] ([\d.]+) ", path.get("d"))]
            lengths.append(round(max(across) - min(across), 1))
    return lengths


@LAYOUTS
def test_every_graded_indicator_stands_once_lowest_first(layout):
    codes = [link.get("href").removeprefix("#chi-tieu-") for link in elements(ranked_svg(DRAFT, layout, "x"), "a")]
    # Computed by hand: no figure, no place; the fall has no ratio a reader could use and is the worst of all.
    least = replace(EXPORTS, ratio=Decimal("-2.1"))
    with_fall = replace(DRAFT, indicators=tuple(least if line is EXPORTS else line for line in LINES))
    placed = [link.get("href") for link in elements(ranked_svg(with_fall, layout, "x"), "a")]
    assert placed[:3] == ["#chi-tieu-tang-xuat-khau", "#chi-tieu-thu-ngan-sach", "#chi-tieu-thu-hut-fdi"]
    named = [name for group in unranked(DRAFT) for name in group["names"]]
    assert sorted(named) == ["Số thuê bao điện thoại: Di động", "Thứ hạng PCI"]
    assert len(codes) == len(set(codes))
    assert len(codes) + len(named) == len(DRAFT.graded)


@LAYOUTS
def test_numbers_are_those_of_the_table_and_bars_are_as_long_as_they_say(layout):
    svg = ranked_svg(DRAFT, layout, "x")
    printed = [row["ratio"] for row in map(INDICATORS.printed, ranked(DRAFT)) if row["ratio"]]
    assert printed == ["84,6%", "107,5%"]
    shown = [text.removesuffix(" (*)").removesuffix(" (ước)") for text in texts(svg)]
    assert [text for text in shown if text in printed] == printed
    assert {text.endswith(" (*)") for text in texts(svg) if "%" in text} == {True, False}
    short, long = sorted(bars(svg))
    assert short / long == pytest.approx(0.8457 / 1.0748, abs=0.01)
    # What has no ratio is written, and no bar of length nothing stands for it.
    assert "kết quả -18,7 (ước), không tính tỷ lệ" in texts(svg)
    assert len(bars(svg)) == 2


def test_a_bar_far_beyond_what_was_due_ends_and_its_number_tells():
    far = replace(FDI, ratio=Decimal("7.5"), ratio_text="750%")
    svg = ranked_svg(replace(DRAFT, indicators=(far, *LINES[2:])), NARROW, "x")
    assert max(bars(svg)) / min(bars(svg)) == pytest.approx(1.5 / 0.8457, abs=0.01)
    assert "750%" in texts(svg)


@LAYOUTS
def test_all_texts_stay_within_the_chart(layout):
    long = replace(FDI, full_name="Tỷ lệ $x$ <b>RẤT RỘNG</b> & " + "MƯỜI NGHÌN " * 30)
    svg = ranked_svg(replace(DRAFT, indicators=(long, *LINES[1:])), layout, "x")
    pen = Pen(layout.size)
    for element in elements(svg, "text"):
        style = element.get("style")
        width = pen.width(element.text, is_bold="font-weight" in style)
        # Of several lines each is placed by its own left end.
        at = float(element.get("x") or re.findall(r"translate\(([\d.]+)", element.get("transform"))[0])
        share = 1 if "anchor: end" in style else 0.5 if "anchor: middle" in style else 0
        start = at - width * share
        assert -8 <= start <= start + width <= layout.width + 1, element.text
    assert any(text.endswith("…") for text in texts(svg))
    assert any("$x$ <b>RẤT" in text for text in texts(svg))  # neither a formula nor markup


def test_rows_are_told_in_words_to_who_does_not_see_them():
    links = elements(ranked_svg(DRAFT, NARROW, "x"), "a")
    told = {link.get("href"): link.get("aria-label") for link in links}
    assert told["#chi-tieu-thu-hut-fdi"] == "Thu hút vốn đầu tư trực tiếp nước ngoài: 107,5% mức phải đạt, đúng tiến độ"
    assert all(text.get("aria-hidden") == "true" for text in elements(ranked_svg(DRAFT, NARROW, "x"), "text"))
    assert "quý I: 437 (mức phải đạt 450,0), đúng tiến độ; quý II: 967,3" in path_words(FDI)
    assert etree.fromstring(path_svg(FDI)).get("aria-label") == path_words(FDI)


def test_statuses_differ_by_shape_where_colour_is_lost():
    statuses = [status for status in Status if status not in UNFIGURED]
    lines = [replace(FDI, code=status.value, status=status.value) for status in statuses]
    every = replace(DRAFT, indicators=tuple(lines), body_targets=())
    # A marker is drawn where the bar ends; the legend shows it once more, moved.
    shapes = {
        (len(re.findall("[A-Z]", path.get("d"))), *re.findall(r"-?\d+\.?\d*", path.get("d"))[:4])
        for defs in elements(ranked_svg(every, NARROW, "x"), "defs")
        for path in defs
    }
    assert len(shapes) == len(statuses)
    # The picture for paper keeps the colours of all of them.
    colours = {colour for _, colour in Image.open(io.BytesIO(ranked_png(every))).getcolors(100_000)}
    for status in statuses:
        if status not in (Status.CONFLICTING, Status.UNDECIDABLE):  # written as letters, in ink
            wanted = [int(STYLES[status].colour[at : at + 2], 16) for at in (1, 3, 5)]
            assert any(max(abs(a - b) for a, b in zip(wanted, colour, strict=True)) <= 9 for colour in colours)


def test_nothing_to_rank_and_everything_reached():
    assert ranked_svg(replace(DRAFT, indicators=(), body_targets=()), WIDE, "x") == ""
    assert ranked_png(replace(DRAFT, indicators=(), body_targets=())) == b""
    assert path_pngs(replace(DRAFT, indicators=(), body_targets=())) == []
    whole = [replace(FDI, code=f"c{n}", ratio=Decimal(1), ratio_text="100%") for n in range(30)]
    svg = ranked_svg(replace(DRAFT, indicators=tuple(whole), body_targets=()), WIDE, "x")
    assert len(set(bars(svg))) == 1
    assert len(bars(svg)) == 30


# Paths ---------------------------------------------------------------------------------------------------------------


def line_of(svg: str, colour: str) -> list[tuple[float, float]]:
    (path,) = [
        path for path in elements(svg, "path")
        if {"fill: none", f"stroke: {colour}"} <= set(path.get("style", "").split("; "))
    ]  # fmt: skip
    return [(float(x), float(y)) for x, y in re.findall(r"[ML] ([\d.]+) ([\d.]+)", path.get("d"))]


def test_a_path_rises_with_its_figures_beside_what_was_expected():
    svg = path_svg(FDI)
    (x1, y1), (x2, y2) = line_of(svg, "#005a8c")
    expected = line_of(svg, "#555555")
    assert x1 < x2
    assert y2 < y1  # 967,3 stands above 437
    assert len(expected) == 4
    assert expected[0][0] == x1
    assert expected[1][1] > y2  # 900 was expected, less than 967,3
    assert {"967,3", "1.800", "I", "II", "III", "IV"} <= set(texts(svg))
    assert path_svg(LINES[4]) == ""


def test_the_side_that_is_good_is_shaded():
    """A floor is met above, a ceiling below, a band between."""

    def shaded(**target) -> tuple[float, float]:
        line = replace(FDI, expected_path=(None,) * 4, **({"target_low": None, "target_high": None} | target))
        (shade,) = (path for path in elements(path_svg(line), "path") if "#e3f1ea" in path.get("style", ""))
        heights = [float(y) for y in re.findall(r"[ML] [\d.]+ (-?[\d.]+)", shade.get("d"))]
        return max(heights) - min(heights), min(heights)

    floor = shaded(target_low=Decimal(900))
    ceiling = shaded(target_high=Decimal(900))
    band = shaded(target_low=Decimal(600), target_high=Decimal(900))
    assert floor[1] < ceiling[1]  # up is less
    assert band[0] < ceiling[0]


def test_an_estimate_is_called_one_at_the_end_of_its_path():
    assert "-18,7 (ước)" in texts(path_svg(EXPORTS))
    # The line may rest on an estimate of a later quarter; what is drawn last is then not it.
    assert "-18,7" in texts(
        path_svg(replace(EXPORTS, history=(*EXPORTS.history[:1], HistoryPoint(Q2, None, None, ""))))
    )


def test_paths_come_a_page_at_a_time():
    lines = tuple(replace(FDI, code=f"c{n}") for n in range(17))
    pages = path_pngs(replace(DRAFT, indicators=lines, body_targets=BODY))
    assert len(pages) == 2
    first, second = (Image.open(io.BytesIO(page)) for page in pages)
    assert first.width == second.width
    assert first.height > 3 * second.height


# The same anywhere ---------------------------------------------------------------------------------------------------


def test_same_bytes_whatever_the_machine_sets(tmp_path):
    """Another user's settings of matplotlib, hash seed, locale and time zone change nothing."""
    probe = (
        "import sys, hashlib; from report_example import DRAFT, FDI; from tiendo.report.charts import *;"
        "parts = [ranked_png(DRAFT), *path_pngs(DRAFT), ranked_svg(DRAFT, WIDE, 'x').encode(), path_svg(FDI).encode()];"
        "print(*(hashlib.sha256(part).hexdigest() for part in parts))"
    )
    (tmp_path / "matplotlibrc").write_text(
        "font.family: monospace\nfont.size: 30\nsvg.fonttype: path\nlines.linewidth: 9\ntext.color: red\n"
        "axes.spines.left: False\nsavefig.dpi: 17\naxes.unicode_minus: False\n"
    )
    outputs = set()
    for seed, zone, settings in (("1", "UTC", tmp_path), ("2", "Asia/Ho_Chi_Minh", tmp_path / "none")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "MPLCONFIGDIR": str(settings)}
        environment["PYTHONPATH"] = os.pathsep.join(
            [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")]), *sys.path]
        )
        run = subprocess.run([sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=True)
        outputs.add(run.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop().split()) == 4


def test_matplotlib_is_imported_with_the_first_chart_only():
    code = "import sys, tiendo.report.build; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
