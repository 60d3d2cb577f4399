"""A drawing: SVG elements with text as text, styled by class, numbers of one decimal, the same bytes for the same input."""

from __future__ import annotations

from xml.etree import ElementTree

NAMESPACE = "http://www.w3.org/2000/svg"
LETTER = 7.2  # pixels; the mean width of a character of the plots' text in a wide font
MARGIN = 8  # pixels around a drawing that is a file of its own


class Drawing:
    """Collects elements in drawing order. Coordinates are pixels of a box of width × height that scales as a whole."""

    def __init__(self, width: float, height: float, label: str) -> None:
        self.width, self.height = width, height
        box = {"viewBox": f"0 0 {_short(width)} {_short(height)}", "class": "plot", "role": "img", "aria-label": label}
        self._root = ElementTree.Element("svg", box)

    def text(self, x: float, y: float, text: str, anchor: str = "start", style: str = "") -> None:
        """A text of one line, if there is any; y is its base line."""
        if not text:
            return
        element = self._add("text", {"x": x, "y": y, "text-anchor": anchor if anchor != "start" else "", "class": style})
        element.text = text

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        self._add("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": style})

    def rectangle(self, x: float, y: float, width: float, height: float, style: str, hint: str = "") -> None:
        """`hint` is shown where the pointer rests on it."""
        self._hint(self._add("rect", {"x": x, "y": y, "width": width, "height": height, "class": style}), hint)

    def dot(self, x: float, y: float, radius: float, style: str, hint: str = "") -> None:
        self._hint(self._add("circle", {"cx": x, "cy": y, "r": radius, "class": style}), hint)

    def path(self, points: list[tuple[float, float]], style: str, clip: str = "", hint: str = "") -> None:
        """A line through the points; `clip` is an id given by `clip_box`."""
        steps = " ".join(f"{'L' if index else 'M'}{_short(x)} {_short(y)}" for index, (x, y) in enumerate(points))
        self._hint(self._add("path", {"d": steps, "class": style, "clip-path": f"url(#{clip})" if clip else ""}), hint)

    def clip_box(self, name: str, x: float, y: float, width: float, height: float) -> None:
        """A box that paths can be clipped to. The name must be unique in the page that shows the drawing."""
        element = self._add("clipPath", {"id": name})
        box = {"x": x, "y": y, "width": width, "height": height}
        ElementTree.SubElement(element, "rect", {key: _short(value) for key, value in box.items()})

    def inline(self) -> str:
        """For a page whose style sheet has the palette's rules."""
        return ElementTree.tostring(self._root, encoding="unicode")

    def file(self, css: str) -> str:
        """A file of its own, with its style and its paper."""
        root = ElementTree.Element("svg", {"xmlns": NAMESPACE, **self._root.attrib})
        width, height = _short(self.width + 2 * MARGIN), _short(self.height + 2 * MARGIN)
        root.set("viewBox", f"-{MARGIN} -{MARGIN} {width} {height}")
        root.set("width", width)
        root.set("height", height)
        style = ElementTree.SubElement(root, "style")
        style.text = css
        corner = {"x": f"-{MARGIN}", "y": f"-{MARGIN}"}
        ElementTree.SubElement(root, "rect", {**corner, "width": width, "height": height, "class": "paper"})
        root.extend(self._root)
        ElementTree.indent(root, " ")
        return ElementTree.tostring(root, encoding="unicode") + "\n"

    def _add(self, tag: str, attributes: dict[str, float | str]) -> ElementTree.Element:
        written = {key: value if isinstance(value, str) else _short(value) for key, value in attributes.items()}
        return ElementTree.SubElement(self._root, tag, {key: value for key, value in written.items() if value})

    def _hint(self, element: ElementTree.Element, hint: str) -> None:
        if hint:
            ElementTree.SubElement(element, "title").text = hint


def width_of(text: str) -> float:
    """Pixels that a text needs, roughly: fonts differ."""
    return len(text) * LETTER


def _short(value: float) -> str:
    """At most one decimal, and never -0."""
    return f"{value + 0.0:.1f}".replace("-0.0", "0.0").removesuffix(".0")
