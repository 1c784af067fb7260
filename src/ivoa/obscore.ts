import type { IcrsPosition } from "../sky/position.ts";
import type { Region } from "../sky/region.ts";
import type { VoCell, VoDatatype, VoField } from "./votable.ts";

/** What ObsCore says of an image; null where it is not known. */
export type Observation = {
  readonly publisherDid: string;
  readonly release: string;
  readonly fieldName: string | null;
  readonly band: string | null;
  readonly dataproductType: "image" | "cube";
  readonly calibLevel: number;
  readonly collection: string;
  readonly obsId: string;
  readonly targetName: string | null;
  readonly center: IcrsPosition;
  readonly fieldOfViewDegrees: number;
  readonly region: Region;
  readonly resolutionArcsec: number | null;
  readonly pixelScaleArcsec: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly timeMinMjd: number | null;
  readonly timeMaxMjd: number | null;
  readonly exposureSeconds: number | null;
  readonly timeResolutionSeconds: number | null;
  readonly wavelengthMinMetres: number | null;
  readonly wavelengthMaxMetres: number | null;
  readonly resolvingPower: number | null;
  readonly ucd: string | null;
  readonly polarizations: readonly string[] | null;
  readonly facility: string | null;
  readonly instrument: string | null;
  readonly byteLength: number | null;
};

export type Access = {
  readonly url: string;
  /** access_format */
  readonly mediaType: string;
  readonly rights: DataRights;
};

/** data_rights of ObsCore 1.1: open to everybody, to who signs in, or to some of them only. */
export type DataRights = "public" | "secure" | "proprietary";

type Column = { readonly field: VoField; readonly cellOf: (observation: Observation, access: Access) => VoCell };

/** XML ID of the column with the identifiers; services refer to it. */
export const DID_FIELD_ID = "obs_publisher_did";

// Units, UCDs and utypes: ObsCore 1.1, tables 6 and 7. access_estsize counts kbyte, of 1000 bytes.
const COLUMNS: readonly Column[] = [
  text("dataproduct_type", "meta.code.class", "ObsDataset.dataProductType", (o) => o.dataproductType),
  number("calib_level", "int", null, "meta.code;obs.calib", "ObsDataset.calibLevel", (o) => o.calibLevel),
  text("obs_collection", "meta.id", "DataID.Collection", (o) => o.collection),
  text("obs_id", "meta.id", "DataID.observationID", (o) => o.obsId),
  text(DID_FIELD_ID, "meta.ref.ivoid", "Curation.PublisherDID", (o) => o.publisherDid),
  text("access_url", "meta.ref.url", "Access.Reference", (_, access) => access.url),
  text("access_format", "meta.code.mime", "Access.Format", (_, access) => access.mediaType),
  number("access_estsize", "long", "kbyte", "phys.size;meta.file", "Access.Size", ({ byteLength }) =>
    byteLength === null ? null : Math.ceil(byteLength / 1000),
  ),
  text("target_name", "meta.id;src", "Target.Name", (o) => o.targetName),
  number(
    "s_ra",
    "double",
    "deg",
    "pos.eq.ra",
    "Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1",
    (o) => o.center.raDegrees,
  ),
  number(
    "s_dec",
    "double",
    "deg",
    "pos.eq.dec",
    "Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2",
    (o) => o.center.decDegrees,
  ),
  number(
    "s_fov",
    "double",
    "deg",
    "phys.angSize;instr.fov",
    "Char.SpatialAxis.Coverage.Bounds.Extent.diameter",
    (o) => o.fieldOfViewDegrees,
  ),
  {
    field: {
      ...field("s_region", "char", null, "pos.outline;obs.field", "Char.SpatialAxis.Coverage.Support.Area"),
      xtype: "adql:REGION",
    },
    cellOf: ({ region }) => formatRegion(region),
  },
  number("s_xel1", "long", null, "meta.number", "Char.SpatialAxis.numBins1", (o) => o.width),
  number("s_xel2", "long", null, "meta.number", "Char.SpatialAxis.numBins2", (o) => o.height),
  number(
    "s_resolution",
    "double",
    "arcsec",
    "pos.angResolution",
    "Char.SpatialAxis.Resolution.Refval.value",
    (o) => o.resolutionArcsec,
  ),
  number(
    "t_min",
    "double",
    "d",
    "time.start;obs.exposure",
    "Char.TimeAxis.Coverage.Bounds.Limits.StartTime",
    (o) => o.timeMinMjd,
  ),
  number(
    "t_max",
    "double",
    "d",
    "time.end;obs.exposure",
    "Char.TimeAxis.Coverage.Bounds.Limits.StopTime",
    (o) => o.timeMaxMjd,
  ),
  number(
    "t_exptime",
    "double",
    "s",
    "time.duration;obs.exposure",
    "Char.TimeAxis.Coverage.Support.Extent",
    (o) => o.exposureSeconds,
  ),
  number(
    "t_resolution",
    "double",
    "s",
    "time.resolution",
    "Char.TimeAxis.Resolution.Refval.value",
    (o) => o.timeResolutionSeconds,
  ),
  number("t_xel", "long", null, "meta.number", "Char.TimeAxis.numBins", onePixelOfImages),
  number(
    "em_min",
    "double",
    "m",
    "em.wl;stat.min",
    "Char.SpectralAxis.Coverage.Bounds.Limits.LoLimit",
    (o) => o.wavelengthMinMetres,
  ),
  number(
    "em_max",
    "double",
    "m",
    "em.wl;stat.max",
    "Char.SpectralAxis.Coverage.Bounds.Limits.HiLimit",
    (o) => o.wavelengthMaxMetres,
  ),
  number(
    "em_res_power",
    "double",
    null,
    "spect.resolution",
    "Char.SpectralAxis.Resolution.ResolPower.refVal",
    (o) => o.resolvingPower,
  ),
  number("em_xel", "long", null, "meta.number", "Char.SpectralAxis.numBins", onePixelOfImages),
  text("o_ucd", "meta.ucd", "Char.ObservableAxis.ucd", (o) => o.ucd),
  text("pol_states", "meta.code;phys.polarization", "Char.PolarizationAxis.stateList", ({ polarizations }) =>
    polarizations === null ? null : `/${polarizations.join("/")}/`,
  ),
  number(
    "pol_xel",
    "long",
    null,
    "meta.number",
    "Char.PolarizationAxis.numBins",
    (o) => o.polarizations?.length ?? null,
  ),
  text("facility_name", "meta.id;instr.tel", "Provenance.ObsConfig.facility.name", (o) => o.facility),
  text("instrument_name", "meta.id;instr", "Provenance.ObsConfig.instrument.name", (o) => o.instrument),
  // Optional ones, and two of ours.
  text(
    "obs_title",
    "meta.title;obs",
    "DataID.Title",
    ({ collection, obsId, band }) => `${collection} ${obsId}${band === null ? "" : ` ${band}`}`,
  ),
  text("data_rights", "meta.code", "Curation.Rights", (_, access) => access.rights),
  number(
    "s_pixel_scale",
    "double",
    "arcsec",
    "phys.angSize;instr.pixel",
    "Char.SpatialAxis.Sampling.RefVal.SamplingPeriod",
    (o) => o.pixelScaleArcsec,
  ),
  text("recorte_release", "meta.id", null, (o) => o.release),
  text("recorte_filter", "meta.id;instr.filter", null, (o) => o.band),
];

export const OBSCORE_FIELDS: readonly VoField[] = COLUMNS.map((column) => column.field);

export function cellsOfObservation(observation: Observation, access: Access): VoCell[] {
  return COLUMNS.map(({ cellOf }) => cellOf(observation, access));
}

/** STC-S as ObsCore has it: `POLYGON ICRS` and the vertices in degrees, to a few microarcseconds. */
function formatRegion(region: Region): string {
  if (region.shape === "all-sky") return "CIRCLE ICRS 0 0 180";
  const degrees = (value: number) => Number(value.toFixed(9));
  const vertices = region.vertices.map(({ raDegrees, decDegrees }) => `${degrees(raDegrees)} ${degrees(decDegrees)}`);
  return `POLYGON ICRS ${vertices.join(" ")}`;
}

/** An image has one in time and in wavelength. */
function onePixelOfImages({ dataproductType }: Observation): number | null {
  return dataproductType === "image" ? 1 : null;
}

function text(name: string, ucd: string, utype: string | null, cellOf: Column["cellOf"]): Column {
  return { field: field(name, "char", null, ucd, utype), cellOf };
}

function number(
  name: string,
  datatype: VoDatatype,
  unit: string | null,
  ucd: string,
  utype: string,
  cellOf: (observation: Observation) => number | null,
): Column {
  return { field: field(name, datatype, unit, ucd, utype), cellOf };
}

function field(name: string, datatype: VoDatatype, unit: string | null, ucd: string, utype: string | null): VoField {
  return {
    name,
    id: name,
    datatype,
    ...(datatype === "char" ? { arraysize: "*" } : {}),
    ...(unit === null ? {} : { unit }),
    ucd,
    ...(utype === null ? {} : { utype: `obscore:${utype}` }),
  };
}
