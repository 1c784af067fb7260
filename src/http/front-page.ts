import type { CutoutServices } from "../cutout/open-cutout.ts";

/** What there is, and how to get it: for somebody who opens the address in a browser or with curl. */
export function describeService(
  { software, registry }: Pick<CutoutServices, "software" | "registry">,
  url: string,
): string {
  const releases = registry.releases.map(
    ({ id, title, bands }) => `  ${id}  ${title}; bands ${bands.map((band) => band.name).join(" ")}\n`,
  );
  return `${software}: image cutouts as FITS

Releases:
${releases.join("")}
A cutout:
  ${url}/sync?ID=RELEASE&POS=CIRCLE+RA+DEC+RADIUS&FILTER=BAND   (degrees)

For people:    ${url}/docs           every address, and what it takes
For programs:  ${url}/openapi.json   the same as OpenAPI
               ${url}/capabilities   IVOA: SODA, SIA, DataLink
Jobs:          ${url}/async          many cutouts at once, from lists too
Images:        ${url}/query          which there are (SIA 2.0)
Examples:      ${url}/examples
`;
}
