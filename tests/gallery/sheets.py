"""Contact sheets: tall pictures cut into strips beside each other, and an index of all."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from PIL import Image, ImageDraw

STRIP = 1500
GAP, LABEL = 14, 22


def strips(picture: Image.Image, height: int = STRIP) -> Image.Image:
    """A tall picture as columns of ``height`` side by side."""
    columns = max(1, -(-picture.height // height))
    tall = min(height, picture.height)
    sheet = Image.new("RGB", (columns * (picture.width + GAP) - GAP, tall), "#b0b4b8")
    for k in range(columns):
        part = picture.crop((0, k * height, picture.width, min((k + 1) * height, picture.height)))
        sheet.paste(part, (k * (picture.width + GAP), 0))
    return sheet


def contact_sheet(files: Sequence[Path], out: Path) -> Path:
    """All pictures of a case in one, each in strips under its name."""
    rows = []
    for file in files:
        with Image.open(file) as picture:
            rows.append((file.stem, strips(picture.convert("RGB"))))
    width = max(row.width for _, row in rows)
    height = sum(row.height + LABEL + GAP for _, row in rows)
    sheet = Image.new("RGB", (width, height), "#b0b4b8")
    pen, y = ImageDraw.Draw(sheet), 0
    for name, row in rows:
        pen.text((4, y + 4), name, fill="#000000")
        sheet.paste(row, (0, y + LABEL))
        y += row.height + LABEL + GAP
    sheet.save(out)
    return out


def index_html(cases: Mapping[str, tuple[str, Sequence[Path]]]) -> str:
    """A page with every picture, case by case: name -> (title, files)."""
    told = []
    for name, (title, files) in cases.items():
        pictures = "".join(
            f'<figure><figcaption>{escape(f.stem)}</figcaption><a href="{name}/{f.name}">'
            f'<img loading="lazy" src="{name}/{f.name}"></a></figure>'
            for f in files
        )
        told.append(f'<h2 id="{name}">{escape(name)}: {escape(title)}</h2><div>{pictures}</div>')
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Gallery</title><style>'
        "body{font:15px sans-serif;background:#d8dbde}div{display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start}"
        "figure{margin:0}img{max-width:420px;border:1px solid #888}"
        f"</style></head><body><h1>Gallery</h1>{''.join(told)}</body></html>"
    )
