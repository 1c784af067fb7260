import { fileURLToPath } from "node:url";
import { createLocalArchive } from "../../../src/bin/local-archive.ts";
import { createImageIndex } from "../../../src/surveys/image-index.ts";
import { ingest } from "../../../src/surveys/ingest.ts";
import { createSimSurvey, SIM_SAMPLE } from "../../../src/surveys/sim/sim-survey.ts";
import { describeSurvey } from "../../support/describe-survey.ts";
import { NEVER, openEmptyIndex } from "../../support/survey-index.ts";

describeSurvey("sim", async () => {
  const database = openEmptyIndex();
  const paths = [fileURLToPath(new URL("../../../sample/sim", import.meta.url))];
  const files = createLocalArchive(paths);
  const survey = createSimSurvey(createImageIndex(database, "example.org"));
  const options = { release: SIM_SAMPLE, habits: survey.habits, paths, root: null, database, files, signal: NEVER };
  await ingest(options, () => {}).finally(() => files.close());
  return {
    survey,
    release: "sim_sample",
    image: {
      publisherDid: "ivo://example.org/sim_sample?SIM0356-5248/r",
      fieldName: "SIM0356-5248",
      band: "r",
      position: { raDegrees: 59.1, decDegrees: -52.8 }, // CRVAL 59.090025, -52.811111; 0.73° wide
    },
    elsewhere: { raDegrees: 59.1, decDegrees: 52.8 },
  };
});
