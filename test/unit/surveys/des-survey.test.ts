import { createDesSurvey } from "../../../src/surveys/des/des-survey.ts";
import { createImageIndex } from "../../../src/surveys/image-index.ts";
import { describeSurvey } from "../../support/describe-survey.ts";
import { ingestTable, openEmptyIndex, readTileTable } from "../../support/survey-index.ts";

describeSurvey("des", async () => {
  const database = openEmptyIndex();
  await ingestTable(database, readTileTable().split("\n").slice(0, 1500).join("\n"));
  return {
    survey: createDesSurvey(createImageIndex(database, "example.org")),
    release: "des_dr2",
    image: {
      publisherDid: "ivo://example.org/des_dr2?DES0002-5040/r",
      fieldName: "DES0002-5040",
      band: "r",
      position: { raDegrees: 0.6, decDegrees: -50.67 }, // the table: RA 0.0236 to 1.1764, Dec -51.0347 to -50.3042
    },
    elsewhere: { raDegrees: 180, decDegrees: 40 },
  };
});
