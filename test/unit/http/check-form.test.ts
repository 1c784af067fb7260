import { expect, it } from "vitest";
import { checkForm } from "../../../src/http/check-form.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const PART = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n';

it.each([
  ["many fields", "&".repeat(60_000), "application/x-www-form-urlencoded"],
  ["many parts", `${`${PART}1\r\n`.repeat(1001)}--x--`, "multipart/form-data; boundary=x"],
  ["many headers", `--x\r\n${"A: b\r\n".repeat(2000)}\r\n\r\n--x--`, 'multipart/form-data; boundary="x"'],
  ["a long header", `${PART}1\r\n--x\r\nA: ${"b".repeat(9000)}\r\n\r\n--x--`, "multipart/form-data; a=b; boundary=x"],
])("a form of %s is refused before it is read", async (_, body, type) => {
  await expect(checkForm(bytes(body), type)).rejects.toMatchObject({ code: "over-limit" });
});

it.each([
  ["fields", "a=1&".repeat(40_000), "application/x-www-form-urlencoded"],
  ["parts", `${`${PART}1\r\n`.repeat(999)}--x--`, "multipart/form-data; boundary=x"],
  ["a large part", `${PART}${"a--x\r\n".repeat(500_000)}\r\n--x--`, "multipart/form-data; boundary=x"],
  ["nothing", "", "multipart/form-data; boundary=x"],
  ["no boundary", "x", "multipart/form-data"],
])("a form of %s is read", async (_, body, type) => {
  await expect(checkForm(bytes(body), type)).resolves.toBeUndefined();
});
