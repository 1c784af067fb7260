import { DES_HABITS } from "../des/des-survey.ts";
import { DECAM_BANDS, DES_TILE_KEYWORDS } from "../des/releases.ts";
import type { ImageIndex } from "../image-index.ts";
import { createIndexedSurvey } from "../indexed-survey.ts";
import type { IngestHabits } from "../ingest-habits.ts";
import type { Release } from "../release.ts";
import type { Survey } from "../survey.ts";

/** A computed sky, packed and named the way DES packs and names its tiles: no pixel of it was ever observed. */
export const SIM_SAMPLE: Release = {
  id: "sim_sample",
  title: "Simulated sky: three adjoining tiles of computed stars and noise, not observed",
  collection: "simulated sample",
  bands: DECAM_BANDS,
  planes: ["image", "mask", "weight"],
  wholeImageKeywords: DES_TILE_KEYWORDS,
  acknowledgement: "Computed for testing; not an observation, and no product of any survey.",
  referenceUrl: "https://github.com/linea-it/cutout",
};

export function createSimSurvey(index: ImageIndex): Survey {
  return createIndexedSurvey({ name: "sim", releases: [SIM_SAMPLE], habits: SIM_HABITS }, index);
}

const SIM_HABITS: IngestHabits = {
  ...DES_HABITS,
  table: null,
  nameImage(fileName, header, release) {
    const named = DES_HABITS.nameImage(fileName, header, release);
    const { timeMinMjd, exposureSeconds } = named;
    const timeMaxMjd = timeMinMjd === null ? null : timeMinMjd + (exposureSeconds ?? 0) / SECONDS_PER_DAY;
    return { ...named, timeMaxMjd, facility: null, instrument: null };
  },
};

const SECONDS_PER_DAY = 86_400;
