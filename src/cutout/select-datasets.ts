import { ServiceError } from "../errors.ts";
import { regionContains } from "../sky/region.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { Dataset } from "../surveys/dataset.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";
import type { Release } from "../surveys/release.ts";
import type { Interval } from "../surveys/survey.ts";

/** Which images a cutout is made of. */
export type ImageSelection = {
  /** A release (`des_dr2`) or the publisher DID of one image. */
  readonly id: string;
  /** undefined: the whole of every image. */
  readonly stencil: Stencil | undefined;
  /** Names of bands, also several in one word (`gri`); empty: all. */
  readonly bands: readonly string[];
  readonly wavelengthMetres: Interval | undefined;
  readonly timeMjd: Interval | undefined;
  /** Images that hold one of these states, by SODA's names; an image that records none holds I. Empty: all. */
  readonly polarizations?: readonly string[] | undefined;
};

export type SelectedDatasets = { readonly release: Release; readonly datasets: readonly Dataset[] };

/** More images than any cutout at native pixels can want; a request for more is told so. */
const MAX_DATASETS = 1000;

/**
 * The images that the selection names, in order of wavelength. Of the images of one band, one that holds the whole
 * stencil is enough; where none does, all that meet it. "not-found" for an unknown ID, "usage" for an unknown band.
 */
export async function selectDatasets(
  registry: SurveyRegistry,
  selection: ImageSelection,
  signal: AbortSignal,
): Promise<SelectedDatasets> {
  const { stencil, wavelengthMetres, timeMjd } = selection;
  const conditions = { stencil, wavelengthMetres, timeMjd, limit: MAX_DATASETS + 1 };
  if (selection.id.startsWith("ivo:")) {
    const dataset = await registry.findByDid(selection.id, signal);
    if (dataset === null) {
      throw new ServiceError("not-found", `Cannot find image ${JSON.stringify(selection.id)}`);
    }
    const { release } = registry.getRelease(dataset.release);
    const bands = bandsOf(release, selection.bands);
    const query = { release: release.id, did: dataset.publisherDid, bands, ...conditions };
    return { release, datasets: withPolarizations(await registry.findDatasets(query, signal), selection) };
  }
  const { release } = registry.getRelease(selection.id);
  if (stencil === undefined) {
    throw new ServiceError(
      "usage",
      `Cannot cut release "${release.id}" without a position: it needs POS, CIRCLE or POLYGON`,
    );
  }
  const bands = bandsOf(release, selection.bands);
  const found = await registry.findDatasets({ release: release.id, bands, ...conditions }, signal);
  if (found.length > MAX_DATASETS) {
    throw new ServiceError(
      "over-limit",
      `Cannot cut: more than ${MAX_DATASETS} images meet the shape; a smaller one is needed`,
    );
  }
  return { release, datasets: preferWhole(withPolarizations(found, selection), stencil) };
}

/** "unsupported" where an image would have to be taken apart. */
function withPolarizations(found: readonly Dataset[], { polarizations = [] }: ImageSelection): readonly Dataset[] {
  if (polarizations.length === 0) return found;
  return found.filter(({ publisherDid, polarizations: recorded }) => {
    const states = recorded ?? ["I"];
    const wanted = states.filter((state) => polarizations.includes(state));
    if (wanted.length === 0 || wanted.length === states.length) return wanted.length > 0;
    throw new ServiceError(
      "unsupported",
      `Cannot cut POL ${wanted.join(" ")} alone out of ${publisherDid}: it holds ${states.join(" ")} together`,
    );
  });
}

/** In order of wavelength; undefined for all. */
function bandsOf(release: Release, names: readonly string[]): string[] | undefined {
  if (names.length === 0) return undefined;
  const known = release.bands.map((band) => band.name);
  const wanted = new Set<string>();
  for (const name of names) {
    const parts = known.includes(name) ? [name] : [...name];
    for (const part of parts) {
      if (!known.includes(part)) {
        throw new ServiceError(
          "usage",
          `Cannot use band "${name.slice(0, 100)}": release "${release.id}" has ${known.join(", ")} for FILTER; BAND takes wavelengths in metres, or such a name`,
        );
      }
      wanted.add(part);
    }
  }
  return known.filter((name) => wanted.has(name));
}

/** `found` comes best first; an image that is not there cannot stand for the others. */
function preferWhole(found: readonly Dataset[], stencil: Stencil): readonly Dataset[] {
  if (found.length === 1) return found;
  const byBand = new Map<string | null, Dataset[]>();
  for (const dataset of found) {
    const images = byBand.get(dataset.band);
    if (images === undefined) byBand.set(dataset.band, [dataset]);
    else images.push(dataset);
  }
  const chosen = [...byBand.values()].flatMap((images) => {
    const whole = images.find((image) => image.available && regionContains(image.region, stencil));
    return whole === undefined ? images : [whole];
  });
  return chosen.sort((a, b) => (a.wavelengthMinMetres ?? 0) - (b.wavelengthMinMetres ?? 0));
}
