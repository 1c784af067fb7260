import { ServiceError } from "../errors.ts";

/**
 * A function to call before each evaluation of a map; it throws "corrupt-data" after `limit` calls. What an honest
 * header needs is far below; one whose coordinates jump about would never let a search end.
 */
export function createEvaluationBudget(limit: number): () => void {
  let used = 0;
  return () => {
    used++;
    if (used > limit) {
      const message = `Cannot find the shape in the image: ${limit} positions were not enough, its coordinates jump about`;
      throw new ServiceError("corrupt-data", message);
    }
  };
}
