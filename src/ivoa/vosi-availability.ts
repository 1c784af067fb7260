import { escapeText } from "./xml.ts";

/** Whether the service takes requests now (VOSI 1.1, section 3). */
export type Availability = {
  readonly available: boolean;
  readonly upSince?: Date;
  readonly downAt?: Date;
  readonly backAt?: Date;
  readonly notes: readonly string[];
};

export function formatAvailability({ available, upSince, downAt, backAt, notes }: Availability): string {
  const instant = (name: string, value: Date | undefined) =>
    value === undefined ? "" : `  <${name}>${value.toISOString()}</${name}>\n`;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<availability xmlns="http://www.ivoa.net/xml/VOSIAvailability/v1.0">\n' +
    `  <available>${available}</available>\n` +
    instant("upSince", upSince) +
    instant("downAt", downAt) +
    instant("backAt", backAt) +
    notes.map((note) => `  <note>${escapeText(note)}</note>\n`).join("") +
    "</availability>\n"
  );
}
