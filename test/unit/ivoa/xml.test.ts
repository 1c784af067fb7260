import { XMLParser, XMLValidator } from "fast-xml-parser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeAttribute, escapeText } from "../../../src/ivoa/xml.ts";

test("markup characters become entities", () => {
  expect(escapeText(`a<b & c>d "e" 'f'`)).toBe(`a&lt;b &amp; c&gt;d "e" 'f'`);
  expect(escapeAttribute(`a<b & c>d "e" 'f'`)).toBe("a&lt;b &amp; c&gt;d &quot;e&quot; &apos;f&apos;");
});

test("the end of a CDATA section cannot be written", () => {
  expect(escapeText("]]>")).toBe("]]&gt;");
});

// XML 1.0, sections 2.11 and 3.3.3: a parser would read these as a line feed and as spaces
test("blanks come back from a parser as they were", () => {
  expect(escapeText("a\rb\nc\td")).toBe("a&#13;b\nc\td");
  expect(escapeAttribute("a\rb\nc\td")).toBe("a&#13;b&#10;c&#9;d");
});

test("characters that XML 1.0 cannot hold are replaced, and all others kept", () => {
  expect(escapeText("a\0b\x0Bc\x1Fd\uFFFEe\uFFFFf")).toBe("a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFDf");
  expect(escapeText("\uD800a\uDC00")).toBe("\uFFFDa\uFFFD");
  expect(escapeText("\x7F ü 漢 😀 \uFFFD")).toBe("\x7F ü 漢 😀 \uFFFD");
});

test("whatever the text, the document is well-formed and gives it back", () => {
  const parser = new XMLParser({ ignoreAttributes: false, trimValues: false, parseTagValue: false });
  const text = fc.string({ unit: "binary", minLength: 1 });
  fc.assert(
    fc.property(text, (given) => {
      const document = `<a b="${escapeAttribute(`x${given}`)}">x${escapeText(given)}</a>`;
      expect(XMLValidator.validate(document)).toBe(true);
      expect(parser.parse(document)).toHaveProperty("a");
    }),
  );
});
