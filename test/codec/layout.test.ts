import { expect, it } from "vitest";
import * as layout from "../../src/codec/layout.ts";
import { decoderModule } from "../support/pixel-services.ts";

/** `ditherSeed` is exported by the decoder as `PLANE_DITHER_SEED`. */
function exportNameOf(prefix: string, field: string): string {
  return `${prefix}_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

it("the host writes the structures where the decoder reads them", async () => {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65_536, shared: true });
  const { exports } = await WebAssembly.instantiate(await decoderModule(), { env: { memory } });
  const valueOf = (name: string) => (exports[name] as WebAssembly.Global | undefined)?.value as number | undefined;
  for (const [field, offset] of Object.entries(layout.PLANE))
    expect(valueOf(exportNameOf("PLANE", field)), field).toBe(offset);
  for (const [field, offset] of Object.entries(layout.JOB))
    expect(valueOf(exportNameOf("JOB", field)), field).toBe(offset);
  expect(valueOf("PLANE_BYTES")).toBe(layout.PLANE_BYTES);
  expect(valueOf("JOB_BYTES")).toBe(layout.JOB_BYTES);
  expect(valueOf("CODEC_RICE")).toBe(layout.CODEC.rice);
  expect(valueOf("CODEC_GZIP_1")).toBe(layout.CODEC.gzip1);
  expect(valueOf("CODEC_GZIP_2")).toBe(layout.CODEC.gzip2);
  expect(valueOf("CODEC_PLIO")).toBe(layout.CODEC.plio);
  expect(valueOf("CODEC_HCOMPRESS")).toBe(layout.CODEC.hcompress);
  expect(valueOf("CODEC_NONE")).toBe(layout.CODEC.none);
  expect(valueOf("QUANTISER_NO_DITHER")).toBe(layout.QUANTISER.noDither);
  expect(valueOf("QUANTISER_DITHER_1")).toBe(layout.QUANTISER.dither1);
  expect(valueOf("QUANTISER_DITHER_2")).toBe(layout.QUANTISER.dither2);
  expect(valueOf("SEEK_PIXELS")).toBe(layout.SEEK_PIXELS);
  expect(valueOf("SEEK_ENTRY_BYTES")).toBe(layout.SEEK_ENTRY_BYTES);
  expect(valueOf("STREAM_PADDING")).toBe(layout.STREAM_PADDING);
});
