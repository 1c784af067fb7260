/** One term `coefficient · u^p · v^q`. */
export type Term = { readonly coefficient: number; readonly p: number; readonly q: number };

/** Value and both derivatives. */
export type Gradient = [value: number, du: number, dv: number];

/**
 * A polynomial in u and v by rows: row p holds the coefficients of u^p · v^0, v^1, …
 * Evaluated by Horner's rule in both variables.
 */
export type Polynomial = readonly (readonly number[])[];

export function polynomialOf(terms: readonly Term[]): Polynomial {
  const rows: number[][] = [];
  for (const { coefficient, p, q } of terms) {
    while (rows.length <= p) rows.push([]);
    const row = rows[p];
    while (row.length <= q) row.push(0);
    row[q] = row[q] + coefficient;
  }
  return rows;
}

export function evaluatePolynomial(rows: Polynomial, u: number, v: number): number {
  let value = 0;
  for (let p = rows.length - 1; p >= 0; p--) {
    const row = rows[p];
    let inner = 0;
    for (let q = row.length - 1; q >= 0; q--) inner = inner * v + row[q];
    value = value * u + inner;
  }
  return value;
}

export function polynomialGradient(rows: Polynomial, u: number, v: number): Gradient {
  let value = 0;
  let du = 0;
  let dv = 0;
  for (let p = rows.length - 1; p >= 0; p--) {
    const row = rows[p];
    let inner = 0;
    let slope = 0;
    for (let q = row.length - 1; q >= 0; q--) {
      slope = slope * v + inner;
      inner = inner * v + row[q];
    }
    du = du * u + value;
    value = value * u + inner;
    dv = dv * u + slope;
  }
  return [value, du, dv];
}
