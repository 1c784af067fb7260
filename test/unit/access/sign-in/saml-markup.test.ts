import { describe, expect, test } from "vitest";
import { checkMarkup } from "../../../../src/access/sign-in/saml-markup.ts";

/** Of elements in each other, `count` times. */
function nested(count: number, name = "a"): string {
  return `<${name}>`.repeat(count) + `</${name}>`.repeat(count);
}

function declarations(count: number, prefix: string): string {
  return Array.from({ length: count }, (_, i) => ` xmlns:${prefix}${i}="urn:${i}"`).join("");
}

test.each([
  ["an element", "<a/>"],
  ["a declaration and space around it", '<?xml version="1.0" encoding="UTF-8"?>\n<a></a>\r\n'],
  ["prefixes, attributes in either quotes", `<s:a xmlns:s="urn:s" b='"' s:c = "'>&quot;" ><s:b/>\n</s:a >`],
  ["texts with references", "<a>&lt;&amp;&#64;&#x1F52D; \u00e9 &quot;>&apos;<b>x</b>y</a>"],
  ["thirty deep", nested(30)],
  ["2000 elements", `<a>${"<b>x</b>".repeat(2000)}</a>`],
])("takes %s", (_, xml) => {
  expect(() => checkMarkup(xml)).not.toThrow();
});

describe("refuses", () => {
  test.each([
    ["nothing", ""],
    ["a text", "a"],
    ["text around the element", "<a/>b"],
    ["two elements", "<a/><a/>"],
    ["an element that does not end", "<a>"],
    ["a tag that does not end", "<a"],
    ["a value that does not end", '<a b="'],
    ["a value without quotes", "<a b=c/>"],
    ["an attribute without a value", "<a b/>"],
    ["attributes without space between them", '<a b=""c=""/>'],
    ["a tag in a value", '<a b="<"/>'],
    ["elements that cross", "<a><b></a></b>"],
    ["more ends than beginnings", "<a></a></a>"],
    ["a name of no letters", "<1/>"],
    ["an entity of its own", "<a>&b;</a>"],
    ["an ampersand", "<a>&</a>"],
    ["a comment", "<a><!-- --></a>"],
    ["CDATA", "<a><![CDATA[x]]></a>"],
    ["an instruction", "<a><?b c?></a>"],
    ["a DOCTYPE", "<!DOCTYPE a><a/>"],
    ["an attribute twice", '<a b="" b=""/>'],
    ["31 deep", nested(31)],
    ["30 000 elements", `<a>${"<b/>".repeat(30_000)}</a>`],
    ["21 attributes of one element", `<a${declarations(21, "b")}/>`],
    ["31 namespaces in scope", `<a${declarations(16, "b")}><a${declarations(15, "c")}/></a>`],
  ])("%s", (_, xml) => {
    expect(() => checkMarkup(xml)).toThrow(/^The response /);
  });

  test.each([
    ["texts", "\u2039"],
    ["beginnings", "<a>"],
    ["half tags", "<"],
    ["space in a tag", "<a  "],
    ["names", "<aaaaaaaaaaaaaaaa"],
    ["attributes", '<a b="" '],
    ["half attributes", "<a b= "],
    ["ampersands", "<a>&"],
    ["comments", "<a><!--"],
    ["quotes", `<a b='"`],
  ])("50 kB of %s in some milliseconds", (_, part) => {
    const xml = part.repeat(50_000 / part.length);
    const begun = performance.now();
    expect(() => checkMarkup(xml)).toThrow(/^The response /);
    expect(performance.now() - begun).toBeLessThan(100);
  });
});
