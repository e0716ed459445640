"""Reads an SVG plot as any XML reader does: refuses what is not well-formed, prints what it holds.

Standard input: the document. Standard output: JSON with the names of all elements and attributes,
the texts, the style, the size, and the extent of the coordinates of paths, texts and rectangles.
"""

import json
import re
import sys
import xml.etree.ElementTree as tree

root = tree.fromstring(sys.stdin.buffer.read())
elements, attributes, texts, style, xs, ys = set(), set(), [], "", [], []
for element in root.iter():
    name = element.tag.split("}")[-1]
    elements.add(name)
    attributes.update(element.attrib)
    if name == "text":
        texts.append(element.text or "")
    if name == "style":
        style += element.text or ""
    if name in ("text", "rect") and "x" in element.attrib:
        xs.append(float(element.attrib["x"]))
        ys.append(float(element.attrib["y"]))
    if name == "path":
        x = y = 0.0
        for command, arguments in re.findall(r"([MVHlhvzL])([-0-9. ]*)", element.attrib["d"]):
            numbers = [float(number) for number in arguments.split()]
            if command == "M":
                x, y = numbers
            elif command == "V":
                y = numbers[0]
            elif command == "H":
                x = numbers[0]
            xs.append(x)
            ys.append(y)
box = [float(number) for number in root.attrib["viewBox"].split()]
json.dump(
    {
        "elements": sorted(elements),
        "attributes": sorted(attributes),
        "texts": texts,
        "style": style,
        "width": box[2],
        "height": box[3],
        "x": [min(xs, default=0), max(xs, default=0)],
        "y": [min(ys, default=0), max(ys, default=0)],
    },
    sys.stdout,
)
