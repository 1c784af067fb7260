import { readFileSync } from "node:fs";

const { name, version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  name: string;
  version: string;
};

/** "recorte 0.1.0", as cutouts and answers name what made them. */
export const SOFTWARE = `${name} ${version}`;
