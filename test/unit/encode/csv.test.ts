import { expect, test } from "vitest";
import { formatCsvLine } from "../../../src/encode/csv.ts";

test.each([
  [["a", 1, null, -2.5], "a,1,,-2.5"],
  [['say "x"', "a,b", "a\r\nb", " a"], '"say ""x""","a,b","a\r\nb"," a"'],
  [["=1+1", "+x", "-x", "@x", "\tx"], "'=1+1,'+x,'-x,'@x,'\tx"],
  [["-10.2", "+5e-3", "-.5", "1."], "-10.2,+5e-3,-.5,1."],
])("%j is %j", (values, line) => {
  expect(formatCsvLine(values)).toBe(`${line}\r\n`);
});
