import type { IcrsPosition } from "../sky/position.ts";
import type { Region } from "../sky/region.ts";
import { SODA_PARAMETERS, type SodaParameter } from "./soda-parameters.ts";
import type { ServiceResource, VoCell, VoParam, VoValues } from "./votable.ts";

export const SODA_SYNC = "ivo://ivoa.net/std/SODA#sync-1.0";
export const SODA_ASYNC = "ivo://ivoa.net/std/SODA#async-1.0";

/** What there is to cut from: the values that parameters can sensibly have. What is not known, or has no end, is left out. */
export type SodaFacts = {
  readonly circle?: { readonly center: IcrsPosition; readonly radiusDegrees: number };
  readonly region?: Region;
  readonly wavelengthMetres?: Bounds;
  readonly timeMjd?: Bounds;
  readonly polarizations?: readonly string[];
  /** Names of bands. */
  readonly filters: readonly string[];
  readonly planes: readonly string[];
};

export type Bounds = { readonly min: number; readonly max: number };

export type SodaService = {
  readonly standardId: typeof SODA_SYNC | typeof SODA_ASYNC;
  /** XML ID, where something refers to it. */
  readonly xmlId?: string;
  readonly accessUrl: string;
  readonly description: string;
  readonly exampleUrl?: string;
};

/** One image or release by its identifier, or whatever a column of the same document names. */
export type SodaId = { readonly value: string } | { readonly fieldId: string };

/** Says to a program how to ask for a cutout (DataLink 1.1, section 4; SODA 1.0, section 4). */
export function describeSodaService(service: SodaService, id: SodaId, facts: SodaFacts): ServiceResource {
  const { standardId, xmlId, accessUrl, description, exampleUrl } = service;
  return {
    ...(xmlId === undefined ? {} : { id: xmlId }),
    utype: "adhoc:service",
    description,
    params: [
      textParam("accessURL", accessUrl, "meta.ref.url"),
      textParam("standardID", standardId),
      ...(standardId === SODA_SYNC ? [textParam("contentType", "application/fits", "meta.code.mime")] : []),
      ...(exampleUrl === undefined ? [] : [textParam("exampleURL", exampleUrl, "meta.ref.url")]),
    ],
    inputs: told().map((parameter) => describeParameter(parameter, id, facts)),
  };
}

export function textParam(name: string, value: string, ucd?: string): VoParam {
  return { name, datatype: "char", arraysize: "*", ...(ucd === undefined ? {} : { ucd }), value };
}

/** All but what is the client's own business, and what is understood only to be refused. */
function told(): SodaParameter[] {
  return Object.values<SodaParameter>(SODA_PARAMETERS).filter(({ name }) => name !== "RUNID" && name !== "COLOR");
}

function describeParameter(parameter: SodaParameter, id: SodaId, facts: SodaFacts): VoParam {
  const { name, description, datatype, arraysize, xtype, unit, ucd } = parameter;
  const isId = name === "ID";
  const values = isId ? undefined : valuesOf(parameter, facts);
  return {
    name,
    datatype,
    ...(arraysize === "" ? {} : { arraysize }),
    ...(xtype === "" ? {} : { xtype }),
    ...(unit === "" ? {} : { unit }),
    ...(ucd === "" ? {} : { ucd }),
    ...(isId && "fieldId" in id ? { ref: id.fieldId } : {}),
    description,
    ...(values === undefined ? {} : { values }),
    value: isId && "value" in id ? id.value : "",
  };
}

/** Limits of the data; of a parameter with words, those that the data have. */
function valuesOf({ name, words }: SodaParameter, facts: SodaFacts): VoValues | undefined {
  const { circle, region, wavelengthMetres, timeMjd, polarizations, filters, planes } = facts;
  switch (name) {
    case "CIRCLE":
      if (circle === undefined) return undefined;
      return { max: [circle.center.raDegrees, circle.center.decDegrees, circle.radiusDegrees] };
    case "POLYGON":
      return region?.shape === "polygon" ? { max: verticesOf(region.vertices) } : undefined;
    case "BAND":
      return wavelengthMetres;
    case "TIME":
      return timeMjd;
    case "FILTER":
      return optionsOf(filters.map((value) => ({ value })));
    case "POL":
      return optionsOf(words.filter(({ value }) => polarizations?.includes(value) ?? true));
    case "PLANE":
      return optionsOf(words.filter(({ value }) => planes.includes(value)));
    default:
      return optionsOf(words);
  }
}

function verticesOf(vertices: readonly IcrsPosition[]): VoCell {
  return vertices.flatMap(({ raDegrees, decDegrees }) => [raDegrees, decDegrees]);
}

function optionsOf(words: readonly { readonly value: string; readonly description?: string }[]): VoValues | undefined {
  if (words.length === 0) return undefined;
  return {
    options: words.map(({ value, description = "" }) =>
      description === "" ? { value } : { name: description, value },
    ),
  };
}
