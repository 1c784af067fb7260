import { SODA_PARAMETERS, type SodaParameter } from "../../ivoa/soda-parameters.ts";
import type { ApiParameter } from "./operation.ts";

/** The parameters of /sync or /async, from the table that reads them. */
export function describeSodaParameters(resource: "sync" | "async"): ApiParameter[] {
  return Object.values<SodaParameter>(SODA_PARAMETERS).map((parameter) => {
    const { name, description, unit, words, example, synonyms } = parameter;
    const values = words.map(({ value }) => value);
    const one = { type: "string", ...(values.length > 0 ? { enum: values } : {}) };
    const several = parameter[resource] !== "one";
    return {
      name,
      description: [
        description,
        unit === "" ? "" : ` (${unit})`,
        ...words.filter((word) => word.description !== "").map((word) => `\n- \`${word.value}\`: ${word.description}`),
        synonyms.length > 0 ? `\n\nAlso as ${synonyms.join(", ")}.` : "",
      ].join(""),
      required: name === "ID",
      schema: several ? { type: "array", items: one } : one,
      example,
    };
  });
}
