/** The few products of matrices that training needs. All are row-major Float64Array, and none allocates. */

/**
 * out = a · bᵀ. Both are read along their rows, two by four at a time: eight sums stay in registers, which is what makes it fast.
 * @param a [m, k]
 * @param b [n, k]
 * @param out [m, n]
 */
export function multiplyTransposed(a: Float64Array, b: Float64Array, out: Float64Array, m: number, n: number, k: number): void {
  const evenRows = m - (m % 2);
  const evenColumns = n - (n % 4);
  for (let i = 0; i < evenRows; i += 2) {
    const a0 = i * k;
    const a1 = a0 + k;
    for (let j = 0; j < evenColumns; j += 4) {
      const b0 = j * k;
      const b1 = b0 + k;
      const b2 = b1 + k;
      const b3 = b2 + k;
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      for (let at = 0; at < k; at++) {
        const x0 = a[a0 + at] as number;
        const x1 = a[a1 + at] as number;
        const y0 = b[b0 + at] as number;
        const y1 = b[b1 + at] as number;
        const y2 = b[b2 + at] as number;
        const y3 = b[b3 + at] as number;
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
      }
      const first = i * n + j;
      const second = first + n;
      out[first] = s00;
      out[first + 1] = s01;
      out[first + 2] = s02;
      out[first + 3] = s03;
      out[second] = s10;
      out[second + 1] = s11;
      out[second + 2] = s12;
      out[second + 3] = s13;
    }
  }
  // What is left at the right edge and at the bottom.
  for (let i = 0; i < m; i++) {
    for (let j = i < evenRows ? evenColumns : 0; j < n; j++) {
      let sum = 0;
      for (let at = 0; at < k; at++) sum += (a[i * k + at] as number) * (b[j * k + at] as number);
      out[i * n + j] = sum;
    }
  }
}

/** @param matrix [rows, columns] @param out [columns, rows] */
export function transpose(matrix: Float64Array, out: Float64Array, rows: number, columns: number): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j] as number;
  }
}
