import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ServiceError } from "../../../src/errors.ts";
import {
  formatInstant,
  parseExecutionDuration,
  parseInstant,
  parseLast,
  parsePhase,
  parseWait,
} from "../../../src/ivoa/uws-values.ts";

describe("parseInstant", () => {
  test.each([
    ["2026-01-31T12:30:15Z", "2026-01-31T12:30:15.000Z"],
    ["2026-01-31T12:30:15", "2026-01-31T12:30:15.000Z"],
    ["2026-01-31T12:30:15.25", "2026-01-31T12:30:15.250Z"],
    ["2026-01-31T12:30:15.123456Z", "2026-01-31T12:30:15.123Z"],
    ["2026-01-31 12:30", "2026-01-31T12:30:00.000Z"],
    [" 2026-01-31 ", "2026-01-31T00:00:00.000Z"],
    ["2026-01-31T12:30:15-03:00", "2026-01-31T15:30:15.000Z"],
    ["2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["0099-12-31T23:59:59Z", "0099-12-31T23:59:59.000Z"],
  ])("reads %s", (text, expected) => {
    expect(formatInstant(parseInstant(text, "AFTER"))).toBe(expected);
  });

  test.each([
    "",
    "yesterday",
    "2026",
    "2026-1-1",
    "2026-02-30",
    "2025-02-29",
    "2026-13-01",
    "2026-00-10",
    "2026-01-00",
  ])("refuses %j", (text) => expect(() => parseInstant(text, "AFTER")).toThrow(/^Cannot read AFTER/));
  test.each(["2026-01-01T24:00:00", "2026-01-01T12:60", "2026-01-01T12:00:60", "2026-01-01T12", "20260101T120000Z"])(
    "refuses %j",
    (text) => expect(() => parseInstant(text, "AFTER")).toThrow(/^Cannot read AFTER/),
  );
  test.each([
    "2026-01-01T12:00:00+15:00",
    "2026-01-01T12:00:00 01:00",
    "61061",
    "+012026-01-01",
    "2026-01-01T12:00:00X",
  ])("refuses %j", (text) => expect(() => parseInstant(text, "AFTER")).toThrow(/^Cannot read AFTER/));

  test("gives back what was written", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
        (date) => {
          expect(parseInstant(formatInstant(date.getTime()), "AFTER")).toBe(date.getTime());
        },
      ),
    );
  });
});

test("an instant beyond what xs:dateTime writes with four digits is written as the last", () => {
  expect(formatInstant(8.64e15)).toBe("9999-12-31T23:59:59.999Z");
  expect(formatInstant(-8.64e15)).toBe("0001-01-01T00:00:00.000Z");
});

test("WAIT is whole seconds up to what the service allows, and -1 is that", () => {
  expect(parseWait("0", 60)).toBe(0);
  expect(parseWait("15", 60)).toBe(15);
  expect(parseWait("61", 60)).toBe(60);
  expect(parseWait("-1", 60)).toBe(60);
  expect(parseWait("9".repeat(400), 60)).toBe(60);
  for (const text of ["-2", "1.5", "1e1", "x", "-", "0x10", "١"])
    expect(() => parseWait(text, 60)).toThrow(ServiceError);
});

test("EXECUTIONDURATION is whole seconds that fit an xs:int", () => {
  expect(parseExecutionDuration("0")).toBe(0);
  expect(parseExecutionDuration(" 3600 ")).toBe(3600);
  expect(parseExecutionDuration("99999999999")).toBe(2147483647);
  for (const text of ["-1", "1.5", "NaN", "Infinity", "one", ""]) {
    expect(() => parseExecutionDuration(text)).toThrow(/^Cannot use EXECUTIONDURATION/);
  }
});

test("LAST is a number of jobs", () => {
  expect(parseLast("3", "jobs")).toBe(3);
  for (const text of ["0", "-1", "1.5", "all"]) {
    expect(() => parseLast(text, "requests")).toThrow(
      /^Cannot use LAST ".*": it needs a number of requests, 1 or more$/,
    );
  }
});

test("a phase is one of the ten words, as they are", () => {
  expect(parsePhase(" ARCHIVED ", "PHASE")).toBe("ARCHIVED");
  for (const text of ["RUN", "executing", "", "toString"])
    expect(() => parsePhase(text, "PHASE")).toThrow(ServiceError);
});
