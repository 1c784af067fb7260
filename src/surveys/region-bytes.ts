import { ServiceError } from "../errors.ts";
import type { IcrsPosition } from "../sky/position.ts";
import type { Region } from "../sky/region.ts";

// A footprint in the image index: RA and Dec of each vertex in degrees, float64, little-endian; no bytes for all-sky.
const VERTEX_BYTES = 16;

export function encodeRegion(region: Region): Uint8Array<ArrayBuffer> {
  const vertices = region.shape === "all-sky" ? [] : region.vertices;
  const view = new DataView(new ArrayBuffer(vertices.length * VERTEX_BYTES));
  vertices.forEach(({ raDegrees, decDegrees }, i) => {
    view.setFloat64(i * VERTEX_BYTES, raDegrees, true);
    view.setFloat64(i * VERTEX_BYTES + 8, decDegrees, true);
  });
  return new Uint8Array(view.buffer);
}

/** "corrupt-data" for bytes that `encodeRegion` did not write. */
export function decodeRegion(bytes: Uint8Array): Region {
  if (bytes.byteLength === 0) return { shape: "all-sky" };
  if (bytes.byteLength % VERTEX_BYTES !== 0 || bytes.byteLength < 3 * VERTEX_BYTES) {
    throw new ServiceError("corrupt-data", `Cannot decode a footprint of ${bytes.byteLength} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const vertices: IcrsPosition[] = [];
  for (let at = 0; at < bytes.byteLength; at += VERTEX_BYTES) {
    vertices.push({ raDegrees: view.getFloat64(at, true), decDegrees: view.getFloat64(at + 8, true) });
  }
  return { shape: "polygon", vertices };
}
