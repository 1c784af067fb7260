import { ServiceError } from "../../errors.ts";
import type { Header } from "../../fits/header.ts";
import type { NamedFacts } from "../ingest-habits.ts";
import { parseDesFileName } from "./file-name.ts";
import type { Release } from "../release.ts";
import { DES_RELEASE_FACTS } from "./releases.ts";
import { DES_COADD } from "./tile-images.ts";

/** `<what it shows>_<band>.fits`, packed or not: cutouts of tiles are called so. */
const CUTOUT_NAME = /^(?<subject>.+)_(?<band>[grizY])\.fits(?:\.fz|\.gz)?$/;

/** Names a coadded image, or a cutout of one, after its file; band and tile are in its header too. */
export function nameDesImage(fileName: string, header: Header, release: Release): NamedFacts {
  const whole = DES_RELEASE_FACTS[release.id];
  const coadd = parseDesFileName(fileName);
  const parts = coadd === null ? CUTOUT_NAME.exec(fileName)?.groups : { subject: coadd.tile, band: coadd.band };
  const headerBand = header.getString("BAND")?.trim() ?? header.getString("FILTER")?.trim().split(" ")[0];
  const band = headerBand ?? parts?.["band"];
  if (band === undefined || band === "") {
    throw new ServiceError(
      "corrupt-data",
      "Cannot tell the band: the header has no BAND, and the name none before .fits",
    );
  }
  if (parts?.["band"] !== undefined && parts["band"] !== band) {
    throw new ServiceError(
      "corrupt-data",
      `Cannot tell the band: the header has "${band}", the name "${parts["band"]}"`,
    );
  }
  const subject = parts?.["subject"] ?? fileName.replace(/\.fits(\.fz|\.gz)?$/, "");
  const tile = coadd?.tile ?? (header.getString("TILENAME")?.trim() || subject);
  return {
    ...DES_COADD,
    key: `${subject}/${band}`,
    obsId: subject,
    fieldName: tile,
    targetName: tile,
    band,
    resolutionArcsec: whole?.seeingArcsec[band] ?? null,
    // MJD-OBS is of the first exposure; the header of a coadded image does not tell the end of the last.
    timeMinMjd: finite(header.getNumber("MJD-OBS")) ?? whole?.firstMjd ?? null,
    timeMaxMjd: whole?.lastMjd ?? null,
    exposureSeconds: positive(header.getNumber("EXPTIME")),
  };
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** Masks and old headers have EXPTIME = 0 for "not known". */
function positive(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) && value > 0 ? value : null;
}
