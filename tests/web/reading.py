"""What a page paints, read out of a real browser: texts, boxes, lines and icons with their places.

The same items as in the drawn targets: a text for each line and each run of one format, trimmed; a
box for each element with a fill or a border all around; a line for each border of one side.
"""

from typing import Any

from playwright.sync_api import Page

READ = r"""
() => {
  const seen = {texts: [], boxes: [], lines: [], icons: []};
  const clear = (color) => color === "rgba(0, 0, 0, 0)" || color === "transparent";
  const hidden = (el) => {
    const style = getComputedStyle(el);
    return style.visibility === "hidden" || !el.checkVisibility() || !el.getClientRects().length;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const el = node.parentElement;
    if (!node.data.trim() || el.closest("noscript,script,style,option") || hidden(el)) continue;
    const style = getComputedStyle(el);
    const px = parseFloat(style.fontSize);
    const lines = new Map();
    const range = document.createRange();
    for (let at = 0; at < node.data.length; at += 1) {
      if (/[ \n\t\r]/.test(node.data[at])) continue;
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const rect = range.getClientRects()[0];
      if (!rect || !rect.width) continue;
      const key = Math.round(rect.top);
      const line = lines.get(key) || {first: at, last: at, top: rect.top};
      line.last = at;
      lines.set(key, line);
    }
    for (const line of lines.values()) {
      range.setStart(node, line.first);
      range.setEnd(node, line.last + 1);
      const rect = range.getBoundingClientRect();
      const middle = document.elementFromPoint(
        rect.left + Math.min(rect.width, 8) / 2, rect.top + rect.height / 2);
      const box = el.getBoundingClientRect();
      seen.texts.push({
        text: node.data.slice(line.first, line.last + 1).replace(/[ \n\t\r]+/g, " "),
        x: rect.left, w: rect.width, baseline: line.top + Math.round(0.96875 * px),
        px, weight: Number(style.fontWeight), color: style.color, family: style.fontFamily,
        top: rect.top, h: rect.height,
        // What has been scrolled under the places at the bottom can be scrolled out again.
        covered: Boolean(middle) && !el.contains(middle) && !middle.contains(el)
          && !middle.closest(".tab"),
        cut: getComputedStyle(el).overflowX !== "visible" && el.scrollWidth > Math.ceil(box.width),
      });
    }
  }
  for (const el of document.body.querySelectorAll("*")) {
    if (el.closest("svg") || hidden(el)) continue;
    const style = getComputedStyle(el);
    const rect = el.getBoundingClientRect();
    if (!rect.width || !rect.height) continue;
    const sides = ["Top", "Right", "Bottom", "Left"].map((side) => ({
      side, w: parseFloat(style[`border${side}Width`]), color: style[`border${side}Color`],
    }));
    const drawn = sides.filter((side) => side.w > 0 && !clear(side.color));
    const fill = clear(style.backgroundColor) ? null : style.backgroundColor;
    const all = drawn.length === 4;
    if (fill || all) {
      seen.boxes.push({
        x: rect.left, y: rect.top, w: rect.width, h: rect.height, fill,
        border: all ? [drawn[0].w, drawn[0].color] : null,
        radius: parseFloat(style.borderTopLeftRadius),
      });
    }
    if (!all) {
      for (const {side, w, color} of drawn) {
        const flat = side === "Top" || side === "Bottom";
        seen.lines.push({
          x: side === "Right" ? rect.right - w : rect.left,
          y: side === "Bottom" ? rect.bottom - w : rect.top,
          w: flat ? rect.width : w, h: flat ? w : rect.height, color,
        });
      }
    }
  }
  for (const el of document.querySelectorAll("svg")) {
    if (hidden(el)) continue;
    const rect = el.getBoundingClientRect();
    const style = getComputedStyle(el);
    const stroked = el.getAttribute("stroke") === "currentColor";
    seen.icons.push({
      x: rect.left, y: rect.top, w: rect.width, h: rect.height,
      color: stroked ? style.color : "", shape: el.innerHTML,
    });
  }
  return seen;
}
"""


def read(page: Page) -> dict[str, list[dict[str, Any]]]:
    """Return everything that a page paints."""
    assert page.evaluate("document.fonts.check('600 16px Inter')")
    return page.evaluate(READ)
