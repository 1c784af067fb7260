import { STYLE_SHEET } from "./style-sheet.ts";

/** A file that pages load. Its name has its hash: what has been loaded once need not be asked for again. */
export type Asset = { readonly path: string; readonly text: string; readonly mediaType: string };

/** A field with the piece that is cut out of it. */
const ICON_SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect x="2" y="2" width="28" height="28" rx="7" fill="#1d6b74"/>
<path d="M8 14V8h6M24 18v6h-6M18 8h6v6M14 24H8v-6" fill="none" stroke="#cfe9e6" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/>
<circle cx="16" cy="16" r="3.4" fill="#ffffff"/>
</svg>
`;

export const STYLES = await asset("styles", "css", "text/css; charset=utf-8", STYLE_SHEET);
export const ICON = await asset("icon", "svg", "image/svg+xml", ICON_SVG);

async function asset(name: string, extension: string, mediaType: string, text: string): Promise<Asset> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const hash = [...digest.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { path: `/assets/${name}-${hash}.${extension}`, text, mediaType };
}
